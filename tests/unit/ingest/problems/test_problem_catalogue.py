"""The catalogue and the calls fit together: no call names what is not there, and no entry is without a call."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.contract.broken import BROKEN
from sousei.ingest.problems import catalogue
from sousei.ingest.problems.catalogue import PLACE, Entry, entries, named
from sousei.ingest.problems.record import Problem, frame_of, problem
from sousei.ingest.receive.personal import PERSONAL
from sousei.ingest.tables import schema_of
from tests.synthetic.problem_calls import Call, calls

CALLS = calls()
ENTRIES = list(entries().values())
TEXTS = ("message_ja", "message_en", "expected", "found", "action_ja", "action_en")


def test_calls_and_entries_are_found() -> None:
    assert len(CALLS) > 100 and len({one.problem_id for one in ENTRIES}) > 80


@pytest.mark.parametrize("call", CALLS, ids=[call.where for call in CALLS])
def test_a_call_gives_what_its_texts_name(call: Call) -> None:
    assert call.plain, "one name, and every value by its own keyword"
    for name in call.names:
        entry = catalogue.entry(name)
        assert call.given - PLACE == entry.placeholders, name
        place = PLACE & frozenset().union(*(named(getattr(entry, text)) for text in TEXTS))
        assert place <= call.given, f"{name} shows a place that this call does not give"


def test_every_entry_is_used() -> None:
    used = {name for call in CALLS for name in call.names}
    assert entries().keys() - used == set()


def test_every_identifier_is_named_in_a_test() -> None:
    """A check whose problem no test names can be taken out without any test turning red."""
    words = {
        word for path in (PROJECT_ROOT / "tests").rglob("*.py") for word in re.findall(r"\w+", path.read_text("utf-8"))
    }
    assert {entry.problem_id for entry in ENTRIES} - words == set()


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_an_entry_says_in_both_languages_what_is_wrong_and_what_to_do(entry: Entry) -> None:
    for text in (entry.message_en, entry.action_en):
        assert text and text.endswith((".", "?", "}")) and text[:1].upper() == text[:1], text
    for text in (entry.message_ja, entry.action_ja):
        assert any(ord(sign) > 0x3000 for sign in text) or text.startswith("{"), text
    assert entry.problem_id.isidentifier() and entry.problem_id == entry.problem_id.lower()


def test_identifiers_that_other_modules_compare_with_are_in_the_catalogue() -> None:
    assert {BROKEN, PERSONAL} <= {entry.problem_id for entry in ENTRIES}


def test_a_value_that_is_missing_or_too_many_is_an_error() -> None:
    with pytest.raises(TypeError, match="limit"):
        problem("file_too_large")
    with pytest.raises(TypeError, match="extra"):
        problem("empty_file", extra=1)
    with pytest.raises(LookupError):
        problem("not_a_code")


def test_braces_of_a_cell_are_only_text() -> None:
    said = problem("unreadable_value.estat", row=3, column_label="VALUE", signs="-", text="{row} {0.__class__}")
    assert said["found"] == "{row} {0.__class__}"


def test_a_problem_is_a_row_of_raw_problem() -> None:
    said = problem("file_too_large", limit=64)
    frame = frame_of([{**said, "source_id": "a", "file_name": "b"}])
    assert frame.schema == schema_of("problem") and frame["message_ja"].item() == "大きすぎます(上限 64 MB)。"
    assert Problem.__required_keys__ == said.keys() == set(schema_of("problem")) - {"source_id", "file_name"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: {severity: gate, message_ja: x, message_en: x, action_ja: x, action_en: x, colour: x}", "colour"),
        ("a: {severity: red, message_ja: x, message_en: x, action_ja: x, action_en: x}", "severity"),
        ("a: {severity: gate, message_ja: x, message_en: x, action_ja: x}", "action_en"),
        ("a: {severity: gate, message_ja: x, message_en: x, action_ja: x, action_en: x, found: 0}", "no text"),
    ],
)
def test_a_catalogue_without_its_form_is_refused(
    text: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(text, "utf-8")
    monkeypatch.setattr(catalogue, "FILE", file)
    with pytest.raises(ValueError, match=word):
        entries.__wrapped__()


@pytest.mark.parametrize("text", ["{0}", "{a.b}", "{a[b]}", "{}"])
def test_a_placeholder_is_a_plain_name(text: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        named(text)
