"""From a plan to whole files."""
