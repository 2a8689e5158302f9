"""What would happen to a delivery, said without touching anything.

Holds the description that `sousei check FILE` prints. Does not hold printing, or intake itself (intake.py).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sousei.ingest.cells import kinds
from sousei.ingest.cells.contents import using
from sousei.ingest.decided.named import Line
from sousei.ingest.problems.record import Problem, Refusal, fault, problem
from sousei.ingest.reading.delivery import read_or_propose
from sousei.ingest.receive.intake import content, display_name, open_safely
from sousei.ingest.receive.personal import find_personal, find_personal_keys


def describe(path: Path, lines: Sequence[Line] = ()) -> dict[str, Any]:
    """One file's description, read with these lines of corrections.

    Keys: file_name, size_bytes, would_be_taken, source, publisher_ja, statistic_ja, layouts, title_ja, period,
    rows (raw table -> rows), problems (rows of raw.problem without source_id), samples (raw table -> first rows as
    polars frame), credit_ja.
    Raises FileNotFoundError where there is no such file. Writes nothing.
    """
    if not path.exists() and not path.is_symlink():
        raise FileNotFoundError(path)
    if kinds.LITTER.search(path.name):
        return _refused(path, 0, [_litter()])
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        opened = open_safely(folder, path.name)
    finally:
        os.close(folder)
    if isinstance(opened, Refusal):
        return _refused(path, 0, opened.problems)
    try:
        data = content(opened)
        digest = hashlib.sha256(data).hexdigest()
        with using(None) as opener:
            found = opener.open(data)
            personal = [p for grid in found.grids for p in find_personal(grid)] + find_personal_keys(found.document)
            if personal:
                return _refused(path, len(data), personal)
            opener.keep(digest, found)
            reading = read_or_propose(data, display_name(path.name), digest, lines, opener)
    except Refusal as refusal:
        return _refused(path, path.stat().st_size, refusal.problems)
    except Exception as error:
        return _refused(path, path.stat().st_size, [fault(error)])
    finally:
        os.close(opened)
    contract = reading.contract
    return {
        "file_name": display_name(path.name),
        "size_bytes": len(data),
        "would_be_taken": reading.taken,
        "source": contract.source if contract else "",
        "publisher_ja": contract.publisher_ja if contract else "",
        "statistic_ja": contract.statistic_ja if contract else "",
        "credit_ja": contract.credit_ja if contract else "",
        "layouts": reading.layouts,
        "title_ja": reading.title,
        "period": reading.period,
        "rows": {table: rows.height for table, rows in reading.tables.items()},
        "samples": {table: rows.head(5) for table, rows in reading.tables.items()},
        "problems": reading.problems,
    }


def _litter() -> Problem:
    return problem("left_alone")


def _refused(path: Path, size: int, problems: list[Problem]) -> dict[str, Any]:
    return {
        "file_name": display_name(path.name),
        "size_bytes": size,
        "would_be_taken": False,
        "source": "",
        "publisher_ja": "",
        "statistic_ja": "",
        "credit_ja": "",
        "layouts": [],
        "title_ja": "",
        "period": "",
        "rows": {},
        "samples": {},
        "problems": problems,
    }
