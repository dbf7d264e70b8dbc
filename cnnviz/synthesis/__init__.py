"""Synthetic training data: distorted digits, and digits and outliers drawn by program; the preset `robust` uses it."""
