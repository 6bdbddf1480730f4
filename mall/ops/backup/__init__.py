"""A whole mall into one folder, and back: the database, the photos as they came in, the files that pages show.

The search index is not in it: it is built again from the database.
"""
