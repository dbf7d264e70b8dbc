"""The page Break it: a network changed by hand, and what it then answers."""
