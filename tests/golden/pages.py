"""The pages that are made from the program: `make pages` writes them, tests hold them to it.

Holds: the list of marts in docs/contract.md, the calendar of the sources in docs/data_sources.md, the list of problems
in docs/problems.md, the promises with their tests in docs/promises.ja.md, the agreed asset graph. Does not hold: any
text of its own; a mart is worded in its YAML, a source in its contract, a problem in the catalogue, a promise in
tests/promises.yaml.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest.contract.editions import EVERY_JA, Edition
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.problems.page import page as problems_page
from tests import promises

CONTRACT = PROJECT_ROOT / "docs" / "contract.md"
SOURCES = PROJECT_ROOT / "docs" / "data_sources.md"
PROBLEMS = PROJECT_ROOT / "docs" / "problems.md"
PROMISES = PROJECT_ROOT / "docs" / "promises.ja.md"
GRAPH = PROJECT_ROOT / "tests" / "golden" / "asset_graph.json"
BEGIN, END = "<!-- marts: written by `make pages` from dbt_project/models/marts/*.yml -->\n", "<!-- end of marts -->\n"

CALENDAR = "<!-- calendar: written by `make pages` from ingest/sources/*/contract.yaml -->\n"
END_OF_CALENDAR = "<!-- end of calendar -->\n"


def calendar() -> str:
    """A row for each edition of each source: when it is published, days of grace, page and names of the files."""
    lines = [
        "| 情報源 | 版 | 公表 | 猶予 | 取得先 | そこでのファイルの名前 |",
        "|---|---|---|---|---|---|",
    ]
    for contract in all_contracts():
        for one in contract.editions:
            page = f"<{one.page}>" if one.page else "庁内"
            grace = f"{one.grace_days}日" if one.published else "－"
            cells = (f"`{contract.source}`", one.name_ja, _published(one), grace, page, "、".join(one.files_ja) or "－")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _published(one: Edition) -> str:
    said = one.published
    if said is None:
        return EVERY_JA[one.every]
    if one.every == "month":
        return f"{EVERY_JA[one.every]}（{said.months}か月後の{said.day or '末'}日まで）"
    when = f"{said.years}年後の" if said.years else "同じ年の"
    return f"{EVERY_JA[one.every]}（{when}{said.month}月まで）"


def sources(text: str) -> str:
    """The page of the sources with its calendar as the contracts have it."""
    before, _, rest = text.partition(CALENDAR)
    _, _, after = rest.partition(END_OF_CALENDAR)
    return before + CALENDAR + calendar() + END_OF_CALENDAR + after


def marts(manifest: dict[str, Any]) -> str:
    """A row for each mart: its name and what one row of it is, as its YAML says it in English."""
    lines = ["| table | one row is |", "|---|---|"]
    for node in sorted(manifest["nodes"].values(), key=lambda node: str(node["name"])):
        if node["resource_type"] == "model" and node["schema"] == "main":
            said = re.search(r"One row = (.*)", node["description"], re.S)
            assert said, f"{node['name']} does not say what one row is"
            lines.append(f"| {node['name']} | {' '.join(said[1].split()).removesuffix('.')} |")
    return "\n".join(lines) + "\n"


def contract(text: str, manifest: dict[str, Any]) -> str:
    """The page with its list of marts as the manifest has it."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + marts(manifest) + END + after


def main() -> None:
    from sousei.orchestration.warehouse import Warehouse
    from tests.contract.test_orchestration_graph import graph

    CONTRACT.write_text(
        contract(CONTRACT.read_text("utf-8"), dict(Warehouse(Home.from_environment()).manifest)), "utf-8"
    )
    SOURCES.write_text(sources(SOURCES.read_text("utf-8")), "utf-8")
    PROBLEMS.write_text(problems_page(), "utf-8")
    PROMISES.write_text(promises.page(promises.all_marked()), "utf-8")
    GRAPH.write_text(json.dumps(graph(), ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
