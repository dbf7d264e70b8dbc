"""A class that works together: what is asked and answered in a room, lessons, and what is handed in."""
