"""The mall's one search: words, parts of words and meaning over every product and every lone listing."""
