"""What moved between two releases, figure by figure, and why.

Holds: `between` (the rows of two releases), `of_release` (those that a release tells of itself: meta_change),
`markdown` and `text` (CHANGES.md). Does not hold: whether a movement may be published (expectations.last_release),
which release was the last (`publish`).
"""

from sousei.publication.changes.compare import between, of_release
from sousei.publication.changes.record import Change
from sousei.publication.changes.report import markdown, text
from sousei.publication.changes.words import CAUSES

__all__ = ["CAUSES", "Change", "between", "markdown", "of_release", "text"]
