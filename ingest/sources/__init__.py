"""One folder per source: its contract (YAML) and, only where YAML cannot say it, its reader. No data."""
