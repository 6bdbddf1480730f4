"""Selling page by page: a draft that keeps every answer, its photos, publication, and the seller's desk."""
