"""One short script a page, read from top to bottom; what a page says stands at its top."""
