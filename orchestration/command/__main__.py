"""`python -m sousei.orchestration.command`. Holds nothing else, and does not hold the command (the package itself)."""

import sys

from sousei.orchestration.command import process

sys.exit(process())
