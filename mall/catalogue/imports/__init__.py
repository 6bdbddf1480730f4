"""Catalogues that come as files: read line by line, checked field by field, written batch by batch."""
