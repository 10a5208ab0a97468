"""What flows from stage to stage: frozen tables and records."""
