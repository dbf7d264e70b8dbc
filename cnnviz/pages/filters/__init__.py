"""The page Filters: the kernels of a layer."""
