"""What `sousei check` adds from the night on trial to what a file says by itself.

Holds: which problems are told of which file. Does not hold: the night on trial itself (tests/integration).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace

import polars as pl

from sousei.orchestration import rehearsal
from sousei.orchestration.command import deliveries


def test_what_does_not_go_with_the_other_deliveries_is_told_of_its_file_once(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    path.write_bytes(b"synthetic")
    own = {"problem_id": "form_blank", "sheet": "実績", "row": 5, "column_label": "分母"}
    beside = {"problem_id": "report_kpi_unknown", "sheet": "実績", "row": 6, "column_label": "指標ID"}
    source_id = f"section_report-{hashlib.sha256(b'synthetic').hexdigest()[:16]}"
    rows = [one | {"source_id": source_id} for one in (own, beside)] + [beside | {"source_id": "section_report-other"}]
    night = SimpleNamespace(problems=pl.DataFrame(rows))
    found = rehearsal._problems(night, [path])  # type: ignore[arg-type]
    report = {"problems": [own]}
    deliveries._add_problems([report], rehearsal.Rehearsal("publishes", [], found))
    assert [one["problem_id"] for one in report["problems"]] == ["form_blank", "report_kpi_unknown"]
