"""A grid of 28×28 squares, filled by keyboard."""
