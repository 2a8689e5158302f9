"""The writers of the samples, one module per source, over the figures and the bytes that they share."""
