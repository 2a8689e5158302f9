"""W5: what analysts wait for, alone and beside a publication."""
