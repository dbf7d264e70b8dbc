"""The page Network: every layer with a digit flowing through it."""
