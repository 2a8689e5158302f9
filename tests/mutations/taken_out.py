"""Refusals of the night, and what `verify` and the seals say, taken out of a copy of the checkout one at a time.

Holds: where each stands (a text of the module and what replaces it) and the tests that are run without it, the cheapest
first. Does not hold: checks that a running process can be made blind for (blind).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from sousei.foundation.home import PROJECT_ROOT


class Statement(NamedTuple):
    """One refusal: the module, its text that stands there once, and the text without the refusal."""

    module: str
    old: str
    new: str
    tests: tuple[str, ...]


HEALTH = "tests/unit/test_orchestration_health.py"
INPUTS = "tests/unit/test_orchestration_inputs.py"
VERIFY = "tests/integration/publication/test_verify.py"
PUBLISH = "tests/integration/publication/test_publish.py"
NIGHTS = "tests/unit/test_command_arguments.py"
CLOCK = (
    "tests/integration/test_deliveries_in_any_order.py::"
    "test_a_clock_far_behind_the_last_release_stops_the_night_and_one_that_was_ahead_is_got_over"
)
PAST = "tests/integration/test_first_weeks.py::test_a_run_of_the_past_does_not_become_the_current_release"

_INPUTS, _RUN, _SEALS = "orchestration/inputs.py", "orchestration/run.py", "publication/seals.py"
_PUBLISH, _VERIFY, _NIGHTS = "publication/publish.py", "publication/verify.py", "orchestration/command/nights.py"
_LOST = 'if one["source_id"] in withdrawn or sound.get(one["sha256"]):'


def _told(name: str, end: str, tests: tuple[str, ...] = (VERIFY,)) -> Statement:
    """A line of `verify` that adds a problem, without it."""
    return Statement(_VERIFY, f'problems.append(f"{name}: {end}', f'str(f"{name}: {end}', tests)


STATEMENTS: dict[str, Statement] = {
    "samples_in_a_live_home": Statement(
        _INPUTS,
        "if samples and manifest is not None and not is_trial(manifest):",
        "if False:",
        (f"{INPUTS}::test_samples_do_not_come_into_a_home_that_published_its_own",),
    ),
    "published_input_lost": Statement(
        _INPUTS,
        _LOST,
        _LOST.replace('sound.get(one["sha256"])', 'sound.get(one["sha256"], True)'),
        (f"{INPUTS}::test_a_published_delivery_that_is_not_whole_any_more_keeps_the_night_from_starting",),
    ),
    "published_input_changed": Statement(
        _INPUTS,
        _LOST,
        _LOST.replace('sound.get(one["sha256"])', 'one["sha256"] in sound'),
        (f"{INPUTS}::test_a_published_delivery_that_is_not_whole_any_more_keeps_the_night_from_starting",),
    ),
    "register_not_read": Statement(
        _INPUTS,
        "if faults := seeds.check():",
        "if (faults := seeds.check()) and False:",
        (f"{INPUTS}::test_seeds_that_are_not_in_the_one_form_keep_the_night_from_starting",),
    ),
    "manifest_unreadable": Statement(
        _RUN,
        '        raise PointerLostError(\n            f"manifest_unreadable',
        '        return None\n        raise PointerLostError(\n            f"manifest_unreadable',
        (f"{HEALTH}::test_another_release_is_named_with_its_day_and_not_as_the_one_before",),
    ),
    "clock_behind": Statement(_RUN, "if now >= made - _SET_RIGHT:", "if True:", (CLOCK,)),
    "current_pointer_lost": Statement(
        _RUN,
        "if manifest is None and (there := release_names(home)):",
        "if not (there := ['']):",
        ("tests/unit/test_orchestration_run.py",),
    ),
    "a_broken_seal_stops_the_night": Statement(
        _RUN,
        "        _is_sealed(home)\n",
        "        pass\n",
        (f"{HEALTH}::test_an_edited_file_whose_manifest_was_edited_too",),
    ),
    "seals_unreadable": Statement(
        _SEALS,
        '        return [f"seals_unreadable',
        '        return []\n        return [f"seals_unreadable',
        (f"{HEALTH}::test_seals_that_are_no_text",),
    ),
    "seals_changed": Statement(
        _SEALS,
        "if _bound(before, one.release_id, one.manifest_sha256) != one:",
        "if False:",
        (f"{HEALTH}::test_an_edited_line_of_the_seals",),
    ),
    "seals_lost": Statement(
        _SEALS,
        "if not are_lost(path.parent):",
        "if True:",
        (f"{HEALTH}::test_lost_seals_stop_the_night_until_they_are_back",),
    ),
    "release_not_sealed": Statement(
        _SEALS,
        '        return [f"release_not_sealed',
        '        return []\n        return [f"release_not_sealed',
        (f"{HEALTH}::test_a_release_that_the_seals_do_not_name",),
    ),
    "manifest_changed": Statement(
        _SEALS,
        "if sealed[release.name] != sha256_of(release / MANIFEST):",
        "if False:",
        (f"{HEALTH}::test_an_edited_file_whose_manifest_was_edited_too",),
    ),
    "refresh_in_progress": Statement(
        "orchestration/lock.py",
        "                    raise RefreshInProgressError(str(path)) from error\n",
        "                    break\n",
        ("tests/unit/test_orchestration_run.py",),
    ),
    "publication_refused": Statement(_PUBLISH, "if not verdict.passed:", "if False:", (PUBLISH,)),
    "publication_failed": Statement(
        _PUBLISH,
        "if not isinstance(error, OSError | duckdb.Error):",
        "if True:",
        ("tests/faults/publication/test_crashes.py::test_full_disk_changes_nothing_published",),
    ),
    "changes_not_made": Statement(
        _PUBLISH,
        '        raise PublicationError(\n            "changes_not_made',
        '        return None\n        raise PublicationError(\n            "changes_not_made',
        (
            "tests/integration/publication/test_changes.py::test_a_release_whose_changes_cannot_be_made_is_not_published",
        ),
    ),
    "release_unsound": Statement(_PUBLISH, "if not found.sound:", "if False:", (PUBLISH,)),
    "as_of_in_the_past": Statement("orchestration/nightly.py", "moves=not past,", "moves=True,", (PAST,)),
    "landing_not_found": Statement(
        _NIGHTS, "if arguments.landing is not None and not arguments.landing.is_dir():", "if False:", (NIGHTS,)
    ),
    "as_of_in_the_future": Statement(_NIGHTS, "if as_of > now.date() and not arguments.force:", "if False:", (NIGHTS,)),
    "too_little_memory": Statement(_NIGHTS, "if too_little_memory(arguments):", "if False:", (NIGHTS,)),
    "nothing_delivered": Statement(
        _INPUTS,
        'return "nothing_delivered", [f"',
        'return "nothing_new", [f"',
        (f"{INPUTS}::test_seeds_that_are_not_in_the_one_form_keep_the_night_from_starting",),
    ),
    "file_missing": _told("file_missing", '{name} がありません。")\n        elif path.stat()'),
    "file_changed": _told("file_changed", "{name} の内容が公表時と異なります（sha256"),
    "file_unlisted": Statement(
        _VERIFY,
        "sorted(present.keys() - listed.keys() - {MANIFEST})",
        "sorted(present.keys() - present.keys())",
        (VERIFY,),
    ),
    "file_writable": Statement(_VERIFY, "if path.lstat().st_mode & 0o222]", "if False]", (VERIFY,)),
    "tables_differ": _told("tables_differ", ""),
    "schema_differs": _told("schema_differs", ""),
    "rows_differ": _told("rows_differ", ""),
    "parquet_differs": _told("parquet_differs", ""),
    "csv_differs": _told("csv_differs", ""),
    "verdict_differs": Statement(_VERIFY, 'problems.append("verdict_differs', 'str("verdict_differs', (VERIFY,)),
    "release_differs": Statement(_VERIFY, 'problems.append("release_differs', 'str("release_differs', (VERIFY,)),
    "input_missing": _told("input_missing", ""),
    "input_changed": Statement(
        _VERIFY,
        'problems.append(\n                    f"input_changed',
        'str(\n                    f"input_changed',
        (VERIFY,),
    ),
}


def _checkout(place: Path) -> Path:
    """A copy of the checkout whose package names lead to itself."""
    copy = place / "checkout"
    if not copy.exists():
        shutil.copytree(PROJECT_ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "var", "build", "*_cache"))
        rooms = copy / "build" / "typed" / "sousei"
        rooms.mkdir(parents=True)
        for room in (PROJECT_ROOT / "build" / "typed" / "sousei").iterdir():
            (rooms / room.name).symlink_to(Path("../../..") / room.name)
    return copy


def all_of_nights(place: Path, *names: str) -> dict[str, str]:
    """Refusal -> `red: test file`, or `green` (all tests pass without it), or `broken` (the text no longer stands
    there once); of the named ones, or of all."""
    copy, found = _checkout(place), {}
    paths = os.pathsep.join((str(copy / "build" / "typed"), str(copy)))
    for name in names or tuple(STATEMENTS):
        one = STATEMENTS[name]
        module = copy / one.module
        whole = module.read_text("utf-8")
        if whole.count(one.old) != 1:
            found[name] = f"broken: {whole.count(one.old)} times in {one.module}"
            continue
        found[name] = "green"
        module.write_text(whole.replace(one.old, one.new), "utf-8")
        try:
            for test in one.tests:
                command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", test]
                done = subprocess.run(
                    command, env=os.environ | {"PYTHONPATH": paths}, cwd=copy, capture_output=True, check=False
                )
                if done.returncode not in (0, 1):
                    raise RuntimeError(f"{test}: {done.stdout.decode()[-500:]}")
                if done.returncode == 1:
                    found[name] = f"red: {test}"
                    break
        finally:
            module.write_text(whole, "utf-8")
        print(f"nights\t{name}\t{found[name]}", flush=True)
    return found
