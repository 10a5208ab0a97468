"""The frozen tables and records that the stages exchange."""
