"""One second-hand thing: its own words and photos."""
