"""CHANGES.md of a release: for the office first, then table by table.

Holds: the text. Does not hold: which rows there are (`compare`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from sousei.foundation import duck
from sousei.publication.changes.compare import of_release
from sousei.publication.changes.record import Change
from sousei.publication.changes.words import CAUSES, KINDS

SCORECARD = "mart_kpi_scorecard"
SHOWN_KPI = 300
SHOWN = 10
"""Rows of one table that the text names; the table meta_change holds all."""


def markdown(rows: Sequence[Change], *, release_id: str = "", not_compared: str = "") -> str:
    """The text for these changes, in their order.

    not_compared: why there are none to tell (the first release, a trial before); '' where they were compared.
    """
    title = f"# 前回公表からの変更 / Changes{f'：公表版 {release_id}' if release_id else ''}"
    if not_compared:
        return f"{title}\n\n{not_compared}\n"
    if not rows:
        return f"{title}\n\n前回の公表版と比べ、動いた数値はありません。\n"
    previous = rows[0].previous_release_id or ""
    said = [title, "", f"前回の公表版：{previous}" if previous else "", ""]
    said += _kpi([one for one in rows if one.table_name == SCORECARD and one.change in {"added", "removed", "changed"}])
    said += _causes(rows)
    said += ["## 表ごとの変更 / By table", ""]
    for table, group in groupby(rows, key=lambda one: one.table_name):
        said += _table(table, list(group))
    said += ["全件は表 `meta_change`（1行＝動いた1行）にある。複数の理由を並べたものは、どれかに特定できない。", ""]
    return "\n".join(said)


def text(database: Path) -> str:
    """CHANGES.md of a release, from what its database says itself."""
    with duck.connect(database, read_only=True) as connection:
        ((name, why),) = connection.execute("select release_id, not_compared_ja from meta_release").fetchall()
    return markdown(of_release(database), release_id=name, not_compared=why or "")


def _kpi(rows: list[Change]) -> list[str]:
    said = ["## 指標 / KPI", ""]
    if not rows:
        return [*said, "評価の表（mart_kpi_scorecard）に動いた指標はありません。", ""]
    kpis = {(one.municipality_code, one.plan_id, one.kpi_id) for one in rows}
    said += [f"{len(kpis)}指標の{len(rows)}件が動きました。", ""]
    said += [line(one) for one in rows[:SHOWN_KPI]]
    if len(rows) > SHOWN_KPI:
        said.append(f"- ほか{len(rows) - SHOWN_KPI}件")
    return [*said, ""]


def _causes(rows: Iterable[Change]) -> list[str]:
    """Changed rows by cause; rows that a folded row stands for are counted once."""
    counts: Counter[str] = Counter()
    for one in counted(rows):
        counts[one.cause_ja] += one.n_rows
    order = {name: place for place, name in enumerate(CAUSES.values())}
    names = sorted(counts, key=lambda one: (order.get(one, len(order)), one))
    return ["## 理由 / Causes", "", *(f"- {name}：{counts[name]:,}行" for name in names), ""]


def counted(rows: Iterable[Change]) -> list[Change]:
    """The rows to count: without those that are shown beside the folded row that stands for them."""
    rows = list(rows)
    folded = {_group(one) for one in rows if one.n_rows > 1}
    return [one for one in rows if one.n_rows > 1 or _group(one) not in folded]


def _group(one: Change) -> tuple[str, str, str, bool, str | None]:
    return one.table_name, one.change, one.causes, one.is_established, one.source_ids


def _table(table: str, rows: list[Change]) -> list[str]:
    numbers: Counter[str] = Counter()
    for one in counted(rows):
        numbers[KINDS[one.change]] += 1 if one.change.startswith(("table_", "column_")) else one.n_rows
    said = [f"### {table}", "", "、".join(f"{name} {count:,}" for name, count in numbers.items()), ""]
    if table == SCORECARD:
        return said
    said += [line(one) for one in rows[:SHOWN]]
    if len(rows) > SHOWN:
        said.append(f"- ほか{len(rows) - SHOWN:,}件（meta_change）")
    return [*said, ""]


def line(one: Change) -> str:
    """One change in one line: which figure, before → after, why, from which file."""
    parts = [f"- {one.key_ja}"]
    if one.column_ja:
        unit = one.unit or ""
        before, after = (
            f"{text}{unit}" if text is not None else "なし" for text in (one.value_before, one.value_after)
        )
        moved = {"added": f"{after}（追加）", "removed": f"{before}（削除）"}.get(one.change, f"{before} → {after}")
        more = f"（ほか{one.n_columns - 1}列）" if one.change == "changed" and one.n_columns > 1 else ""
        parts.append(f"{one.column_ja}：{moved}{more}")
    else:
        parts.append(KINDS[one.change])
    why = one.cause_ja + (f"：{one.sources_ja}" if one.sources_ja else "")
    parts.append(f"【{why}】" + (one.hint_ja or ""))
    return " ".join(" ".join(parts).split())
