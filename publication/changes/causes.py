"""Why a figure differs between two releases: what changed around it, and what of that can stand behind it.

Holds: the facts of both releases (deliveries, corrections, decisions, plans, rules, areas, code), and the causes of a
row. Does not hold: which rows differ (`compare`), words.

A cause is established where the row itself names what changed (its delivery is new, its plan's edition sets another
target, its municipality was merged), or where nothing else changed between the two releases that reaches its table:
the code alone, or, of a row that names no delivery of its own, one kind of change alone. Else all that is possible is
named, and where nothing is, `unknown` with a hint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb

from sousei.foundation.clock import fiscal_year_of
from sousei.foundation.duck import identifier, quoted
from sousei.publication.changes.words import CAUSES

PLANS = "plan_register"
"""Source of the deliveries that are editions of a plan."""
QUESTION = frozenset({"has_open_question", "open_question_ja", "reading_taken_ja", "ambiguity_code"})
"""Columns of dim_kpi that say what is asked and how it is read."""
LINEAGE = frozenset(
    {
        *("source_id", "source_ids", "source_sheet", "source_row", "source_column"),
        *("file_name", "received_at", "received_order"),
    }
)
"""Columns that say where a figure is from; no figures themselves."""

Kpi = tuple[str, str, str]
Plan = tuple[str, str]


class Row(NamedTuple):
    """What the cause of a changed row depends on; many rows of a table share one.

    change: added, removed or changed. had_value: it had a figure before. is_rated: a grade or rate moved. sources: ids
    of the deliveries behind it in the earlier and in the later release. municipality, plan, kpi: where facts tell of
    them, else None. fiscal_year: of a restated value.
    """

    table: str
    change: str
    had_value: bool
    is_rated: bool
    before: frozenset[str]
    after: frozenset[str]
    municipality: str | None = None
    plan: str | None = None
    kpi: str | None = None
    fiscal_year: int | None = None


class Cause(NamedTuple):
    """causes: ids of CAUSES in their order. sources: ids of the deliveries that are meant. hint: for `unknown`."""

    causes: tuple[str, ...]
    is_established: bool
    sources: tuple[str, ...]
    hint: str | None


@dataclass
class Facts:
    """What changed between the two releases besides figures.

    files: source_id -> name of the file. source: source_id -> kind of delivery. came, gone, kept: deliveries that
    count only in the later, only in the earlier, in both. replaced: those of `came` whose kind and period the earlier
    release had from another delivery. withdrawn, restored: by decision. reordered: kinds of delivery whose order of
    receipt changed. corrected: delivery and municipality of the corrections that only one of both has. towns: merged
    since, with what they were merged into. plans: plan -> its register, where the edition changed or came; new_plans:
    those that were not there. kpis: KPI -> `plan` and `answer` where its definition changed. restated: reported values
    that came with a reason for restating them. rules: ids of rules of grading whose bands changed. upstream: table ->
    kinds of delivery that it is made from.
    """

    files: dict[str, str] = field(default_factory=dict)
    source: dict[str, str] = field(default_factory=dict)
    came: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    restored: set[str] = field(default_factory=set)
    reordered: set[str] = field(default_factory=set)
    corrected: set[tuple[str, str]] = field(default_factory=set)
    towns: set[str] = field(default_factory=set)
    plans: dict[Plan, str] = field(default_factory=dict)
    new_plans: set[Plan] = field(default_factory=set)
    kpis: dict[Kpi, set[str]] = field(default_factory=dict)
    restated: set[tuple[str, str, str, int]] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    upstream: dict[str, set[str]] = field(default_factory=dict)
    code_changed: bool = False
    year_changed: bool = False

    def reaches(self, table: str, source: str) -> bool:
        """Whether a kind of delivery can move a table; yes where neither release says what its tables are made from."""
        return table not in self.upstream or source in self.upstream[table]


Layout = dict[str, dict[str, str]]
"""Table -> column -> type, columns in their order."""


def layout(connection: duckdb.DuckDBPyConnection, database: str) -> Layout:
    """The tables of schema main of a database."""
    found: Layout = {}
    rows = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "  # noqa: S608
        f"where database_name = {quoted(database)} and schema_name = 'main' and not internal "
        "order by table_name, column_index"
    ).fetchall()
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return found


class Two:
    """Both databases, read with null for what an older layout lacks."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, a: str, b: str) -> None:
        self.connection, self.a, self.b = connection, a, b
        self.layouts = {database: layout(connection, database) for database in (a, b)}

    def columns(self, database: str, table: str) -> dict[str, str]:
        """Empty where there is no such table."""
        return self.layouts[database].get(table, {})

    def rows(self, database: str, table: str, columns: tuple[str, ...], where: str = "true") -> set[tuple]:
        there = self.columns(database, table)
        if not there:
            return set()
        named = ", ".join(identifier(one) if one in there else "null" for one in columns)
        sql = f"select distinct {named} from {identifier(database)}.main.{identifier(table)} where {where}"  # noqa: S608
        return set(self.connection.execute(sql).fetchall())

    def both(self, table: str, columns: tuple[str, ...]) -> tuple[set[tuple], set[tuple]]:
        return self.rows(self.a, table, columns), self.rows(self.b, table, columns)

    def differ(self, table: str, keys: tuple[str, ...]) -> Iterator[tuple]:
        """Keys of the rows of a table that differ, with the names of the columns that do (none: the row came or
        went), LINEAGE aside."""
        left, right = (self.columns(database, table) for database in (self.a, self.b))
        common = [one for one in left if one in right]
        if not set(keys) <= set(common):
            return
        figures = [one for one in common if one not in keys and one not in LINEAGE]
        on = " and ".join(f"a.{identifier(key)} is not distinct from b.{identifier(key)}" for key in keys)
        moved = [
            f"case when a.{identifier(one)}::varchar is distinct from b.{identifier(one)}::varchar "
            f"then {quoted(one)} end"
            for one in figures
        ]
        picked = ", ".join(f"coalesce(a.{identifier(key)}, b.{identifier(key)})" for key in keys)
        name = identifier(table)
        sql = f"""
            select {picked}, a.here and b.here, concat_ws(' ', '', {", ".join(moved) or "null"})
            from (select *, true as here from {identifier(self.a)}.main.{name}) as a
            full join (select *, true as here from {identifier(self.b)}.main.{name}) as b on {on}
        """  # noqa: S608
        for *key, in_both, names in self.connection.execute(sql).fetchall():
            if not in_both or names.strip():
                yield (*key, set(names.split()))


def read(two: Two) -> Facts:
    """What changed from the one to the other."""
    facts = Facts()
    _deliveries(two, facts)
    columns = ("source_id", "municipality_code", "raw_table", "row_key", "corrected_value")
    old, new = two.both("meta_correction", columns)
    facts.corrected = {(one[0], one[1]) for one in old ^ new}
    old, new = two.both("dim_municipality", ("municipality_code", "successor_code"))
    facts.towns = {code for pair in new - old if pair[1] is not None and old for code in pair}
    _plans(two, facts)
    there = two.columns(two.a, "dim_grade_rule").keys() & two.columns(two.b, "dim_grade_rule").keys()
    band = tuple(one for one in ("grade_rule_id", "band_order", "rule_owner", "applies_to") if one in there)
    facts.rules = {one[0] for one in two.differ("dim_grade_rule", band)} if band else set()
    for database in (two.a, two.b):
        for table, source in two.rows(database, "meta_upstream", ("table_name", "source")):
            facts.upstream.setdefault(table, set()).add(source)
    old, new = two.both("meta_release", ("code_version",))
    facts.code_changed = old != new
    years = [{fiscal_year_of(day) for (day,) in days} for days in two.both("meta_release", ("as_of_date",))]
    facts.year_changed = years[0] != years[1]
    return facts


def _deliveries(two: Two, facts: Facts) -> None:
    taken: list[dict[str, tuple]] = []
    withdrawn: list[set[str]] = []
    for database in (two.a, two.b):
        there = two.columns(database, "meta_source")
        verdict = "coalesce(verdict, 'taken')" if "verdict" in there else "'taken'"
        others = [one if one in there else "null" for one in ("source", "period", "file_name", "received_order")]
        sql = f"select source_id, {', '.join(others)}, {verdict} from {identifier(database)}.main.meta_source"  # noqa: S608
        rows = two.connection.execute(sql).fetchall()
        taken.append({one[0]: one for one in rows if one[5] == "taken"})
        withdrawn.append({one[0] for one in rows if one[5] == "withdrawn"})
        facts.files |= {one[0]: one[3] or one[0] for one in rows}
        facts.source |= {one[0]: one[1] or "" for one in rows}
    for place, database in enumerate((two.a, two.b)):
        withdrawn[place] |= {
            one[0] for one in two.rows(database, "meta_decision", ("subject",), "kind = 'withdrawal'")
        } - taken[place].keys()
    before, after = taken
    facts.came, facts.gone = after.keys() - before.keys(), before.keys() - after.keys()
    facts.withdrawn, facts.restored = facts.gone & withdrawn[1], facts.came & withdrawn[0]
    told = {(one[1], one[2]) for one in before.values()}
    facts.replaced = {one for one in facts.came if (after[one][1], after[one][2]) in told}
    for source in set(facts.source.values()):
        order = [
            [one[0] for one in sorted(rows.values(), key=lambda one: (one[4] or 0, one[0])) if one[1] == source]
            for rows in taken
        ]
        kept = [[one for one in line if one in before and one in after] for line in order]
        if kept[0] != kept[1]:
            facts.reordered.add(source)


def _plans(two: Two, facts: Facts) -> None:
    old, new = two.both("dim_plan", ("municipality_code", "plan_id", "source_id"))
    before = {one[:2]: one[2] for one in old}
    after = {one[:2]: one[2] for one in new}
    facts.plans = {
        plan: after.get(plan) or before.get(plan) or ""
        for plan in {*before, *after}
        if before.get(plan, "") != after.get(plan, "")
    }
    facts.new_plans = after.keys() - before.keys()
    for town, plan, kpi, _, names in two.differ(
        "dim_kpi", ("municipality_code", "plan_id", "kpi_id", "target_version")
    ):
        said = facts.kpis.setdefault((town, plan, kpi), set())
        if names & QUESTION:
            said.add("answer")
        if not names or names - QUESTION:
            said.add("plan")
    columns = ("municipality_code", "plan_id", "kpi_id", "fiscal_year", "source_id", "restated_reason_ja")
    old, new = two.both("fct_kpi_actual", columns)
    facts.restated = {one[:4] for one in new - old if one[5]}


def find(facts: Facts, row: Row) -> Cause:
    """The causes that can stand behind a row."""
    said: dict[str, set[str]] = {}

    def say(cause: str, *sources: str) -> None:
        said.setdefault(cause, set()).update(sources)

    if row.municipality in facts.towns:
        say("merger")
    for source in row.after - row.before:
        _of_its_delivery(facts, row, source, say)
    for source in row.before - row.after:
        if source in facts.withdrawn:
            say("withdrawal", source)
    for source in row.before | row.after:
        if (source, row.municipality) in facts.corrected:
            say("correction", source)
    if row.table == "meta_correction":
        say("correction", *row.before, *row.after)
    _of_its_plan(facts, row, say)
    if row.is_rated and facts.rules and row.change == "changed":
        say("rule")
    by_itself = bool(said)
    if not by_itself:
        _of_all(facts, row, say)
    if facts.code_changed and not (by_itself and row.change != "changed"):
        say("code")
    causes = tuple(one for one in CAUSES if one in said)
    sources = tuple(sorted({source for ids in said.values() for source in ids}))
    if causes:
        is_sure = by_itself or not row.before | row.after or causes[0] in {"code", "calendar"}
        return Cause(causes, is_sure and len(causes) == 1, sources, None)
    return Cause(("unknown",), False, sources, _hint(facts, row))


def _of_its_delivery(facts: Facts, row: Row, source: str, say: Callable[..., None]) -> None:
    kind = facts.source.get(source, "")
    if source in facts.restored:
        say("withdrawal", source)
    elif source in facts.came and kind == PLANS:
        plan = (row.municipality or "", row.plan or "")
        if plan in facts.new_plans:
            say("new_data", source)
        elif row.kpi is None or (row.municipality, row.plan, row.kpi) not in facts.kpis:
            say("plan", source)
    elif source in facts.came:
        restated = (row.municipality, row.plan, row.kpi, row.fiscal_year) in facts.restated
        had = row.change == "changed" and row.had_value
        say("correction" if restated and had else "revised_source" if had else "new_data", source)
    elif kind in facts.reordered:
        say("revised_source", source)


def _of_its_plan(facts: Facts, row: Row, say: Callable[..., None]) -> None:
    plan = (row.municipality or "", row.plan or "")
    register = facts.plans.get(plan)
    if register is None:
        return
    named = [register] if register else []
    of_kpi = facts.kpis.get((row.municipality or "", row.plan or "", row.kpi or ""), set())
    if plan in facts.new_plans:
        if of_kpi or row.kpi is None:
            say("new_data", *named)
        return
    for cause in of_kpi:
        say(cause, *named)
    if row.kpi is None and row.plan is not None and facts.reaches(row.table, PLANS) and not row.after - row.before:
        say("plan", *named)


def _of_all(facts: Facts, row: Row, say: Callable[..., None]) -> None:
    """What changed anywhere and reaches the table of a row that names no delivery of its own that changed."""
    for source in facts.came:
        kind = facts.source.get(source, "")
        if kind != PLANS and facts.reaches(row.table, kind):
            restored = source in facts.restored
            say("withdrawal" if restored else "revised_source" if source in facts.replaced else "new_data", source)
    for source in facts.withdrawn:
        if facts.source.get(source) != PLANS and facts.reaches(row.table, facts.source.get(source, "")):
            say("withdrawal", source)
    for source, _ in facts.corrected:
        if facts.reaches(row.table, facts.source.get(source, "")):
            say("correction", source)
    if facts.reaches(row.table, PLANS) and row.plan is None:
        for (town, _), register in facts.plans.items():
            if town == row.municipality:
                say("plan", register)
    for kind in facts.reordered:
        if facts.reaches(row.table, kind):
            say("revised_source")
    if facts.year_changed:
        say("calendar")


def _hint(facts: Facts, row: Row) -> str:
    lost = sorted(facts.files.get(one, one) for one in (row.before - row.after) & facts.gone)
    if lost:
        return f"前回使った資料 {'、'.join(lost)} が今回の入力になく、取り下げの記録もない。landing と記録を確かめる。"
    return "この数値に届く資料・訂正・計画・規則・プログラムの変更がない。両方の公表版を sousei verify で確かめる。"
