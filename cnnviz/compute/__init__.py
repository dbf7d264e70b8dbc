"""The way to the processes that hold TensorFlow: two local workers, or a Dask cluster."""
