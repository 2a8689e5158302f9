"""The texts of every problem, as catalogue.yaml has them.

Holds: reading and checking the catalogue, its entries with the placeholders of their texts. Does not hold: problems of
a delivery (record.py), or the page that is made of the catalogue (page.py).
"""

from __future__ import annotations

import string
from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, get_args

Severity = Literal["gate", "warn", "review"]
"""gate: the night publishes nothing. warn: the file is not used. review: used; a person should look."""
FILE = Path(__file__).with_name("catalogue.yaml")
PLACE = frozenset({"sheet", "row", "column_label"})
"""Placeholders that every problem has."""


@dataclass(frozen=True)
class Entry:
    """One problem as the catalogue has it. name: `id` or `id.variant`. All texts are templates for str.format."""

    name: str
    severity: Severity
    message_ja: str
    message_en: str
    action_ja: str
    action_en: str
    expected: str = ""
    found: str = ""

    @property
    def problem_id(self) -> str:
        return self.name.partition(".")[0]

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """What the texts fill in beside the place."""
        texts = (self.message_ja, self.message_en, self.expected, self.found, self.action_ja, self.action_en)
        return frozenset().union(*map(named, texts)) - PLACE


def named(template: str) -> frozenset[str]:
    """The placeholders of a template. Raises ValueError where one is no plain name."""
    names = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    if odd := [name for name in names if not name.isidentifier()]:
        raise ValueError(f"not a name: {odd[0]!r} in {template!r}")
    return frozenset(names)


def entry(name: str) -> Entry:
    """The entry of a name, `id` or `id.variant`. Raises LookupError where there is none."""
    return entries()[name]


@cache
def entries() -> dict[str, Entry]:
    """Name -> entry, in the order of the file. Raises ValueError where the file does not have its form."""
    import yaml  # here, since a night without problems needs none

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Entry] = {}
    for problem_id, given in yaml.load(FILE.read_text("utf-8"), loader).items():
        common = dict(given)
        variants: dict[str, Any] | None = common.pop("variants", None)
        if variants is None:
            found[problem_id] = _entry(problem_id, common)
            continue
        for variant, own in variants.items():
            name = f"{problem_id}.{variant}"
            found[name] = _entry(name, common | own)
    return found


_FIELDS = {one.name for one in fields(Entry)} - {"name"}


def _entry(name: str, given: dict[str, Any]) -> Entry:
    if strange := given.keys() - _FIELDS:
        raise ValueError(f"{FILE.name}: {name} has an unknown key {sorted(strange)[0]!r}")
    if wrong := [key for key, text in given.items() if not isinstance(text, str)]:
        raise ValueError(f"{FILE.name}: {wrong[0]} of {name} is no text")
    if given.get("severity") not in get_args(Severity):
        raise ValueError(f"{FILE.name}: severity of {name} is not one of {', '.join(get_args(Severity))}")
    try:
        return Entry(name, **given)
    except TypeError as error:
        raise ValueError(f"{FILE.name}: {name}: {error}") from None
