"""A sheet of small numbered pictures, one of which is open."""
