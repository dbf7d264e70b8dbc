"""The kernel at a few places of a digit, and the map that comes out."""
