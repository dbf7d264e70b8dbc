"""Arrays to pictures: grids of maps, numbers in squares, figures and charts."""
