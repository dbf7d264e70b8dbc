"""The page Convolution: one pixel of a map taken apart."""
