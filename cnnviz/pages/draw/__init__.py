"""The page Draw: a canvas and what the network makes of it."""
