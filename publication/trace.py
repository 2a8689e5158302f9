"""From a published figure back to the cells of the files that it was made from.

Holds: the trace of a figure of the scorecard (value, formula with the numbers put in, cells with file, sheet, row and
column, decisions on the way), and of any row of a mart that keeps where it is from. Does not hold: formulas
(`book.formulas`), which cells a value is made of (mart_kpi_input), printing on a terminal (the command).

A sum or quotient of cells is told only where it gives the published value again; what cannot be told is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from sousei.foundation.duck import identifier, quoted
from sousei.publication.book.formulas import RATES, rate, steps
from sousei.publication.book.words import STATUS, era_day, grade, marks, printed
from sousei.publication.changes.compare import LEADING
from sousei.publication.query import queries
from sousei.publication.shelf import Release

Row = dict[str, Any]
SCORECARD = "mart_kpi_scorecard"
SUMMED = frozenset({"cumulative_total", "increment_over_term"})
"""Kinds whose actual is the sum of the years since the term began."""
OF_THE_PLAN = frozenset(
    {
        *("target_value", "target_fiscal_year", "target_version", "baseline_value", "baseline_type", "kind"),
        *("direction", "unit", "benchmark_value", "term_years", "kpi_name_ja", "milestone_value"),
    }
)
"""Columns of the scorecard that the plan's register sets."""
PLACES = ("source_id", "source_ids", "source_sheet", "source_row", "source_column")
_CLOSE = Decimal("0.0000001")
_SHOWN = 10


class TraceError(LookupError):
    """The figure that is asked for is not there, or the question does not name one; ja and en say what is."""

    def __init__(self, problem_id: str, ja: str, en: str) -> None:
        super().__init__(f"{problem_id}: {ja}")
        self.ja, self.en = f"{problem_id}: {ja}", f"{problem_id}: {en}"


@dataclass(frozen=True)
class Trace:
    """A published figure and where it is from.

    about: head and text of each line about it. formulas: with the numbers put in. inputs: delivered cells: role, sign,
    what, value, source_id, file_name, sheet, row, column, sha256, received_on, fiscal_year. decisions: corrections and
    withdrawals on the way. is_recomputed: the cells give the value again; None where there is nothing to compute.
    limits: what cannot be told, and why.
    """

    release_id: str
    table: str
    key: Row
    column: str
    value: Any
    about: list[tuple[str, str]]
    formulas: list[str] = field(default_factory=list)
    inputs: list[Row] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    is_recomputed: bool | None = None
    limits: list[str] = field(default_factory=list)


def _asked(release: Release, *statements: str) -> list[list[Row]]:
    return [frame.to_dicts() for frame in queries(statements, release)]


def _rows(release: Release, sql: str) -> list[Row]:
    return _asked(release, sql)[0]


def _tables(release: Release) -> Mapping[str, list[str]]:
    return {name: [one.name for one in table.columns] for name, table in release.manifest.tables.items()}


def _named(values: Iterable[Any]) -> str:
    values = [str(one) for one in values]
    return "、".join(values[:_SHOWN]) + (f" ほか{len(values) - _SHOWN}件" if len(values) > _SHOWN else "")


def _only(rows: list[Row], column: str, asked: str | None, what_ja: str, option: str) -> list[Row]:
    """The rows of the one that is asked for; where none is, of the only one there is.

    Raises TraceError with what is there.
    """
    there = sorted({one[column] for one in rows})
    if asked is None and len(there) == 1:
        return rows
    if asked is None:
        raise TraceError(
            f"{column}_not_named",
            f"{what_ja}が一つに決まりません。{option} で選んでください。ある{what_ja}: {_named(there)}",
            f"name one with {option}: {', '.join(map(str, there))}",
        )
    if asked not in there:
        raise TraceError(
            f"{column}_unknown",
            f"{what_ja} {asked} はありません。ある{what_ja}: {_named(there)}",
            f"there is no {asked}; there are: {', '.join(map(str, there))}",
        )
    return [one for one in rows if one[column] == asked]


def kpi(
    release: Release,
    kpi_id: str,
    year: int,
    municipality: str | None = None,
    plan: str | None = None,
    column: str = "actual_value",
) -> Trace:
    """The trace of a figure of the scorecard: a KPI (id, number or name) in a fiscal year.

    Raises TraceError where that is not there or more than one.
    """
    found = _rows(release, "select municipality_code, plan_id, kpi_id, kpi_no, kpi_name_ja from dim_kpi order by all")
    names = [one for one in found if kpi_id in {one["kpi_id"], one["kpi_no"], one["kpi_name_ja"]}]
    for asked, name in ((municipality, "municipality_code"), (plan, "plan_id")):
        names = [one for one in names if asked is None or one[name] == asked] or names
    if not names:
        near = [
            one for one in found if municipality in {None, one["municipality_code"]} and plan in {None, one["plan_id"]}
        ]
        listed = dict.fromkeys(one["kpi_id"] for one in near or found)
        raise TraceError(
            "kpi_unknown",
            f"指標 {kpi_id} はありません。ある指標: {_named(listed)}",
            f"there is no KPI {kpi_id}; there are: {', '.join(listed)}",
        )
    names = _only(names, "municipality_code", municipality, "団体", "--municipality")
    names = _only(names, "plan_id", plan, "計画", "--plan")
    names = _only(names, "kpi_id", None, "指標", "KPI")
    key = {name: names[0][name] for name in ("municipality_code", "plan_id", "kpi_id")}
    where = " and ".join(f"{name} = {quoted(value)}" for name, value in key.items())
    years = _rows(release, f"select * from {SCORECARD} where {where} order by fiscal_year")  # noqa: S608
    score = next((one for one in years if one["fiscal_year"] == year), None)
    if score is None:
        there = _named(one["fiscal_year"] for one in years) or "なし"
        raise TraceError(
            "year_unknown",
            f"指標 {key['kpi_id']} の {year} 年度は評価の表にありません。ある年度: {there}",
            f"the scorecard has no {year} of {key['kpi_id']}; there are: {there}",
        )
    if column not in score:
        raise TraceError(
            "column_unknown",
            f"列 {column} は {SCORECARD} にありません。ある列: {'、'.join(score)}",
            f"{SCORECARD} has no column {column}; there are: {', '.join(score)}",
        )
    return _of_score(release, score, key | {"fiscal_year": year}, column, where)


def _of_score(release: Release, score: Row, key: Row, column: str, where: str) -> Trace:
    year = key["fiscal_year"]
    version = int(score["target_version"] or 0)
    has_cells = "mart_kpi_input" in _tables(release)
    (target,), latest, set_in, cells = _asked(
        release,
        f"select * from dim_kpi where {where} order by target_version is not distinct from {version} desc, "  # noqa: S608
        "is_current desc limit 1",
        f"select * from fct_kpi_actual where {where} and is_latest order by fiscal_year",  # noqa: S608
        f"select * from mart_kpi_history where {where} and event_kind like 'target_%' "  # noqa: S608
        f"and revision is not distinct from {version} order by event_no desc limit 1",
        f"select * from mart_kpi_input where {where} order by fiscal_year, input_no"  # noqa: S608
        if has_cells
        else "select 1 where false",
    )
    actuals = {one["fiscal_year"]: one for one in latest}
    first = target["first_fiscal_year"] or year
    years = [one for one in actuals if one == year or (score["kind"] in SUMMED and first <= one < year)]
    of_plan = column in OF_THE_PLAN
    inputs = [] if of_plan else [_cell(one) for one in cells if one["fiscal_year"] in years]
    formulas, is_recomputed = ([], None) if of_plan else _value(score, target, actuals, cells, years)
    if column in RATES:
        formulas += [line for line in (rate(score, column),) if line]
    elif not of_plan:
        formulas += steps(score, {} if inputs else actuals.get(year, {}))
    limits = []
    if score["actual_value"] is None and not of_plan:
        limits.append("実績がないため、値の算定はない。")
    elif not of_plan and not inputs:
        limits.append("値のもとになった欄はこの公表版に記録されていない。資料と行は下の出典のとおり。")
        inputs = [_of_row(score, column)]
    elif is_recomputed is False:
        limits.append("下の欄だけでは公表値を再計算できない（構成指標、途中の合計などによる）。")
    inputs, decisions = _with_files(release, [*inputs, *_of_register(target, set_in)])
    return Trace(
        *(release.release_id, SCORECARD, key, column, score[column], _about(score, target, column)),
        *(formulas, inputs, decisions, is_recomputed, limits),
    )


def _of_register(target: Row, set_in: list[Row]) -> list[Row]:
    """The rows of the plan's register: of the KPI, and of its target."""
    kpi: Row = {"role": "plan", "sign": 1, "what": "計画台帳（指標・基準・数え方）", "value": None, "column": None}
    kpi |= {"source_id": target["source_id"], "sheet": target["source_sheet"], "row": target["source_row"]}
    kpi |= {"fiscal_year": None}
    return [kpi] + [
        kpi
        | {"what": "計画台帳（目標値）", "column": "目標値", "value": one["value_after"]}
        | {"source_id": one["source_id"], "sheet": one["source_sheet"], "row": one["source_row"]}
        for one in set_in
    ]


def _about(score: Row, target: Row, column: str) -> list[tuple[str, str]]:
    value = score[column]
    before, after = marks(score) if column == "actual_value" else ("", "")
    unit = score["unit"] if column.endswith("_value") else "％" if column.endswith("_pct") else ""
    decided = f"　決定 {era_day(target['decided_on'])}" if target["decided_on"] else ""
    said = [
        ("指標", f"{target['kpi_no'] or ''} {score['kpi_name_ja']}".strip()),
        ("計画", str(score["plan_name_ja"])),
        ("年度", str(score["period_ja"] or score["fiscal_year"])),
        (f"値（{column}）", before + _text(value) + (unit or "") + after if value is not None else "なし"),
        ("確定度", STATUS.get(score["value_status"], str(score["value_status"]))),
        ("時点・期間", score["period_label_ja"] or era_day(score["as_of_date"])),
        ("評価", grade(score)),
        ("評価の理由", score["not_computable_reason_ja"] or score["provisional_reason_ja"] or ""),
        ("評価規則", f"{score['grade_rule_id']}：{score['grade_rule_label_ja']}" if score["grade_rule_id"] else ""),
        (
            "目標",
            f"第{score['target_version']}版 {printed(score['target_value'])}{score['unit'] or ''}"
            f"（{score['target_fiscal_year']}年度）{decided}"
            if score["target_value"] is not None
            else "",
        ),
        ("要確認", score["open_question_ja"] or ""),
        ("採る読み", score["reading_taken_ja"] or ""),
    ]
    return [(head, text) for head, text in said if text]


def _text(value: Any) -> str:
    """A value without rounding."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
    return str(value)


def _value(
    score: Row, target: Row, actuals: dict[int, Row], cells: list[Row], years: list[int]
) -> tuple[list[str], bool | None]:
    """The formulas of the actual, year by year, and whether they give it again."""
    if score["actual_value"] is None:
        return [], None
    said, sure = [], True
    for year in years:
        line, is_given = _of_year(actuals[year], [one for one in cells if one["fiscal_year"] == year], target)
        said.append(f"{year}年度の値＝{line}")
        sure = sure and is_given
    if len(years) > 1:
        parts = [actuals[year]["actual_value"] for year in years]
        added = sum(parts) if all(part is not None for part in parts) else None
        if added == score["actual_value"]:
            said.append(f"実績＝期間の初めからの和＝{'＋'.join(map(_text, parts))}＝{_text(added)}")
        else:
            said.append(f"実績＝{_text(score['actual_value'])}（期間の初めからの累計。報告された累計による）")
            sure = False
    elif years and actuals[years[0]]["actual_value"] != score["actual_value"]:
        said.append(f"実績＝{_text(score['actual_value'])}（期間の初めからの累計）")
        sure = False
    return said, sure if years else False


def _of_year(actual: Row, cells: list[Row], target: Row) -> tuple[str, bool]:
    """The formula of a year's value from its cells, and whether it gives the value."""
    value = actual["actual_value"]
    sides = {role: [one for one in cells if one["role"] == role] for role in ("value", "numerator", "denominator")}
    if value is None:
        return "なし", True
    if sides["numerator"] and sides["denominator"]:
        n, d = (sum(one["sign"] * one["cell_value"] for one in sides[role]) for role in ("numerator", "denominator"))
        for times in (1, 100, 1000):
            if d and abs(Decimal(n) * times / Decimal(d) - value) <= _CLOSE:
                words = f"×{times:,}" if times > 1 else ""
                return (
                    f"分子÷分母{words}＝（{_added(sides['numerator'])}）÷（{_added(sides['denominator'])}）{words}"
                    f"＝{_text(n)}÷{_text(d)}{words}＝{_text(value)}",
                    True,
                )
    elif sides["value"]:
        total = sum(one["sign"] * one["cell_value"] for one in sides["value"])
        line = _added(sides["value"]) + (f"＝{_text(total)}" if len(sides["value"]) > 1 else "")
        for scale in (1, 1_000, 10_000, 1_000_000, 100_000_000):
            if abs(Decimal(total) / scale - value) <= _CLOSE:
                return line + (f"、÷{scale:,}（{target['unit'] or ''}）＝{_text(value)}" if scale > 1 else ""), True
    return _text(value), False


def _added(cells: list[Row]) -> str:
    said = "".join(f"{'＋' if one['sign'] > 0 else '－'}{_text(one['cell_value'])}" for one in cells)
    return said.removeprefix("＋")


def _cell(one: Row) -> Row:
    return {
        "role": one["role"],
        "sign": one["sign"],
        "what": one["cell_ja"],
        "value": one["cell_value"],
        "source_id": one["source_id"],
        "sheet": one["source_sheet"],
        "row": one["source_row"],
        "column": one["source_column"],
        "fiscal_year": one["fiscal_year"],
    }


def _of_row(one: Row, column: str) -> Row:
    """The place that a row of a mart keeps itself."""
    return {
        "role": "row",
        "sign": 1,
        "what": column,
        "value": one.get(column),
        "source_id": one.get("source_id"),
        "sheet": one.get("source_sheet"),
        "row": one.get("source_row"),
        "column": one.get("source_column"),
        "fiscal_year": one.get("fiscal_year"),
    }


def _with_files(release: Release, inputs: list[Row]) -> tuple[list[Row], list[str]]:
    """The inputs with file name, sha256 and day of receipt of their delivery; the corrections of their cells and rows
    and the decisions about their deliveries in words."""
    ids = sorted({one["source_id"] for one in inputs if one["source_id"]})
    listed = ", ".join(map(quoted, ids)) or "null"
    tables = _tables(release)
    nothing = "select 1 where false"
    delivered, corrected, decided = _asked(
        release,
        f"select * from meta_source where source_id in ({listed}) order by source_id",  # noqa: S608
        f"select * from meta_correction where source_id in ({listed}) order by all"  # noqa: S608
        if "meta_correction" in tables
        else nothing,
        "select * from meta_decision order by all" if "meta_decision" in tables else nothing,
    )
    files = {one["source_id"]: one for one in delivered}
    made = []
    for one in inputs:
        file = files.get(one["source_id"] or "", {})
        received = file.get("received_at")
        told = {"file_name": file.get("file_name"), "sha256": file.get("sha256")}
        made.append(one | told | {"received_on": received.date() if received else None})
    places = {(one["source_id"], one["sheet"] or "", one["row"]) for one in inputs}
    said = [
        f"訂正：{one['source_id']} {one['row_key']}　{_text(one['published_value'])} → "
        f"{_text(one['corrected_value'])}（{one['reason_ja']}、{era_day(one['declared_on'])}）"
        for one in corrected
        if (one["source_id"], one["source_sheet"] or "", one["source_row"]) in places
    ]
    said += [
        f"{'取り下げ' if one['kind'] == 'withdrawal' else '決裁'}：{one['subject']}（{one['reason_ja']}、"
        f"{one['decided_by']}）"
        for one in decided
        if any(name in str(one["subject"]).split() for name in ids)
    ]
    return made, said


def mart(
    release: Release, table: str, key: Mapping[str, str], column: str | None = None, raw: Path | None = None
) -> Trace:
    """The trace of a row of any mart that keeps where it is from.

    key: column -> value as text. raw: the folder of the raw tables of the home; with it the column of the file is found
    where the mart keeps the row only. Raises TraceError where no row or more than one is named.
    """
    tables = _tables(release)
    if table not in tables:
        raise TraceError(
            "mart_unknown",
            f"表 {table} は公表版 {release.release_id} にありません。ある表: {'、'.join(tables)}",
            f"release {release.release_id} has no table {table}; there are: {', '.join(tables)}",
        )
    columns = tables[table]
    wrong = [name for name in (*key, *([column] if column else [])) if name not in columns]
    if wrong or not key:
        raise TraceError(
            "column_unknown",
            f"表 {table} に列 {'、'.join(wrong) or '（キーなし）'} はありません。ある列: {'、'.join(columns)}",
            f"{table} has no column {', '.join(wrong)}; there are: {', '.join(columns)}",
        )
    where = " and ".join(f"{identifier(name)}::varchar = {quoted(value)}" for name, value in key.items())
    rows = _rows(release, f"select * from {identifier(table)} where {where} limit {_SHOWN + 1}")  # noqa: S608
    if len(rows) != 1:
        grain = [
            one["column_name"]
            for one in _rows(
                release,
                f"select column_name from meta_grain where table_name = {quoted(table)} order by place",  # noqa: S608
            )
        ]
        count = "ありません" if not rows else f"{len(rows)}行あります" if len(rows) <= _SHOWN else "多数あります"
        raise TraceError(
            "row_not_one",
            f"{table} に {_pairs(key)} の行は{count}。1行に決まる列: {'、'.join(grain)}",
            f"{table} has {len(rows)} rows of {_pairs(key)}; a row is named by: {', '.join(grain)}",
        )
    return _of_mart(release, table, dict(key), rows[0], column, raw)


def _pairs(key: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in key.items())


def _of_mart(release: Release, table: str, key: Row, row: Row, column: str | None, raw: Path | None) -> Trace:
    figures = [name for name in row if name not in key and name not in PLACES]
    numbers = [name for name in figures if isinstance(row[name], (int, Decimal)) and not isinstance(row[name], bool)]
    leading = [name for name in LEADING if name in numbers]
    column = column or (leading or numbers or figures or list(row))[0]
    limits: list[str] = []
    inputs: list[Row] = []
    ids = str(row.get("source_ids") or row.get("source_id") or "").split()
    if not ids:
        if "source_id" in row:
            limits.append("この行のもとになった資料は記録されていない（値のない行、または製品が決めた行）。")
        else:
            kinds = []
            if "meta_upstream" in _tables(release):
                asked = f"select source from meta_upstream where table_name = {quoted(table)} order by source"  # noqa: S608
                kinds = [one["source"] for one in _rows(release, asked)]
            limits.append(
                f"表 {table} は多くの資料から計算した表で、行ごとの資料の場所を持たない。"
                + (f"もとの資料の種類: {'、'.join(kinds)}" if kinds else "")
            )
    own = _of_row(row, column)
    if own["source_id"] and own["row"] is not None:
        inputs.append(own if own["column"] or raw is None else own | _from_raw(raw, own, row))
        if not inputs[0]["column"]:
            limits.append("列の見出しは記録されていない。シートと行まで分かる。")
    elif own["source_id"]:
        limits.append("この表はファイルまでを記録し、シートと行は持たない。")
        inputs.append(own)
    inputs += [
        _of_row({"source_id": one}, column) | {"what": "ほかのもとになった資料"}
        for one in ids
        if one != own["source_id"]
    ]
    if len(ids) > 1:
        limits.append("もとになった資料が複数ある。シートと行は最初のもの。")
    inputs, decisions = _with_files(release, inputs)
    value = "なし" if row[column] is None else _text(row[column])
    about = [("表", table), ("行", _pairs(key)), (f"値（{column}）", value)]
    if status := row.get("value_status"):
        about.append(("確定度", STATUS.get(status, str(status))))
    return Trace(
        *(release.release_id, table, key, column, row[column], about),
        inputs=inputs,
        decisions=decisions,
        limits=limits,
    )


def _from_raw(raw: Path, own: Row, row: Row) -> Row:
    """Header of the column and the cell as it stood in the file, from the raw tables of the home; {} where they do not
    say which."""
    import duckdb

    paths = sorted(raw.glob(f"*/{own['source_id']}.parquet"))
    found: list[tuple[str, str]] = []
    with duckdb.connect() as connection:
        for path in paths:
            relation = f"read_parquet({quoted(str(path))})"
            columns = {one[0] for one in connection.execute(f"describe select * from {relation}").fetchall()}  # noqa: S608
            if not {"column_label", "value_raw", "sheet", "row"} <= columns:
                continue
            same = [
                f"{name}::varchar = {quoted(str(row[other]))}"
                for name, other in (
                    *(
                        (one, one)
                        for one in ("sex", "age_group", "month", "fiscal_year", "as_of_date", "scope", "item")
                    ),
                    ("area_code", "municipality_code"),
                )
                if name in columns and row.get(other) is not None
            ]
            item = {"donation_jpy", "donation_count"}
            if "item" in columns and own["what"] in item:
                same.append(f"item = {quoted(own['what'])}")
            if "item" in columns and row.get("component") is not None:
                same.append(f"item = {quoted(row['component'])}")
            found += connection.execute(
                f"select distinct column_label, value_raw from {relation} where sheet = {quoted(own['sheet'] or '')} "  # noqa: S608
                f"and row = {int(own['row'])} and {' and '.join(same or ['true'])} order by all"
            ).fetchall()
    if len(found) != 1:
        return {}
    return {"column": found[0][0], "cell": found[0][1]}


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
        value = f"＝{_text(one['value'])}" if one["value"] is not None and one["role"] not in {"plan"} else ""
        said.append(
            f"  {ROLES.get(one['role'], '')}{'（引く）' if one['sign'] < 0 else ''} {one['what']}{value}".rstrip()
        )
        received = f"　受領 {era_day(one['received_on'])}" if one["received_on"] else ""
        said.append(f"    {place}{received}　sha256 {one['sha256'] or '−'}")
    said += [f"  {one}" for one in trace.decisions]
    said += [f"注意: {one}" for one in trace.limits]
    return said


ROLES = {"value": "値", "numerator": "分子", "denominator": "分母", "plan": "計画", "row": "値"}


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
            default=lambda value: _text(value) if isinstance(value, Decimal) else str(value),
        )
    )
