"""One change: the columns of the table meta_change.

Holds: names, types and comments, the record. Does not hold: how a change is found (`compare`).
"""

from __future__ import annotations

from typing import NamedTuple

COLUMNS = {
    "change_no": ("INTEGER", "この公表版の変更の番号。 / Number of the change in this release."),
    "table_name": ("VARCHAR", "表。 / Table."),
    "change": (
        "VARCHAR",
        "added 追加・removed 削除・changed 変更、表・列そのものの table_added・table_removed・column_added・"
        "column_removed・column_type。 / What became of it.",
    ),
    "n_rows": (
        "BIGINT",
        "まとめた行数。1は1行の変更、2以上は同じ表・変更・理由の行をまとめたもの。 / Rows that this one stands for.",
    ),
    "municipality_code": ("VARCHAR", "5桁の団体コード。 / Five-digit code."),
    "plan_id": ("VARCHAR", "計画ID。 / Plan."),
    "kpi_id": ("VARCHAR", "指標ID。 / KPI."),
    "fiscal_year": ("INTEGER", "年度。 / Fiscal year."),
    "key_ja": ("VARCHAR", "どの数値かの説明（団体、計画、指標、年度など）。 / The key in words."),
    "row_key": ("VARCHAR", "行のキー（JSON）。 / Key of the row as JSON."),
    "column_name": ("VARCHAR", "代表の列。 / The leading column that moved."),
    "column_ja": ("VARCHAR", "その列の名称。 / Its name."),
    "value_before": ("VARCHAR", "前回公表の値。 / Value of the last release, as text."),
    "value_after": ("VARCHAR", "今回の値。 / Value of this release, as text."),
    "unit": ("VARCHAR", "単位（表に単位の列があるとき）。 / Unit, where the table says one."),
    "n_columns": ("INTEGER", "動いた列の数。 / Columns that moved."),
    "columns_moved": (
        "VARCHAR",
        "動いた列と前後の値（JSON：column, before, after）。 / All columns that moved, as JSON.",
    ),
    "causes": (
        "VARCHAR",
        "理由（空白区切り。複数は、どれも考えられ特定できないもの）。new_data・revised_source・correction・withdrawal・"
        "answer・plan・rule・merger・code・calendar・unknown。言葉は cause_ja か、unnest(string_split(causes, ' ')) を "
        "dim_code と結ぶ。 / Causes, separated by blanks; several where each is possible. Words: cause_ja, or dim_code "
        "joined on unnest(string_split(causes, ' ')).",
    ),
    "cause_ja": ("VARCHAR", "理由の説明。 / Cause in words."),
    "is_established": ("BOOLEAN", "理由が一つに定まるか。 / Whether the cause is established."),
    "source_ids": ("VARCHAR", "理由となる資料（空白区切り。多いときは20件まで）。 / Deliveries meant, at most 20."),
    "sources_ja": ("VARCHAR", "その資料のファイル名とID。 / Their file names and ids."),
    "hint_ja": ("VARCHAR", "理由不明のときの手がかり。 / What to look at where the cause is unknown."),
    "previous_release_id": ("VARCHAR", "比べた前回の公表版。 / Release that it is compared with."),
}
"""Columns of meta_change: type and comment."""


class Change(NamedTuple):
    """One change; grain and columns as COLUMNS."""

    change_no: int
    table_name: str
    change: str
    n_rows: int
    municipality_code: str | None
    plan_id: str | None
    kpi_id: str | None
    fiscal_year: int | None
    key_ja: str
    row_key: str | None
    column_name: str | None
    column_ja: str | None
    value_before: str | None
    value_after: str | None
    unit: str | None
    n_columns: int
    columns_moved: str | None
    causes: str
    cause_ja: str
    is_established: bool
    source_ids: str | None
    sources_ja: str | None
    hint_ja: str | None
    previous_release_id: str | None
