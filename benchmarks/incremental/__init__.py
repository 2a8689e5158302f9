"""W4: a night with one new file, beside the cold night that gives the same tables."""
