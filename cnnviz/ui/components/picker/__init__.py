"""A picture of cells, one of which is picked."""
