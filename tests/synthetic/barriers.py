"""The checks that are the only barrier against a fault: losing or renaming one lets its fault through.

Found by neutralising one check at a time over the planted faults of `wrong_figures` and `faults`, each as first delivery
(`python -m benchmarks.faults`): a check stands here if some fault is stopped, or where nothing stops it shown, by this
check alone. The tests hold the names to be real ones (tests/contract/test_barriers.py) and the faults to be met by them
(tests/faults/test_wrong_figures.py). Does not hold: problems of one file (tests/faults/test_ingest_planted.py names the
one that meets each).
"""

from __future__ import annotations

STOPS: dict[str, tuple[str, ...]] = {}
"""Check -> faults that nothing else stops."""

SHOWS: dict[str, tuple[str, ...]] = {}
"""Check -> faults that nothing stops and nothing else shows."""
