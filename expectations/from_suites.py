"""The checks of the suites as outcomes of the gate.

Holds: the message of a check that failed or could not be judged. Does not hold: the checks (`suites`), or running them
(`validation`).
"""

from __future__ import annotations

from collections.abc import Mapping

from sousei.expectations.examples import Place, example_of, place_of
from sousei.expectations.outcome import Outcome
from sousei.expectations.suites.forms import Check
from sousei.expectations.validation import SuiteOutcome, threshold_of


def outcome(check: Check, found: SuiteOutcome | None, failure: str | None, files: Mapping[str, str]) -> Outcome:
    """What `found` says of the check; None where it left nothing, and `failure` says why."""
    place = Place()
    message = None
    if found is None:
        message = f"「{check.description_ja}」を判定できませんでした。{failure or '結果がありません。'}"
    elif found.error is not None:
        message = f"「{check.description_ja}」を判定できませんでした。suite_error: {found.error.splitlines()[0][:300]}"
    elif not found.passed:
        places = [place_of(row, files) for row in found.examples]
        place = places[0] if places else place
        texts = [
            example_of(row, where, [key for key in row if key not in ("source_id", "sheet", "row", "file_name")])
            for row, where in zip(found.examples, places, strict=True)
        ]
        message = (
            f"「{check.description_ja}」が満たされていません（{found.observed}）。基準: {found.threshold}。{check.why}"
            + (" 例: " + "; ".join(texts) if texts else "")
        )
    return Outcome(
        check.check_id,
        "gx",
        check.severity,
        check.table,
        found is not None and found.error is None and found.passed,
        found.observed if found is not None and found.error is None else None,
        found.threshold if found is not None else threshold_of(check),
        found.n_failing if found is not None else 0,
        check.owner_ja,
        check.action_ja,
        message,
        *place,
    )
