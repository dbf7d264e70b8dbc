"""Pictures and words that change together, shown by one component."""
