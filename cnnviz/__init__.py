"""cnnviz opens up a convolutional network in front of a class.

It trains or loads a small network that reads handwritten digits and shows what the network computes:
its kernels, its feature maps, its answers and its mistakes.  `streamlit run app.py` starts the pages,
`python -m cnnviz` the command line.  Importing this package imports nothing heavy.
"""

__version__ = "0.1.0"
