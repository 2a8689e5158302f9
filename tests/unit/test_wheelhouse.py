"""The folder for a machine without a network: what of the lock goes in, and what its bill of materials says."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

from sousei.foundation.home import PROJECT_ROOT
from wheelhouse import bill, lock

LOCK = """alpha==1.0 \\
    --hash=sha256:00 \\
    --hash=sha256:01
    # via sousei (pyproject.toml)
beta[speed]==2.0 ; python_full_version < '3.12' \\
    --hash=sha256:02
beta[speed]==3.0 ; python_full_version >= '3.12' \\
    --hash=sha256:03
pytest==9 \\
    --hash=sha256:04
"""
STATED = {
    "alpha": ["Beta[speed]>=2", "gone ; sys_platform == 'win32'"],
    "beta": ["delta ; extra == 'speed'", "pytest ; extra == 'dev'"],
}


def stated(name: str) -> list[str] | None:
    return STATED.get(name)


def test_what_is_needed_follows_extras_and_this_platform() -> None:
    assert lock.needed(["alpha"], stated) == {"alpha", "beta", "delta"}
    assert lock.needed(["beta"], stated) == {"beta"}
    assert lock.needed(["beta", "beta[speed]"], stated) == {"beta", "delta"}


def test_the_lock_without_what_only_developers_need() -> None:
    text = lock.for_running(LOCK + "delta==1 \\\n    --hash=sha256:05\n", ["alpha"], stated)
    assert text == LOCK.partition("pytest")[0] + "delta==1 \\\n    --hash=sha256:05\n"
    with pytest.raises(LookupError, match="not_locked: delta"):
        lock.for_running(LOCK, ["alpha"], stated)


def test_the_products_lock_has_all_that_it_needs_to_run_and_no_tool_of_developers() -> None:
    own = [one for one in requires("sousei") or [] if "extra ==" not in one]
    text = (PROJECT_ROOT / "requirements.lock").read_text("utf-8")
    names = [name for name, _ in lock.entries(lock.for_running(text, own))]
    assert {"dagster", "duckdb", "dbt-duckdb", "networkx"} <= set(names)
    assert names.count("networkx") == 2  # one for each Python
    assert not {"pytest", "mypy", "ruff", "sqlfluff", "hypothesis"} & set(names)
    assert "://" not in text  # no address of a package registry


def wheel(folder: Path, name: str, *lines: str) -> None:
    said = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines, "", "text"])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as packed:
        packed.writestr(f"{name}-1.0.dist-info/METADATA", said)
        packed.writestr(f"{name}/_vendor/other-2.dist-info/METADATA", "Name: other\nVersion: 2\n")


def test_the_bill_of_materials_names_each_wheel_with_hash_licence_and_what_it_needs(tmp_path: Path) -> None:
    wheel(tmp_path, "sousei", "License-Expression: Apache-2.0", "Requires-Dist: Some_Part>=1", "Requires-Dist: absent")
    wheel(
        tmp_path, "some_part", "License: MIT", "Classifier: License :: OSI Approved :: MIT License", "Summary: ひとつ"
    )
    wheel(tmp_path, "third", "License: BSD\n  and more")
    wheel(tmp_path, "fourth")
    found = bill.parts(tmp_path)
    said = json.loads(bill.cyclonedx(found, "sousei"))
    assert (said["bomFormat"], said["specVersion"]) == ("CycloneDX", "1.6")
    assert said["metadata"]["component"]["purl"] == "pkg:pypi/sousei@1.0"
    parts = {one["name"]: one for one in said["components"]}
    assert parts.keys() == {"some-part", "third", "fourth"}
    digest = hashlib.sha256((tmp_path / "some_part-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    assert parts["some-part"]["hashes"] == [{"alg": "SHA-256", "content": digest}]
    needs = {one["ref"]: one["dependsOn"] for one in said["dependencies"]}
    assert needs["pkg:pypi/sousei@1.0"] == ["pkg:pypi/some-part@1.0"]
    rows = {row["name"]: row["licence"] for row in csv.DictReader(io.StringIO(bill.licences(found)))}
    assert rows == {"sousei": "Apache-2.0", "some-part": "MIT License", "third": "BSD", "fourth": "not stated"}
    assert bill.cyclonedx(found, "sousei") == bill.cyclonedx(bill.parts(tmp_path), "sousei")
