"""Data sets of light curves for training models: built shard by shard, from a search to Parquet files, with many workers."""
