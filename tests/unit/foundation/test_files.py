"""Files as they are written."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sousei.foundation.files import write_json


def test_a_path_that_is_no_text_is_written_and_read_back(tmp_path: Path) -> None:
    """A folder of deliveries that was named in CP932."""
    place = os.fsdecode("観光".encode("cp932"))
    write_json(tmp_path / "one.json", {place: "観光"})
    assert json.loads((tmp_path / "one.json").read_text("utf-8")) == {place: "観光"}
    assert "観光" in (tmp_path / "one.json").read_text("utf-8")
