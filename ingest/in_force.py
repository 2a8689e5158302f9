"""Which version of a figure is in force: one written rule, before projection and warehouse alike.

Holds: the schema `delivered` (every delivered figure, corrected where a correction is declared, with its rank among the
versions of itself) and the schema `in_force` (one row per figure). Does not hold: corrections, or which of two tables
counts where both tell one fact (a survey and a series): that is said where the two are put together.

The rule. Figures with one key (CORRECTABLE) are versions of one figure. The settled status wins (final or revised over
preliminary over estimated ...; a correction does not make a figure more settled than it was published); then the value
that was received last. Deliveries that say the same are one version of it, whoever came first. A delivery counts as
received when its bytes came last (raw.delivery.received_order), so the original that is sent again after a wrong
correction is in force again. A withdrawn delivery is not among the files of `raw` at all.

Nothing but this module and ingest.corrections reads the figures of `raw` and `corrected`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.corrections import CORRECTABLE

if TYPE_CHECKING:
    import duckdb

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


def status_rank(column: str) -> str:
    """SQL: the rank of a value_status."""
    cases = " ".join(f"when '{status}' then {rank}" for status, rank in STATUS_RANK.items())
    return f"case {column} {cases} else 0 end"


def expose(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the schemas `delivered` and `in_force` over `corrected` and raw.delivery.

    delivered.<table>: the columns of the raw table but value_raw, and
    version_rank, 1 for the row in force, counted through all rows of one key; value_rank, the same through its values
    (1 for every row that says what is in force); settled_rank, how settled its published status is.
    in_force.<table>: the rows with version_rank 1.
    """
    connection.execute("create schema if not exists delivered")
    connection.execute("create schema if not exists in_force")
    for table in CORRECTABLE:
        connection.execute(f"drop table if exists delivered.{table} cascade")
        connection.execute(f"create table delivered.{table} as {delivered(table)}")
        connection.execute(
            f"create or replace view in_force.{table} as "  # noqa: S608 our own names
            f"select * from delivered.{table} where version_rank = 1"
        )


def delivered(table: str) -> str:
    """SQL: every delivered row of a table of figures with its ranks (see `expose`)."""
    keys, figure = CORRECTABLE[table]
    key = ", ".join(f"one.{name}" for name in keys)
    settled = status_rank("one.published_status")
    return f"""
        with received as (
            select
                one.* exclude (value_raw, published_status),
                {settled} as settled_rank,
                max(delivery.received_order) over (partition by {key}, {settled}, one.{figure}) as value_order
            from corrected.{table} as one
            left join raw.delivery as delivery on one.source_id = delivery.source_id
        )
        select
            * exclude (value_order),
            cast(dense_rank() over (
                partition by {", ".join(keys)} order by settled_rank desc, value_order desc
            ) as integer) as value_rank,
            cast(row_number() over (
                partition by {", ".join(keys)}
                order by settled_rank desc, value_order desc, source_id, sheet, "row"
            ) as integer) as version_rank
        from received
    """  # noqa: S608 our own names
