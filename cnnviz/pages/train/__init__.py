"""The page Train: runs of one's own, compared, and experiments."""
