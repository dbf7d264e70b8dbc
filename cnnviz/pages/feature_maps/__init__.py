"""The page Feature maps: what leaves every layer."""
