"""The engine on an OpenSearch server: see README.md beside this file."""
