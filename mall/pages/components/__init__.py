"""Components: typed pieces of pages, each with its template."""
