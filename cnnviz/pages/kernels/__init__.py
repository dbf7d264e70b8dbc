"""The page Laboratory: kernel, stride and padding by hand."""
