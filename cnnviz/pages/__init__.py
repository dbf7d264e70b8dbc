"""One folder a page: page.py is the script, read from top to bottom; beside it lies what it alone uses."""
