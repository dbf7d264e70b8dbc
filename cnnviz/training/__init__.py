"""Training as a pure step, and the life of a run around it: checkpoints, lifecycle, turns."""
