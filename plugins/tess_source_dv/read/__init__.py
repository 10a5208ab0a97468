"""Data validation files: reports, time series, target lists."""
