"""The shops that brands keep in the mall."""
