"""What `poe check` looks at beside linters and types."""
