"""The files of data validation runs put together: which sectors a run used, and which runs are superseded."""
