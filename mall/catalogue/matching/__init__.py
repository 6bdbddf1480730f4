"""Is this listing that product? Candidates, features, a calibrated probability, three outcomes, evidence.

Pure but for `mall.catalogue.matching.database`: files are scored by the same code as the mall's own listings.
"""
