"""Pictures of data validation runs."""
