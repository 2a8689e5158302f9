"""W7: what happens under a ceiling of memory."""
