"""The page Layers: the network, its feature maps and its filters, with a digit in it."""
