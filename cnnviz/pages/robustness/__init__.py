"""The page Robustness: corrupted digits."""
