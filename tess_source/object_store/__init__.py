"""Object stores, such as S3, as places for files: through obstore, which is imported when one is used."""
