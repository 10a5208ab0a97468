"""Workers that call a function with many records: processes of this machine, an executor of `concurrent.futures`, or a dask cluster."""

from tess_source.workers.base import Workers
from tess_source.workers.choice import check_address, check_executor, workers_of
from tess_source.workers.counts import teller

__all__ = ["Workers", "check_address", "check_executor", "teller", "workers_of"]
