"""Who mends what a check finds.

Holds: the owners as a message names them. Does not hold: which check is whose (each check says), or owners of assets.
"""

from __future__ import annotations

OPERATOR = "運用担当"
STATISTICS = "統計担当"
PDCA_OFFICE = "総合政策部（PDCA事務局）"
