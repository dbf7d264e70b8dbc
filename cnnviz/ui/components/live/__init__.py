"""What computes in the browser: a network's forward pass and the preparation of a drawing, with no server between."""
