"""Which version of a figure is in force: one written rule, before projection and warehouse alike.

Holds: the schema `delivered` (every delivered figure, corrected where a correction is declared, with its rank among the
versions of itself) and the schema `in_force` (one row per figure). Does not hold: corrections, or which of two tables
counts where both tell one fact (a survey and a series): that is said where the two are put together.

The rule. Figures with one key (tables.yaml) are versions of one figure. The settled status wins (final or revised over
preliminary over estimated ...; a correction does not make a figure more settled than it was published); then the value
that was received last. Deliveries that say the same are one version of it, whoever came first. A delivery counts as
received when its bytes came last (raw.delivery.received_order), so the original that is sent again after a wrong
correction is in force again. A withdrawn delivery is not among the files of `raw` at all.

Rows of our own forms are versions by their key too. A plan register counts whole: of one municipality and plan the
workbook that was received last. A row of a section report counts until a later one has its key; rows that are put
aside (raw.row_aside) are no version of anything.

Nothing but this module and ingest.decided.corrections reads the figures of `raw` and `corrected`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING

from sousei.foundation.duck import facts_of, quoted
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.tables import FIGURES, FILLED_IN, RAW_TABLES, figure_of, key_of, schema_of

if TYPE_CHECKING:
    import duckdb

    from sousei.ingest.contract.model import Breakdown

STATUS_RANK = {
    "final": 5,
    "revised": 5,
    "preliminary": 4,
    "estimated": 3,
    "projected": 2,
    "suppressed": 1,
    "not_reported": 0,
}
"""How settled a figure is; the highest wins."""


NOT_CARRIED = ("area_name", "value_raw")
"""Columns of raw that say how a row was written; source_id, sheet, row and column_label lead to them."""


EDITIONS = {
    "ipss_2013": dt.date(2013, 3, 27),
    "ipss_2018": dt.date(2018, 3, 30),
    "ipss_2023": dt.date(2023, 12, 22),
}
"""Day on which IPSS published each edition of its municipal projection (日本の地域別将来推計人口)."""


def known_on(table: str, day: dt.date) -> str:
    """SQL: the condition on the rows of a raw table that could be known on a day that has passed: typed figures of a
    period that had ended (projections stand for days to come), and editions of a projection that were published.
    Deliveries of counted figures are left out whole (raw.read)."""
    later = ", ".join(f"'{edition}'" for edition, published in EDITIONS.items() if published > day) or "''"
    if table == "reference_series":
        return f"(value_status = 'projected' or period_end <= date '{day}') and series not in ({later})"
    return f"vintage not in ({later})" if table == "ipss_population" else "true"


def status_rank(column: str) -> str:
    """SQL: the rank of a value_status."""
    cases = " ".join(f"when '{status}' then {rank}" for status, rank in STATUS_RANK.items())
    return f"case {column} {cases} else 0 end"


def expose(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the schemas `delivered` and `in_force` over `corrected` and raw.delivery.

    delivered.<table>: the columns of the raw table but NOT_CARRIED, and version_rank, 1 for the row in force, counted
    through all rows of one key; value_rank, the same through its values (1 for every row that says what is in force);
    settled_rank, how settled its published status is.
    in_force.<table>: the rows with version_rank 1.
    A table of figures that stands already, made from the same by the same SQL, is left as it is.
    """
    connection.execute("create schema if not exists delivered")
    connection.execute("create schema if not exists in_force")
    for table in FIGURES:
        key = _made_from(connection, table)
        if key is None or key != _key_of_standing(connection, table):
            connection.execute(f"drop table if exists delivered.{table} cascade")
            connection.execute(f"create table delivered.{table} as {delivered(table)}")
            connection.execute(f"comment on table delivered.{table} is {quoted(key or '')}")
        connection.execute(
            f"create or replace view in_force.{table} as "  # noqa: S608 our own names
            f"select * from delivered.{table} where version_rank = 1"
        )
    for table in FILLED_IN:
        connection.execute(f"drop table if exists delivered.{table} cascade")
        connection.execute(f"create table delivered.{table} as {filled_in(table)}")
        connection.execute(
            f"create or replace view in_force.{table} as "  # noqa: S608 our own names
            f"select * exclude (version_rank, received_order) from delivered.{table} where version_rank = 1"
        )


def _made_from(connection: duckdb.DuckDBPyConnection, table: str) -> str | None:
    """A hash of all that delivered.<table> is made from: its SQL, the rows, and which of their deliveries came last.
    None for a table in which small numbers are hidden afterwards (ingest.small_numbers)."""
    if any(told.table == table for told in _breakdowns()):
        return None
    order = connection.execute(
        f"select source_id, received_order from raw.delivery where source_id in (select source_id from raw.{table}) "  # noqa: S608
        "order by all"
    ).fetchall()
    told = json.dumps([delivered(table), facts_of(connection, ("corrected", table)), order])
    return hashlib.sha256(told.encode()).hexdigest()


def _key_of_standing(connection: duckdb.DuckDBPyConnection, table: str) -> str | None:
    """The hash that delivered.<table> was made with, None where it does not stand."""
    found = connection.execute(
        "select comment from duckdb_tables() where schema_name = 'delivered' and table_name = ?", [table]
    ).fetchall()
    return str(found[0][0]) if found else None


def _breakdowns() -> list[Breakdown]:
    """Breakdowns of counts: small numbers are hidden in their tables afterwards (ingest.small_numbers)."""
    return [told for one in all_contracts() for told in one.breakdowns]


def filled_in(table: str) -> str:
    """SQL: every row of a sheet of our own forms that is not put aside, with received_order of its workbook and
    version_rank, 1 for the rows in force; beside counts in a breakdown a value_status."""
    told = RAW_TABLES[table]
    status = _status(table)
    aside = """anti join raw.row_aside as aside
            on one.source_id = aside.source_id and one.sheet = aside.sheet and one.row = aside.row"""
    if told.is_whole:
        return f"""
            with edition as (
                select
                    plan.source_id,
                    delivery.received_order,
                    cast(rank() over (
                        partition by plan.municipality_code, plan.plan_id order by delivery.received_order desc
                    ) as integer) as version_rank
                from raw.plan_register_plan as plan
                inner join raw.delivery as delivery on plan.source_id = delivery.source_id
            )
            select one.*{status}, edition.received_order, edition.version_rank
            from raw.{table} as one
            inner join edition on one.source_id = edition.source_id
            {aside}
        """  # noqa: S608 our own names
    return f"""
        select
            one.*{status},
            delivery.received_order,
            cast(row_number() over (
                partition by {", ".join(f"one.{name}" for name in told.row_key)}
                order by delivery.received_order desc, one.source_id, one.sheet, one.row
            ) as integer) as version_rank
        from raw.{table} as one
        inner join raw.delivery as delivery on one.source_id = delivery.source_id
        {aside}
    """  # noqa: S608 our own names


def _status(table: str) -> str:
    """SQL: a column value_status beside the count of a breakdown whose form asks for none."""
    counts = [told.count for told in _breakdowns() if told.table == table]
    if not counts or "value_status" in RAW_TABLES[table].schema:
        return ""
    return f", if(one.{counts[0]} is null, 'not_reported', 'final') as value_status"


def delivered(table: str) -> str:
    """SQL: every delivered row of a table of figures with its ranks (see `expose`).

    Most figures come once: only keys that may have come more often (equal hashes) are put in order, which is several
    times quicker on the tables of the whole country.
    """
    keys, figure = key_of(table), figure_of(table)
    key, settled = ", ".join(keys), status_rank("published_status")
    without = [name for name in NOT_CARRIED if name in schema_of(table)] + ["published_status"]
    return f"""
        with one as (
            select * exclude ({", ".join(without)}), {settled} as settled_rank, hash({key}) as key_hash
            from corrected.{table}
        ),
        again as (
            select key_hash from one group by key_hash having count(*) > 1
        ),
        received as (
            select
                one.*,
                max(delivery.received_order) over (partition by {key}, settled_rank, {figure}) as value_order
            from one
            inner join again using (key_hash)
            left join raw.delivery as delivery on one.source_id = delivery.source_id
        )
        select * exclude (key_hash), cast(1 as integer) as value_rank, cast(1 as integer) as version_rank
        from one
        where key_hash not in (select key_hash from again)
        union all
        select
            * exclude (key_hash, value_order),
            cast(dense_rank() over (
                partition by {key} order by settled_rank desc, value_order desc
            ) as integer) as value_rank,
            cast(row_number() over (
                partition by {key} order by settled_rank desc, value_order desc, source_id, sheet, "row"
            ) as integer) as version_rank
        from received
    """  # noqa: S608 our own names
