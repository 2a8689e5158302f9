"""The rules of machine readability, as the decision has them and as this checker can judge them.

Holds: the shape of rules.yaml and its loading. Does not hold a rule's name, severity or mending (rules.yaml) or its
check (feedback.checks).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

ANY = "any"
"""The key of `unseen` that stands for every form to which the rule applies."""


class Rule(BaseModel):
    """One rule. forms: those it applies to, all where none is named. unseen: form -> why it cannot be judged there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    name: str
    severity: str
    meaning: str
    mend: str
    forms: tuple[str, ...] = ()
    unseen: dict[str, str] = {}

    @property
    def level(self) -> str:
        return self.id.partition("-")[0]

    def applies_to(self, form: str) -> bool:
        return not self.forms or form in self.forms

    def unseen_in(self, form: str) -> str:
        """Why this checker cannot judge the rule in a file of this form; '' where it can."""
        return self.unseen.get(form) or self.unseen.get(ANY, "")


class SettledByForm(BaseModel):
    """Ids of the rules that are not judged in a workbook of our own forms, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    reason_ja: str
    rules: tuple[str, ...]


class RuleBook(BaseModel):
    """The rules with their edition and source. levels, severities (the worst first), forms: key -> its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    edition: str
    source_ja: str
    source_url: str
    levels: dict[str, str]
    severities: dict[str, str]
    forms: dict[str, str]
    settled_by_form: SettledByForm
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _rules_use_the_names_of_the_book(self) -> RuleBook:
        for rule in self.rules:
            strange = {rule.level} - self.levels.keys() | {rule.severity} - self.severities.keys()
            strange |= set(rule.forms) - self.forms.keys() | rule.unseen.keys() - {ANY} - self.forms.keys()
            if strange:
                raise ValueError(f"{rule.id}: not named in the rule book: {sorted(strange)}")
        if unknown := set(self.settled_by_form.rules) - {rule.id for rule in self.rules}:
            raise ValueError(f"settled_by_form: no such rules: {sorted(unknown)}")
        return self


@cache
def rule_book() -> RuleBook:
    """The rules. Raises ValueError where the file does not have its form."""
    return RuleBook(**yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text("utf-8")))
