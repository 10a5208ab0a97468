"""TCEs followed from run to run by their ephemerides."""
