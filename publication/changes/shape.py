"""A table that is compared: its keys and figures, and the SQL that follows from them.

Holds: which column leads, what a cause depends on, values, keys in words. Does not hold: the comparison (`compare`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sousei.foundation.duck import identifier, quoted
from sousei.publication.changes import words

KPI = ("municipality_code", "plan_id", "kpi_id")
FIRST = (
    *("mart_kpi_scorecard", "fct_kpi_actual", "dim_kpi", "dim_plan", "mart_population_vision"),
    *("mart_population_actual",),
)
"""Tables in the order in which a reader wants them; the others follow by name."""
LEADING = (
    *("actual_value", "value", "indicator_value", "composed_value", "value_after", "total_persons"),
    *("population_persons", "refreshed_persons", "actual_persons", "persons", "visitors", "donation_jpy"),
    *("target_value", "n_kpi", "grade", "value_status"),
)
"""The figure of a row where it has one of these, in this order; else its first number that moved."""
RATED = frozenset(
    {
        *("grade", "grade_label_ja", "grade_rule_id", "grade_rule_label_ja", "grade_rule_text_ja"),
        *("printed_rate_pct", "attainment_pct", "progress_pct", "milestone_pct", "grade_is_provisional"),
        *("attainment", "progress", "grades_ja", "n_kpi", "n_kpi_graded", "grade_class", "first_grade"),
        *("machine_grade", "machine_grade_label_ja", "is_attainment_reference"),
    }
)
NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "REAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


def in_order(figures: list[str], kinds: dict[str, tuple[str, str]]) -> list[str]:
    """Figures with the leading ones first, then numbers, then the others."""
    leading = [one for one in LEADING if one in figures]
    numbers = [one for one in figures if one not in leading and kinds[one][1].startswith(NUMBERS)]
    return [*leading, *numbers, *(one for one in figures if one not in leading and one not in numbers)]


OF_CODES = "dim_code"
"""The table whose keys are codes and names of columns themselves: what a code stands for depends on its column, and its
words are another column of the row."""


class Shape(NamedTuple):
    """A table that is compared and the SQL that depends on its columns; relations: a, b, then moved, then kept."""

    table: str
    keys: list[str]
    figures: list[str]
    kinds: dict[str, tuple[str, str]]

    @property
    def lineage(self) -> list[str]:
        return [one for one in ("source_ids", "source_id") if one in self.kinds]

    @property
    def has_years(self) -> bool:
        return {*KPI, "fiscal_year"} <= set(self.keys) and self.table != "fct_kpi_actual"

    @property
    def is_whole(self) -> bool:
        return "kpi_id" in self.keys or self.table in FIRST

    def compared(self, letter: str, column: str) -> str:
        """A figure as it is compared: numbers as such, other kinds that differ in type as text."""
        left, right = self.kinds[column]
        as_it_is = left == right or (left.startswith(NUMBERS) and right.startswith(NUMBERS))
        return f"{letter}.{identifier(column)}" + ("" if as_it_is else "::varchar")

    def _moved(self, column: str) -> str:
        a, b = identifier("a " + column), identifier("b " + column)
        left, right = self.kinds[column]
        if left == right or (left.startswith(NUMBERS) and right.startswith(NUMBERS)):
            return f"{a} is distinct from {b}"
        return f"{a}::varchar is distinct from {b}::varchar"

    def _text(self, letter: str, column: str) -> str:
        """A value as text; a decimal without zeros at its end. The number before one that is hidden now is not told
        again."""
        text = self._told(letter, column)
        if letter == "a" and "value_status" in self.figures and self.kinds[column][0].startswith(NUMBERS):
            hidden = f"{identifier('b value_status')} = 'suppressed' and {identifier('b ' + column)} is null"
            return f"case when not coalesce({hidden}, false) then {text} end"
        return text

    def _told(self, letter: str, column: str) -> str:
        name, kind = identifier(f"{letter} {column}"), self.kinds[column][letter == "b"]
        if kind.startswith("DECIMAL") and "," in kind and not kind.endswith(",0)"):
            return f"regexp_replace({name}::varchar, '\\.?0+$', '')"
        return f"{name}::varchar"

    def depends(self, has_rules: bool) -> dict[str, str]:
        """What a cause depends on, as columns of `moved`: name -> SQL (in the order of causes.Row)."""
        leading = [one for one in LEADING if one in self.figures and self.kinds[one][1].startswith(NUMBERS)]
        had = f"{identifier('a ' + leading[0])} is not null" if leading else "true"
        town, plan, kpi, year = "null::varchar", "null::varchar", "null::varchar", "null::integer"
        if "municipality_code" in self.keys:
            town = "case when municipality_code in (select municipality_code from told_town) then municipality_code end"
        if {"municipality_code", "plan_id"} <= set(self.keys):
            plan = (
                "case when (municipality_code, plan_id) in (select (municipality_code, plan_id) from told_plan) "
                "or (municipality_code, plan_id) in (select (municipality_code, plan_id) from told_kpi) "
                "then plan_id else '' end"
            )
        if set(KPI) <= set(self.keys):
            told = "(municipality_code, plan_id, kpi_id) in (select (municipality_code, plan_id, kpi_id) from told_kpi)"
            kpi = f"case when {told} then kpi_id else '' end"
            town = f"case when {told} then municipality_code else {town} end"
            year = f"case when {told} then try_cast(fiscal_year as integer) end" if "fiscal_year" in self.keys else year
        return {
            "of_change": "moved.change",
            "had_value": had,
            "is_rated": self._rated(has_rules),
            "before": "moved.ids_a",
            "after": "moved.ids_b",
            "town": town,
            "plan": plan,
            "kpi": kpi,
            "of_year": year,
        }

    def _rated(self, has_rules: bool) -> str:
        """SQL: a rule of grading can have moved the row."""
        if self.table == "dim_grade_rule":
            return "true"
        rated = [self._moved(one) for one in self.figures if one in RATED]
        if not rated:
            return "false"
        other = self._moved("grade_rule_id") if "grade_rule_id" in self.figures else "false"
        return f"({' or '.join(rated)}) and ({'true' if has_rules else other})"

    def lead(self) -> str:
        """SQL: the leading column that moved; of a row that came or went the first figure that it has."""
        if not self.figures:
            return "null::varchar"
        cases = [
            f"when change = 'changed' and {self._moved(one)} or change = 'added' and "
            f"{identifier('b ' + one)} is not null or change = 'removed' and {identifier('a ' + one)} is not null "
            f"then {quoted(one)}"
            for one in self.figures
        ]
        return f"case {' '.join(cases)} end"

    def size(self) -> str:
        """SQL: how far the first number moved; what a row that came or went holds."""
        numbers = [one for one in self.figures if all(kind.startswith(NUMBERS) for kind in self.kinds[one])]
        if not numbers:
            return "0"
        a, b = identifier("a " + numbers[0]), identifier("b " + numbers[0])
        return f"abs(coalesce({b}, 0)::double - coalesce({a}, 0)::double)"

    def value(self, letter: str) -> str:
        """SQL: the leading column's value."""
        if not self.figures:
            return "null"
        return f"case lead {' '.join(f'when {quoted(one)} then {self._text(letter, one)}' for one in self.figures)} end"

    def n_columns(self) -> str:
        """SQL: how many columns moved."""
        parts = [f"({self._moved(one)})::integer" for one in self.figures] or ["0"]
        return f"({' + '.join(parts)})::integer"

    def columns_moved(self) -> str:
        """SQL: the columns that moved as JSON; null for a row that came or went."""
        if not self.figures:
            return "null"
        parts = ", ".join(
            f"case when {self._moved(one)} then {{'column': {quoted(one)}, 'before': {self._text('a', one)}, "
            f"'after': {self._text('b', one)}}} end"
            for one in self.figures
        )
        return (
            f"case when change = 'changed' then to_json(list_filter([{parts}], lambda x: x is not null))::varchar end"
        )

    def key_json(self) -> str:
        """SQL: the key as JSON."""
        return "to_json({" + ", ".join(f"{quoted(one)}: kept.{identifier(one)}" for one in self.keys) + "})::varchar"

    def key_ja(self) -> str:
        """SQL: the key in words, of the relation kept and the names joined to it."""
        return f"concat_ws('　', {', '.join(self._words())})"

    def _words(self) -> Iterator[str]:
        named = {"municipality_code": "town.name", "plan_id": "plan.name", "kpi_id": "kpi.name"}
        has_plan = {"municipality_code", "plan_id"} <= set(self.keys)
        for one in self.keys:
            name = f"kept.{identifier(one)}"
            if one == "municipality_code" or (one == "plan_id" and has_plan) or (one == "kpi_id" and has_plan):
                yield f"coalesce({named[one]}, {name}::varchar)"
            elif one == "fiscal_year":
                yield f"coalesce(years.name, {name}::varchar || '年度')"
            elif one == "year":
                yield f"{name}::varchar || '年'"
            elif self.table == OF_CODES:
                yield f"{name}::varchar"
            else:
                cases = " ".join(f"when {quoted(code)} then {quoted(ja)}" for code, ja in words.VALUES.items())
                yield f"case {name}::varchar {cases} else {name}::varchar end"

    def named(self) -> str:
        """SQL: joins of the names that key_ja takes."""
        joins = []
        if "municipality_code" in self.keys:
            joins.append("left join name_of_town as town on kept.municipality_code = town.municipality_code")
            for what, width in (("plan", 2), ("kpi", 3)):
                if set(KPI[:width]) <= set(self.keys):
                    on = " and ".join(f"kept.{one} = {what}.{one}" for one in KPI[:width])
                    joins.append(f"left join name_of_{what} as {what} on {on}")
        if "fiscal_year" in self.keys:
            joins.append("left join name_of_year as years on kept.fiscal_year::varchar = years.year::varchar")
        return " ".join(joins)
