"""Sellers, their legal identity and the rights a buyer has against each kind."""
