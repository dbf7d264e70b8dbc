"""The page Train: runs of one's own."""
