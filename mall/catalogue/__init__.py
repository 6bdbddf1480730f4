"""Products, variants, offers, conditions and categories."""
