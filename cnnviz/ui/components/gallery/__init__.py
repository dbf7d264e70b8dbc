"""Small pictures, numbered, each of which opens."""
