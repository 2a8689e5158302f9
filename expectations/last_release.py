"""The candidate against the last release: what was published is not lost and does not move without a cause.

Holds: the comparison, one outcome per rule, each with findings that a named person may let pass. Does not hold: which
release is the last (the caller says), or the report of what moved (publication.changes).

A release that cannot be compared is not published. Nothing is compared with a trial on samples once the home's own
deliveries are there, nor with a release of a later as-of date: those hold other things by intention.

A figure that a delivery gave moves only with a cause: another delivery, a withdrawal, a declared correction. How far a
closed period may move between two deliveries: the count of the census of 2015 moved from preliminary to final by 6.9 %
in 粟国村 (49 persons) and by 1.7 % at most elsewhere, so 5 % and 100 persons lie above every real case; yearly visitor
files revise two months of twelve. The shares for flows and donations, and for derived totals, are settings that no real
pair of deliveries was at hand to measure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb

from sousei.expectations.grain import grain
from sousei.expectations.outcome import EXAMPLES, Finding, Outcome, go_aheads, how_to_let_pass
from sousei.expectations.owners import OPERATOR
from sousei.foundation import duck

MADE = "the_candidate_was_compared_with_the_last_release"
SOURCES = "published_deliveries_are_kept"
CHECKS = "published_checks_are_kept"
LOST = "published_figures_are_kept"
CAUSE = "published_figures_move_with_a_cause"
FAR = "closed_figures_move_within_their_rule"
RETIRED_CHECKS: frozenset[str] = frozenset()
"""Checks that the product gave up on purpose, with an entry in CHANGELOG.md."""

RULES = {
    MADE: ("前の公表版との比較ができること", "前の公表版（sousei verify）と実行記録を確かめる。"),
    SOURCES: (
        "公表に使った資料がすべて残っていること",
        "なくなった資料を landing に戻す。使わないなら sousei withdraw で取り下げる。",
    ),
    CHECKS: ("公表時の検査がすべて残っていること", "外れた検査が意図したものか、プログラムの変更を確かめる。"),
    LOST: ("公表した数値が一つも失われないこと", "失われた数値の資料と、新しく届いた資料を見比べる。"),
    CAUSE: (
        "同じ資料の数値が理由なく動かないこと",
        "プログラムの変更で読み方が変わっていないか、原資料と見比べる。",
    ),
    FAR: (
        "終わった期間の数値が、決まった幅を超えて動かないこと",
        "新しい資料を公表元の資料と見比べる。誤りなら正しい資料を届けるか sousei withdraw で取り下げる。",
    ),
}
"""What each rule demands and what to do; all of them stop publication."""


BACK = (
    "前の版のプログラムに戻したのなら、決裁の行を加えず、sousei release use で前のプログラムの公表版に戻してください。"
)
"""What an older program finds missing in its night after a newer one's."""


class Delivered(NamedTuple):
    """A mart of delivered figures and how far a closed figure may move between two deliveries.

    figures: columns compared. of: what one comparison is about, besides the municipality. part: the share of the old
    sum by which the figures of one comparison may move together; least: a smaller movement never counts.
    """

    figures: tuple[str, ...]
    of: tuple[str, ...]
    part: float
    least: int


DELIVERED = {
    "fct_population": Delivered(("population_persons",), ("series", "scope", "as_of_date"), 0.05, 100),
    "mart_population_ward": Delivered(("population_persons",), ("series", "scope", "as_of_date"), 0.05, 100),
    "fct_population_change": Delivered(("persons",), ("series", "scope", "period_start", "period_end"), 0.25, 50),
    "fct_furusato_donation": Delivered(("donation_jpy", "donation_count"), ("fiscal_year",), 0.5, 1_000_000),
}
VISITORS = "fct_tourism_visitors"
DERIVED = {
    "mart_population_vision": ("total_persons", "scenario_id <> 'plan' and vintage not like '%plan%'"),
    "mart_population_refresh": ("refreshed_persons", "measure = 'total'"),
}
"""Figures that follow from many deliveries: a total may not change by a quarter while the program is the same."""
BY_ANOTHER_DELIVERY = (
    "a.source_id <> b.source_id and a.source_id not in (from gone) "
    "and (b.source_id, a.municipality_code) not in (select source_id, municipality_code from corrected)"
)
"""A figure (a before, b now) that another delivery gives now, with neither a withdrawal nor a correction behind it."""
OF_PUBLICATION = frozenset({"meta_release", "meta_check_outcome", "meta_check_finding", "meta_change"})
"""Tables that a release has and a candidate has not yet."""
MAY_GO = frozenset(
    {
        "mart_population_integer",
        "meta_source",
        "meta_correction",
        "meta_decision",
        "meta_upstream",
        "dim_grade_rule",
        "mart_fund",
        "mart_kpi_missing",
        "mart_kpi_register_count",
        "mart_kpi_summary",
        "mart_measure",
        "mart_plan_body",
        "mart_project",
    }
)
"""Whole persons are shown for the towns of a small home or with a plan: a national table takes the others out. What is
asked for goes when it is answered, a grade when it changes, and a new edition of a plan says anew what it holds."""


def outcomes(
    connection: duckdb.DuckDBPyConnection,
    last: Path | None,
    run_checks: Iterable[str],
    unmoved: Collection[str] = (),
) -> tuple[list[Outcome], list[Finding]]:
    """One outcome per rule of RULES, and the findings that no go-ahead lets pass.

    connection: on the candidate, read-only. last: DuckDB file of the last release, None before the first. run_checks:
    ids of the checks of this run. unmoved: tables that are known to be the same in both; their rows are not compared.
    """
    try:
        said, findings = _compare(connection, last, set(run_checks), frozenset(unmoved))
    except duckdb.Error as error:
        fault = str(error).splitlines()[0]
        return [_outcome(rule, None, [], f"比べられませんでした: {fault}") for rule in RULES], []
    given = go_aheads(connection)
    made, stopping = [], []
    for rule in RULES:
        mine = [one for one in findings if one.rule == rule]
        left = [one for one in mine if (rule, one.fact) not in given]
        let_pass = len(mine) - len(left)
        stopping += left
        made.append(_outcome(rule, said if rule == MADE else str(len(left)), left, let_pass=let_pass))
    return made, stopping


def _outcome(rule: str, observed: str | None, left: list[Finding], fault: str = "", let_pass: int = 0) -> Outcome:
    ja, action = RULES[rule]
    passed = observed is not None and not left
    message = f"決裁により{let_pass}件を受け入れました。" if let_pass and passed else None
    if not passed:
        texts = "; ".join(one.text_ja for one in left[:EXAMPLES])
        more = f" ほか{len(left) - EXAMPLES}件" if len(left) > EXAMPLES else ""
        back = BACK if rule == CHECKS and left else ""
        message = f"{ja}が満たされていません。{fault or texts + more} {back}{how_to_let_pass(left)}".strip()
    return Outcome(rule, "release", "gate", "release", passed, observed, ja, len(left), OPERATOR, action, message)


def _compare(
    connection: duckdb.DuckDBPyConnection, last: Path | None, run_checks: set[str], unmoved: frozenset[str]
) -> tuple[str, list[Finding]]:
    if last is None:
        return "最初の公表版", []
    connection.execute(f"attach {duck.quoted(str(last))} as last_release (read_only)")
    try:
        ((name, code),) = connection.execute(
            "select release_id, code_version from last_release.main.meta_release"
        ).fetchall()
        ((now, new_code),) = connection.execute("select as_of_date, code_version from raw.run").fetchall()
        if said := why_not_compared(connection, "last_release.main", "main", now):
            return said, []
        _causes(connection)
        return name, list(_findings(connection, run_checks, "" if code == new_code else new_code, unmoved))
    finally:
        connection.execute("detach last_release")


def why_not_compared(connection: duckdb.DuckDBPyConnection, last: str, new: str, as_of: date) -> str | None:
    """Why a release, or what is to be one, of the as-of date is not compared with the last; None where it is.

    last, new: their schemas in the connection. Raises duckdb.Error where the last cannot be read.
    """
    ((name, before),) = connection.execute(f"select release_id, as_of_date from {last}.meta_release").fetchall()  # noqa: S608
    if _is_trial(connection, last) and not _is_trial(connection, new):
        return f"{name} は見本による試行"
    return f"{name} の基準日 {before} より前の実行" if as_of < before else None


def _is_trial(connection: duckdb.DuckDBPyConnection, schema: str) -> bool:
    if "origin" not in _columns(connection, schema, "meta_source"):
        return False
    found = connection.execute(f"select bool_or(origin = 'samples') from {schema}.meta_source").fetchall()  # noqa: S608
    return bool(found[0][0])


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    """The columns of a table, none where there is no such table. (The catalogue would list those of all tables.)"""
    try:
        described = connection.execute(f"select * from {schema}.{table} limit 0").description  # noqa: S608 our own names
    except duckdb.CatalogException:
        return []
    return [str(name) for name, *_ in described or []]


def _causes(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp tables: `gone`, deliveries of the last release that were withdrawn since; `corrected`, delivery and
    municipality of every declared correction of either."""
    connection.execute(
        "create or replace temp table gone as select source_id from main.meta_source where verdict = 'withdrawn'"
    )
    both = [
        f"select source_id, municipality_code from {schema}.meta_correction"  # noqa: S608 our own names
        for schema in ("main", "last_release.main")
        if _columns(connection, schema, "meta_correction")
    ]
    empty = "select null::varchar as source_id, null::varchar as municipality_code where false"
    connection.execute(f"create or replace temp table corrected as {' union '.join([empty, *both])}")


def _findings(
    connection: duckdb.DuckDBPyConnection, run_checks: set[str], new_code: str, unmoved: frozenset[str]
) -> Iterator[Finding]:
    rows = connection.execute(
        "select source_id, file_name from last_release.main.meta_source where verdict = 'taken' and source_id not in "
        "(select source_id from main.meta_source where verdict = 'taken') and source_id not in (from gone) order by all"
    ).fetchall()
    for source_id, file_name in rows:
        yield Finding(SOURCES, source_id, f"{file_name}（{source_id}）が使われていません")
    rows = connection.execute(
        "select distinct check_id from last_release.main.meta_check_outcome where kind in ('dbt', 'gx') order by 1"
    ).fetchall()
    for (check_id,) in rows:
        if check_id not in run_checks | RETIRED_CHECKS:
            yield Finding(CHECKS, check_id, f"検査 {check_id} がありません")
    tables, here = (set(duck.tables_of(connection, name)) for name in ("last_release", None))
    for table in sorted(tables - here - OF_PUBLICATION):
        yield Finding(LOST, f"{table} {new_code}".strip(), f"表 {table} がありません")
    both = tables & here - unmoved
    for table in sorted(both & set(grain(connection, "main")) - MAY_GO):
        yield from _lost(connection, table, new_code)
    for table, one in DELIVERED.items():
        if table in both:
            yield from _without_cause(connection, table, one, new_code)
            yield from _far(connection, table, one)
    if VISITORS in both:
        yield from _without_cause(connection, VISITORS, Delivered(("visitors",), ("month",), 0, 0), new_code)
        yield from _visitors_far(connection)
    if not new_code:
        for table, (figure, where) in DERIVED.items():
            if table in both:
                yield from _derived_far(connection, table, figure, where)


def _shared(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[set[str], list[str]]:
    """The columns that both have, and the key columns among them."""
    columns = set(_columns(connection, "last_release.main", table)) & set(_columns(connection, "main", table))
    return columns, [name for name in grain(connection, "main")[table] if name in columns]


def _on(keys: Iterable[str]) -> str:
    return " and ".join(f"a.{key} is not distinct from b.{key}" for key in keys)


def _lost(connection: duckdb.DuckDBPyConnection, table: str, new_code: str) -> Iterator[Finding]:
    columns, keys = _shared(connection, table)
    traced = "source_id" in columns and table in {*DELIVERED, VISITORS}
    if not traced and (new_code or connection.execute("select count(*) from gone").fetchall()[0][0]):
        return  # what follows from many deliveries: the program or a withdrawal takes it out
    town = "a.municipality_code" if "municipality_code" in columns else "null::varchar"
    source = "a.source_id" if traced else "null::varchar"
    rows = connection.execute(
        f"""
        select {source} as source_id, count(*) as n, min({town}) as town, count(distinct {town}) as n_towns
        from last_release.main.{table} as a
        anti join main.{table} as b on {_on(keys)}
        where {source} is null or (
            {source} not in (from gone)
            and ({source}, {town}) not in (select source_id, municipality_code from corrected)
        )
        group by all having count(*) > 0 order by all
        """  # noqa: S608 names from the catalogue
    ).fetchall()
    for source_id, n, code, n_towns in rows:
        fact = " ".join(part for part in (table, source_id, f"rows={n}", new_code) if part)
        of = f"{source_id} の" if source_id else ""
        yield Finding(LOST, fact, f"{table}: {of}{n}行（{n_towns}団体、例 {code or '-'}）が失われます")


def _without_cause(
    connection: duckdb.DuckDBPyConnection, table: str, one: Delivered, new_code: str
) -> Iterator[Finding]:
    _, keys = _shared(connection, table)
    moved = " or ".join(f"a.{figure} is distinct from b.{figure}" for figure in one.figures)
    rows = connection.execute(
        f"""
        select a.source_id, count(*) as n, min(a.municipality_code) as town,
            any_value(concat_ws(' → ', a.{one.figures[0]}, b.{one.figures[0]})) as moved
        from last_release.main.{table} as a
        inner join main.{table} as b on {_on(keys)}
        where a.source_id = b.source_id and ({moved})
            and (a.source_id, a.municipality_code) not in (select source_id, municipality_code from corrected)
        group by all order by all
        """  # noqa: S608 our own names
    ).fetchall()
    for source_id, n, code, text in rows:
        fact = " ".join(part for part in (table, source_id, f"rows={n}", new_code) if part)
        yield Finding(CAUSE, fact, f"{table}: 同じ資料 {source_id} の{n}行の数値が動きます（例 {code} {text}）")


def _far(connection: duckdb.DuckDBPyConnection, table: str, one: Delivered) -> Iterator[Finding]:
    _, keys = _shared(connection, table)
    of = [name for name in one.of if name in keys]
    for figure in one.figures:
        rows = connection.execute(
            f"""
            with moved as (
                select b.source_id, a.municipality_code, {", ".join(f"a.{name}" for name in of)},
                    sum(abs(a.{figure} - b.{figure})) as moved, sum(a.{figure}) as before, sum(b.{figure}) as after
                from last_release.main.{table} as a
                inner join main.{table} as b on {_on(keys)}
                where {BY_ANOTHER_DELIVERY}
                group by all
            )
            select source_id, count(*) as n, min(municipality_code) as town,
                arg_min(concat_ws(' ', municipality_code, {", ".join(of)}, before || ' → ' || after),
                    municipality_code) as example
            from moved where moved > {one.least} and moved > {one.part} * before
            group by all order by all
            """  # noqa: S608 our own names
        ).fetchall()
        for source_id, n, _, example in rows:
            yield Finding(
                FAR,
                f"{table} {figure} {source_id} n={n}",
                f"{table}: 新しい資料 {source_id} で{n}件が{one.part:.0%}を超えて動きます（例 {example}）",
            )


def _visitors_far(connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Of one new file: three figures or more, and over a fifth of what it replaces, move by half or more."""
    _, keys = _shared(connection, VISITORS)
    rows = connection.execute(
        f"""
        select b.source_id,
            count(*) filter (where abs(a.visitors - b.visitors) > 0.5 * a.visitors) as n, count(*) as n_compared,
            min(concat_ws(' ', a.municipality_code, a.month, a.visitors || ' → ' || b.visitors))
                filter (where abs(a.visitors - b.visitors) > 0.5 * a.visitors) as example
        from last_release.main.{VISITORS} as a
        inner join main.{VISITORS} as b on {_on(keys)}
        where {BY_ANOTHER_DELIVERY}
        group by all having n >= 3 and n > 0.2 * n_compared order by all
        """  # noqa: S608 our own names
    ).fetchall()
    for source_id, n, n_compared, example in rows:
        said = f"新しい資料 {source_id} で、{n_compared}件のうち{n}件が半分以上動きます（例 {example}）"
        yield Finding(FAR, f"{VISITORS} visitors {source_id} n={n}", f"{VISITORS}: {said}")


def _derived_far(connection: duckdb.DuckDBPyConnection, table: str, figure: str, where: str) -> Iterator[Finding]:
    _, keys = _shared(connection, table)
    named = ", ".join(f"a.{name}" for name in keys)
    rows = connection.execute(
        f"""
        with a as (from last_release.main.{table} where {where})
        select a.municipality_code, count(*) as n,
            min(concat_ws(' ', {named}, round(a.{figure}) || ' → ' || round(b.{figure}))) as example
        from a inner join main.{table} as b on {_on(keys)}
        where abs(a.{figure} - b.{figure}) > 100 and abs(a.{figure} - b.{figure}) > 0.25 * a.{figure}
        group by all order by all
        """  # noqa: S608 our own names
    ).fetchall()
    for code, n, example in rows:
        yield Finding(FAR, f"{table} {code} n={n}", f"{table}: {code} の{n}行が4分の1を超えて動きます（例 {example}）")
