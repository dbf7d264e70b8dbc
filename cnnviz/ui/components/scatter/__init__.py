"""Points of a map in the browser, each an image of the data."""
