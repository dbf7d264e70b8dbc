"""Digits and outliers drawn by program, for the one preset (`robust`) that learns from them."""
