"""The forms of a check, and what several subjects say in the same words.

Holds: the shapes Frame and Check, one function per form of check, coverage, wordings of actions that subjects share.
Does not hold: a check of any subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sousei.expectations.owners import OPERATOR, STATISTICS

Severity = Literal["gate", "warn", "review"]

READ_AGAIN = (
    "該当ファイルと読取定義（ingest/sources）を確認し、誤りを正して再実行する。正しい値なら基準値を理由とともに改める。"
)
FIX_MODEL = "該当するモデル（dbt_project/models）を直し、再実行する。"
LOOK_AT_FIGURE_FIRST = (
    "まず示されたファイルと行の値を原資料と照合し、違えば正しいファイルを届け直す（誤った値が届くと計算が成り立たないことがある）。"
    "値が正しいときに限り、" + FIX_MODEL
)


@dataclass(frozen=True)
class Frame:
    """What one suite looks at.

    `grain` says what one row is; `keys` are the columns that name a failing row to a person (source_id, sheet and row
    lead back to the delivered cell); the frame may be empty only where all of `fed_by` are (raw tables by name, or
    what stands behind `from`), and must be empty then where `and_nothing_else` feeds it.
    """

    name: str
    table: str
    grain: str
    sql: str
    keys: tuple[str, ...]
    fed_by: tuple[str, ...] = ()
    and_nothing_else: bool = False


@dataclass(frozen=True)
class Check:
    """One expectation on one frame; `expectation` is the class name in great_expectations.expectations."""

    check_id: str
    frame: Frame
    severity: Severity
    expectation: str
    arguments: dict[str, Any]
    description_ja: str
    why: str
    owner_ja: str
    action_ja: str

    @property
    def table(self) -> str:
        return self.frame.table


def rows(check_id: str, frame: Frame, largest: int, description_ja: str, why: str) -> Check:
    """The frame has a row, and no more than `largest`."""
    return Check(
        check_id,
        frame,
        "gate",
        "ExpectTableRowCountToBeBetween",
        {"min_value": 1, "max_value": largest},
        description_ja,
        why
        + " 空の表は他のすべての検査を通ってしまうため、下限は1行。元ファイルが一つも届いていない表だけは0行でもよい。",
        OPERATOR,
        "受領ファイルが届いているか、モデルの結合条件で行が消えたり増えたりしていないかを確認する。",
    )


def between(
    check_id: str,
    frame: Frame,
    severity: Severity,
    column: str,
    low: float | None,
    high: float | None,
    description_ja: str,
    why: str,
    owner_ja: str,
    action_ja: str,
) -> Check:
    """Every value lies from `low` to `high`, both included; None leaves an end open."""
    bounds = {key: value for key, value in (("min_value", low), ("max_value", high)) if value is not None}
    expectation, arguments = "ExpectColumnValuesToBeBetween", {"column": column} | bounds
    return Check(check_id, frame, severity, expectation, arguments, description_ja, why, owner_ja, action_ja)


def is_one_of(
    check_id: str,
    frame: Frame,
    severity: Severity,
    column: str,
    values: list[Any],
    description_ja: str,
    why: str,
    owner_ja: str,
    action_ja: str,
) -> Check:
    """Every value is one of `values`."""
    expectation, arguments = "ExpectColumnValuesToBeInSet", {"column": column, "value_set": values}
    return Check(check_id, frame, severity, expectation, arguments, description_ja, why, owner_ja, action_ja)


def is_true(
    check_id: str,
    frame: Frame,
    severity: Severity,
    column: str,
    description_ja: str,
    why: str,
    owner_ja: str,
    action_ja: str,
) -> Check:
    """The column is true in every row."""
    return is_one_of(check_id, frame, severity, column, [True], description_ja, why, owner_ja, action_ja)


def is_part(
    check_id: str,
    frame: Frame,
    severity: Severity,
    part: str,
    whole: str,
    description_ja: str,
    why: str,
    owner_ja: str,
    action_ja: str,
) -> Check:
    """In no row is the column `part` larger than the column `whole`."""
    arguments = {"column_A": whole, "column_B": part, "or_equal": True, "ignore_row_if": "either_value_is_missing"}
    expectation = "ExpectColumnPairValuesAToBeGreaterThanB"
    return Check(check_id, frame, severity, expectation, arguments, description_ja, why, owner_ja, action_ja)


def coverage(
    named_id: str, published_id: str, table: str, raw_tables: tuple[str, ...], kind: tuple[str, str, str], why: str
) -> tuple[Check, Check]:
    """Every municipality that was delivered is in the mart; a merged one counts as published under its successor.

    named_id, published_id: the two checks: files name a plausible number of municipalities (`why`), and each of them is
    published. kind: subject, its files in English and in Japanese.
    """
    subject, files, files_ja = kind
    delivered = " union ".join(
        f"select area_code, min(source_id) as source_id from raw.{name} "  # noqa: S608  table names of the subjects
        "where area_level in ('municipality', 'designated_city') group by area_code"
        for name in raw_tables
    )
    sql = f"""
with delivered as ({delivered}),
successors as (
    select municipality_code, max(successor_code) as successor_code from main.dim_municipality group by all
)

select
    delivered.area_code as municipality_code,
    min(delivered.source_id) as source_id,
    bool_or(
        delivered.area_code in (select municipality_code from main.{table})
        or coalesce(successors.successor_code in (select municipality_code from main.{table}), false)
    ) as is_published
from delivered
left join successors on successors.municipality_code = delivered.area_code
group by delivered.area_code
"""  # noqa: S608
    frame = Frame(
        f"{subject}_coverage",
        table,
        f"one municipality that a {files} file named",
        sql,
        ("municipality_code", "source_id"),
        raw_tables,
        and_nothing_else=True,
    )
    return (
        rows(named_id, frame, 5_000, f"{files_ja}ファイルに載る市区町村の数が妥当である", why),
        is_true(
            published_id,
            frame,
            "gate",
            "is_published",
            f"{files_ja}ファイルに載る市区町村は、本体または合併後の団体として必ず公表表にある",
            "届いた市区町村が公表表から黙って消えてはならない（例外なし）。",
            STATISTICS,
            "市区町村の台帳（seeds/municipalities.csv, municipality_changes.csv）に該当コードがあるか確認する。",
        ),
    )
