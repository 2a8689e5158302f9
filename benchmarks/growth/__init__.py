"""W2 and W8: how the cost of taking in grows with files and with municipalities."""
