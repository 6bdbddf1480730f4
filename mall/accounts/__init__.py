"""Members of the mall."""
