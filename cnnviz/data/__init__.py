"""Labelled digits: MNIST's files, scikit-learn's bundled digits, and the download of what is missing."""
