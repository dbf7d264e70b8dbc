"""Maps, kernels and images as numbers, which the browser draws, lets point at, opens and enlarges."""
