"""The page Data: sizes, shapes, labels and samples."""
