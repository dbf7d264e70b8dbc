"""A kernel that slides over a map."""
