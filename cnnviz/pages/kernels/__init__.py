"""The page Kernels: kernel, stride and padding by hand."""
