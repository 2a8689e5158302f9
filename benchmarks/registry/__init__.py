"""W3: an extract of the resident registry, counted by municipality, sex and age, beside its peers."""
