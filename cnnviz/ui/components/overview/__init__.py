"""A network on one screen, computed and drawn in the browser."""
