"""Many trials: parameters x chips, on all cores or on a Dask cluster, into a store that grows."""
