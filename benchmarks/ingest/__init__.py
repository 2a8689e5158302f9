"""Speed and memory of reading deliveries: `python -m benchmarks.ingest`."""
