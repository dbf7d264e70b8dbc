"""The commands of `python -m cnnviz`: each takes the parsed arguments and returns an exit status."""
