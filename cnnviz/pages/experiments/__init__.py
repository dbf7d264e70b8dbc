"""The page Experiments: the tutorials' exercises and sweeps."""
