"""Arrays to pictures: grids of maps, matrices with their numbers, figures and charts."""
