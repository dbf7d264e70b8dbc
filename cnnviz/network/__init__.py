"""What a network is: configuration, layers, weights and forward pass; presets, cards and models/ on disk."""
