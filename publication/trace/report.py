"""A trace as text for people and as a record for programs.

Holds: both. Does not hold: the trace (`figure`, `marts`).
"""

from __future__ import annotations

import json
from decimal import Decimal

from sousei.publication.told.words import era_day
from sousei.publication.trace.record import Row, Trace, text_of

ROLES = {"value": "値", "numerator": "分子", "denominator": "分母", "plan": "計画", "row": "値"}


def lines(trace: Trace) -> list[str]:
    """The trace as text, a line each."""
    said = [f"公表版 {trace.release_id}"]
    said += [f"  {head}: {text}" for head, text in trace.about]
    if trace.formulas:
        said += ["算定", *(f"  {one}" for one in trace.formulas)]
    if trace.is_recomputed:
        said.append("  （下の欄から再計算し、公表値と一致）")
    said.append("もとの資料")
    for one in trace.inputs:
        place = "　".join(
            part
            for part in (
                one["file_name"] or one["source_id"],
                f"シート「{one['sheet']}」" if one["sheet"] else "",
                f"{one['row']}行目" if one["row"] is not None else "",
                f"列「{one['column']}」" if one["column"] else "",
            )
            if part
        )
        value = f"＝{text_of(one['value'])}" if one["value"] is not None and one["role"] not in {"plan"} else ""
        said.append(
            f"  {ROLES.get(one['role'], '')}{'（引く）' if one['sign'] < 0 else ''} {one['what']}{value}".rstrip()
        )
        received = f"　受領 {era_day(one['received_on'])}" if one["received_on"] else ""
        said.append(f"    {place}{received}　sha256 {one['sha256'] or '−'}")
    said += [f"  {one}" for one in trace.decisions]
    said += [f"注意: {one}" for one in trace.limits]
    return said


def told(trace: Trace) -> Row:
    """The trace for a program."""
    return json.loads(
        json.dumps(
            {
                "release_id": trace.release_id,
                "table": trace.table,
                "key": trace.key,
                "column": trace.column,
                "value": trace.value,
                "about": [{"head": head, "text": text} for head, text in trace.about],
                "formulas": trace.formulas,
                "inputs": trace.inputs,
                "decisions": trace.decisions,
                "is_recomputed": trace.is_recomputed,
                "limits": trace.limits,
            },
            ensure_ascii=False,
            default=lambda value: text_of(value) if isinstance(value, Decimal) else str(value),
        )
    )
