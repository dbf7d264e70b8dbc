"""Comparing runs: the tutorials' exercises, sweeps, statistics, conclusions, and the same network in Keras."""
