"""The rows of two releases that differ, with their causes: one row per key of a mart.

Holds: the comparison inside DuckDB, table by table and set-wise, folding of mass movements. Does not hold: why
(`causes`), the SQL of one table's columns (`shape`), words for people (`words`, `report`).

A table that is equal in both is passed over by its hash. Of the others, rows are joined on the grain that the releases
say themselves (meta_grain); where neither says one, whole rows come and go. Columns that only say where a figure is
from (causes.LINEAGE) are no figures. Many rows of one table that move the same way for the same cause (more than FOLD)
are one row with their number, and the LARGEST of them by size of movement beside; tables of KPI are never folded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from sousei.expectations.grain import grain
from sousei.foundation import duck
from sousei.foundation.duck import identifier, quoted
from sousei.publication.changes import causes, words
from sousei.publication.changes.causes import LINEAGE, Cause, Facts, Row, Two
from sousei.publication.changes.record import COLUMNS, Change
from sousei.publication.changes.shape import FIRST, KPI, Shape, in_order

NOT_COMPARED = frozenset(
    {"meta_check_outcome", "meta_check_finding", "meta_release", "meta_change", "meta_decision", "meta_grain"}
)
"""Tables about a release itself; a decision is told as the cause of what it moved."""
FOLD = 200
LARGEST = 20
MOST_SOURCES = 20
"""Deliveries that one change names."""


def between(old: Path, new: Path) -> list[Change]:
    """What moved from the DuckDB file of one release to that of another.

    Raises duckdb.Error where one cannot be read.
    """
    with TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        connection.execute(f"set temp_directory = {quoted(spill)}")
        for letter, path in (("before", old), ("after", new)):
            connection.execute(f"attach {quoted(str(path))} as {letter} (read_only)")
        make(connection, "before", "after")
        return _rows(connection, "made_change")


def of_release(database: Path) -> list[Change]:
    """The changes that a release tells of itself (meta_change); none where it is older than that table."""
    with duck.connect(database, read_only=True) as connection:
        return _rows(connection, "meta_change") if "meta_change" in duck.tables_of(connection) else []


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[Change]:
    return [Change(*one) for one in connection.execute(f"from {table} order by change_no").fetchall()]


def make(connection: duckdb.DuckDBPyConnection, a: str, b: str, unmoved: Collection[str] = ()) -> None:
    """Temp table `made_change` (COLUMNS) of what moved from the attached database a to b. unmoved: tables known to be
    the same in both."""
    two = Two(connection, a, b)
    run = _Run(two, causes.read(two))
    left, right = (two.layouts[one].keys() - NOT_COMPARED for one in (a, b))
    grains: dict[str, list[str]] = {}
    for letter in (a, b):
        if two.columns(letter, "meta_grain"):
            grains |= grain(connection, f"{identifier(letter)}.main")
    for table in sorted(left ^ right):
        run.whole_table(table, table in right)
    for table in sorted(left & right - set(unmoved)):
        run.columns(table)
        run.rows(table, grains.get(table, []))
    run.number()


def _sql_of(facts: Facts) -> dict[str, str]:
    """SQL lists of what the facts tell something of: towns, plans, KPI."""

    def listed(rows: Iterable[tuple[str, ...]], width: int) -> str:
        said = [f"({', '.join(quoted(one or '') for one in row)})" for row in sorted(rows)]
        return ", ".join(said) or f"({', '.join(['null'] * width)})"

    towns = {(one,) for one in (*facts.towns, *(town for _, town in facts.corrected), *(t for t, _ in facts.plans))}
    kpis = {*facts.kpis, *(one[:3] for one in facts.restated)}
    return {
        "town": listed({one for one in towns if one[0]}, 1),
        "plan": listed(set(facts.plans), 2),
        "kpi": listed(kpis, 3),
    }


class _Run:
    """One comparison: its facts and temp tables."""

    def __init__(self, two: Two, facts: Facts) -> None:
        connection, a, b = two.connection, two.a, two.b
        self.connection, self.a, self.b, self.two, self.facts = connection, a, b, two, facts
        kinds = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
        connection.execute(f"create or replace temp table made_change ({kinds})")
        for name, listed in _sql_of(facts).items():
            width = {"town": "municipality_code", "plan": ", ".join(KPI[:2]), "kpi": ", ".join(KPI)}[name]
            texts = ", ".join(f"{one}::varchar as {one}" for one in width.split(", "))
            connection.execute(
                f"create or replace temp table told_{name} as select {texts} from (values {listed}) as t({width}) "  # noqa: S608
                "where municipality_code is not null"
            )
        asked = f"select max(release_id) from {identifier(a)}.main.meta_release"  # noqa: S608
        self.previous = connection.execute(asked).fetchall()
        for letter, database in (("a", a), ("b", b)):
            self._kpi_sources(letter, database)
        self._names()

    def _kpi_sources(self, letter: str, database: str) -> None:
        """Temp table kpi_sources_<letter>: the deliveries behind a KPI in a fiscal year, of kinds that sum those of
        the years before too."""
        there, of_kpi = (self.two.columns(database, one) for one in ("fct_kpi_actual", "dim_kpi"))
        name = f"kpi_sources_{letter}"
        if not {*KPI, "fiscal_year", "source_id"} <= there.keys():
            self.connection.execute(
                f"create or replace temp table {name} (municipality_code varchar, plan_id varchar, kpi_id varchar, "
                "fiscal_year integer, source_ids varchar)"
            )
            return
        ids = "coalesce(source_ids, source_id)" if "source_ids" in there else "source_id"
        latest = "is_latest" if "is_latest" in there else "true"
        main = f"{identifier(database)}.main"
        summed = (
            f"(select distinct municipality_code, plan_id, kpi_id from {main}.dim_kpi "  # noqa: S608
            "where kind in ('cumulative_total', 'increment_over_term'))"
            if {*KPI, "kind"} <= of_kpi.keys()
            else "(select null as municipality_code, null as plan_id, null as kpi_id where false)"
        )
        self.connection.execute(
            f"""
            create or replace temp table {name} as
            with said as (
                select municipality_code, plan_id, kpi_id, fiscal_year, {ids} as source_ids
                from {main}.fct_kpi_actual where {latest} and source_id is not null
            )
            select this.municipality_code, this.plan_id, this.kpi_id, this.fiscal_year,
                string_agg(distinct one.source_ids, ' ' order by one.source_ids) as source_ids
            from (select distinct municipality_code, plan_id, kpi_id, fiscal_year from said) as this
            inner join said as one using (municipality_code, plan_id, kpi_id)
            left join {summed} as summed using (municipality_code, plan_id, kpi_id)
            where one.fiscal_year = this.fiscal_year
                or (summed.kpi_id is not null and one.fiscal_year < this.fiscal_year)
            group by all
            """  # noqa: S608
        )

    def _names(self) -> None:
        """Temp tables name_of_<what>: key -> Japanese name, the later release first."""
        asked = {
            "town": ("dim_municipality", ("municipality_code",), "name_ja", "valid_from desc nulls last"),
            "plan": ("dim_plan", KPI[:2], "plan_name_ja", "plan_id"),
            "kpi": ("dim_kpi", KPI, "kpi_name_ja", "is_current desc"),
            "year": ("dim_time", ("year",), "fiscal_year_label_ja || fiscal_year_western_label_ja", "year"),
        }
        for what, (table, keys, name, order) in asked.items():
            parts = []
            for place, database in enumerate((self.b, self.a)):
                there = self.two.columns(database, table)
                words_in = [*keys, *name.split(" || "), order.split()[0]]
                if all(one in there for one in words_in):
                    listed, main = ", ".join(keys), f"{identifier(database)}.main"
                    parts.append(
                        f"select {listed}, {name} as name, {place} as place, row_number() over "  # noqa: S608
                        f"(partition by {listed} order by {order}) as n from {main}.{table}"
                    )
            types = ", ".join(f"null::{'integer' if one == 'year' else 'varchar'} as {one}" for one in keys)
            empty = f"select {types}, null::varchar as name, 0 as place, 0::bigint as n where false"
            self.connection.execute(
                f"create or replace temp table name_of_{what} as select {', '.join(keys)}, name from "  # noqa: S608
                f"({' union all '.join(parts or [empty])}) qualify row_number() over "
                f"(partition by {', '.join(keys)} order by place, n) = 1"
            )

    def whole_table(self, table: str, came: bool) -> None:
        """One change for a table that only one of the two has."""
        database = self.b if came else self.a
        n = self.connection.execute(f"select count(*) from {identifier(database)}.main.{identifier(table)}").fetchall()  # noqa: S608
        self._layout(table, "table_added" if came else "table_removed", None, None, None, n[0][0])

    def columns(self, table: str) -> None:
        """One change for each column that only one of the two has or whose type changed."""
        left, right = (self.two.columns(one, table) for one in (self.a, self.b))
        for name in {**left, **right}:
            if left.get(name) != right.get(name):
                kind = "column_type" if name in left and name in right else "column_added"
                kind = "column_removed" if name not in right else kind
                self._layout(table, kind, name, left.get(name), right.get(name), 1)

    def _layout(
        self, table: str, kind: str, column: str | None, before: str | None, after: str | None, rows: int
    ) -> None:
        is_code = self.facts.code_changed
        hint = (
            None if is_code else "表の形はプログラムで決まるが、プログラムの版は同じ。両方を sousei verify で確かめる。"
        )
        values = {
            **{"table_name": table, "change": kind, "n_rows": rows, "key_ja": f"表 {table}", "n_columns": 0},
            **{"column_name": column, "column_ja": column, "value_before": before, "value_after": after},
            **{"causes": "code" if is_code else "unknown", "is_established": is_code, "hint_ja": hint},
        }
        values["cause_ja"] = words.cause(str(values["causes"]), is_code)
        self.connection.execute(
            f"insert into made_change by name select {', '.join(f'? as {name}' for name in values)}",
            list(values.values()),
        )

    def rows(self, table: str, of: list[str]) -> None:
        """The rows of a table that both have and that differ."""
        left, right = (self.two.columns(one, table) for one in (self.a, self.b))
        common = [name for name in left if name in right]
        keys = [name for name in of if name in common] or common
        figures = [name for name in common if name not in keys and name not in LINEAGE]
        if not common or self._is_equal(table, [*keys, *figures]):
            return
        kinds = {name: (left[name], right[name]) for name in common}
        shape = Shape(table, keys, in_order(figures, kinds), kinds)
        self._join(shape)
        self._say(shape)
        self._keep(shape)
        self.connection.execute("drop table placed")

    def _is_equal(self, table: str, columns: list[str]) -> bool:
        row = ", ".join(map(identifier, columns))
        said = [
            self.connection.execute(
                f"select count(*), sum(hash({row})::hugeint) "  # noqa: S608
                f"from {identifier(one)}.main.{identifier(table)}"
            ).fetchall()
            for one in (self.a, self.b)
        ]
        return said[0] == said[1]

    def _join(self, shape: Shape) -> None:
        """Temp table `moved`: rows that differ, `a x` and `b x` for each figure x, and what a cause depends on."""
        lineage = shape.lineage
        both = [(one, shape.compared("a", one), shape.compared("b", one)) for one in shape.keys]
        picked = [f"coalesce({a}, {b}) as {identifier(one)}" for one, a, b in both]
        picked += [f"a.{identifier(one)} as {identifier('a ' + one)}" for one in shape.figures]
        picked += [f"b.{identifier(one)} as {identifier('b ' + one)}" for one in shape.figures]
        joins = ""
        for letter in ("a", "b"):
            ids = [f"{letter}.{identifier(one)}::varchar" for one in lineage]
            if shape.has_years:
                joins += f" left join kpi_sources_{letter} as k{letter} on " + " and ".join(
                    f"k{letter}.{one}::varchar = {letter}.{one}::varchar" for one in (*KPI, "fiscal_year")
                )
                ids.append(f"k{letter}.source_ids")
            picked.append(f"concat_ws(' ', '', {', '.join(ids) or 'null'}) as ids_{letter}")
        name = identifier(shape.table)
        moved = [f"{shape.compared('a', one)} is distinct from {shape.compared('b', one)}" for one in shape.figures]
        on = " and ".join(f"{a} is not distinct from {b}" for _, a, b in both)
        unit = "coalesce(b.unit, a.unit)" if "unit" in shape.kinds else "null"
        self.connection.execute(
            f"""
            create or replace temp table moved as
            select {", ".join(picked)}, {unit}::varchar as of_unit,
                case when a.here is null then 'added' when b.here is null then 'removed' else 'changed' end as change
            from (select *, true as here from {identifier(self.a)}.main.{name}) as a
            full join (select *, true as here from {identifier(self.b)}.main.{name}) as b on {on}
            {joins}
            where a.here is null or b.here is null{"".join(" or " + one for one in moved)}
            """  # noqa: S608  names from the catalogue, quoted
        )

    def _say(self, shape: Shape) -> None:
        """Temp table `why`: each combination that a cause depends on, with its cause."""
        columns = ", ".join(f"{sql} as {name}" for name, sql in shape.depends(bool(self.facts.rules)).items())
        self.connection.execute(
            f"create or replace temp table combination as select row_number() over (order by all_of) as no, all_of.* "  # noqa: S608
            f"from (select distinct {columns} from moved) as all_of"
        )
        said = []
        for no, change, had, rated, before, after, town, plan, kpi, year in self.connection.execute(
            "from combination order by no"
        ).fetchall():
            row = Row(
                *(shape.table, change, had, rated, frozenset(before.split()), frozenset(after.split())),
                *(town, plan, kpi, year),
            )
            said.append((no, *self._told(causes.find(self.facts, row))))
        self.connection.execute(
            "create or replace temp table why (no bigint, causes varchar, cause_ja varchar, is_established boolean, "
            "source_ids varchar, sources_ja varchar, hint_ja varchar)"
        )
        for start in range(0, len(said), 1000):
            part = said[start : start + 1000]
            places = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(part))
            self.connection.execute(f"insert into why values {places}", [one for row in part for one in row])  # noqa: S608

    def _told(self, found: Cause) -> tuple[str, str, bool, str | None, str | None, str | None]:
        ids = " ".join(found.causes)
        shown = [f"{self.facts.files.get(one, one)}（{one}）" for one in found.sources[:3]]
        more = f" ほか{len(found.sources) - 3}件" if len(found.sources) > 3 else ""
        return (
            ids,
            words.cause(ids, found.is_established),
            found.is_established,
            " ".join(found.sources[:MOST_SOURCES]) or None,
            "、".join(shown) + more or None,
            found.hint,
        )

    def _keep(self, shape: Shape) -> None:
        """Write the changes of a table: each row, or their number and the largest."""
        depends = shape.depends(bool(self.facts.rules))
        on = " and ".join(f"({sql}) is not distinct from combination.{name}" for name, sql in depends.items())
        keys = ", ".join(identifier(one) for one in shape.keys)
        limit = "true" if shape.is_whole else f"(of_cause <= {FOLD} or place <= {LARGEST})"
        town, plan, kpi, year = (f"kept.{one}" if one in shape.keys else "null" for one in (*KPI, "fiscal_year"))
        self.connection.execute(
            f"""
            create or replace temp table placed as
            select moved.*, why.*, {shape.lead()} as lead,
                count(*) over same as of_cause,
                row_number() over (same order by {shape.size()} desc nulls last, {keys}) as place
            from moved
            inner join combination on {on}
            inner join why on combination.no = why.no
            window same as (partition by change, causes, why.is_established, why.source_ids)
            """  # noqa: S608
        )
        self.connection.execute("drop table moved")
        self.connection.execute(
            f"""
            insert into made_change by name
            select {quoted(shape.table)} as table_name, change, 1 as n_rows, {town}::varchar as municipality_code,
                {plan}::varchar as plan_id, {kpi}::varchar as kpi_id, try_cast({year} as integer) as fiscal_year,
                {shape.key_ja()} as key_ja, {shape.key_json()} as row_key, lead as column_name,
                {shape.value("a")} as value_before, {shape.value("b")} as value_after, of_unit as unit,
                {shape.n_columns()} as n_columns, {shape.columns_moved()} as columns_moved,
                causes, cause_ja, is_established, source_ids, sources_ja, hint_ja
            from (from placed where {limit}) as kept {shape.named()}
            """  # noqa: S608
        )
        if shape.is_whole:
            return
        towns = f"count(distinct {town})" if town != "null" else "0"
        self.connection.execute(
            f"""
            insert into made_change by name
            select {quoted(shape.table)} as table_name, change, count(*) as n_rows,
                concat(count(*), '行', case when {towns} > 0 then concat('（', {towns}, '団体）') end) as key_ja,
                0 as n_columns, causes, any_value(cause_ja) as cause_ja, is_established, source_ids,
                any_value(sources_ja) as sources_ja, any_value(hint_ja) as hint_ja
            from placed as kept where of_cause > {FOLD}
            group by change, causes, is_established, source_ids
            """  # noqa: S608
        )

    def number(self) -> None:
        """Numbers, names of columns, and the release compared with."""
        first = ", ".join(quoted(one) for one in FIRST)
        for database in (self.a, self.b):
            self.connection.execute(
                """
                update made_change set column_ja = said.name
                from (
                    select table_name, column_name,
                        regexp_extract(regexp_extract(comment, '^(.*?) / ', 1), '^[^（。：:]+') as name
                    from duckdb_columns() where database_name = ? and schema_name = 'main' and comment is not null
                ) as said
                where made_change.table_name = said.table_name and made_change.column_name = said.column_name
                    and said.name <> ''
                """,
                [database],
            )
        self.connection.execute(
            f"""
            create or replace temp table made_change as
            select * replace (
                row_number() over (order by coalesce(nullif(list_position([{first}], table_name), 0), 99), table_name,
                    n_rows = 1, municipality_code nulls first, plan_id nulls first, kpi_id nulls first, fiscal_year,
                    row_key, change, causes, source_ids nulls first, column_name)::integer as change_no,
                coalesce(column_ja, column_name) as column_ja,
                {quoted(self.previous[0][0] or "")} as previous_release_id
            )
            from made_change order by change_no
            """  # noqa: S608
        )
