"""What is in a folder of wheels: a bill of materials (CycloneDX 1.6) and a list of licences.

Holds: both, made from the metadata that each wheel carries. Does not hold: any judgement of a licence.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_CLASSIFIER = "License :: "


@dataclass(frozen=True)
class Part:
    """One wheel: what its metadata says, and the hash of its file. requires: names of other parts."""

    name: str
    version: str
    file: str
    sha256: str
    licence: str
    summary: str
    requires: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def parts(folder: Path) -> list[Part]:
    """Every wheel of a folder, by name."""
    return sorted((_part(path) for path in folder.glob("*.whl")), key=lambda one: one.name)


def _part(path: Path) -> Part:
    with zipfile.ZipFile(path) as wheel:
        (inside,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1)
        said = BytesParser().parsebytes(wheel.read(inside))
    needs = [Requirement(str(text)) for text in said.get_all("Requires-Dist") or []]
    return Part(
        canonicalize_name(str(said["Name"])),
        str(said["Version"]),
        path.name,
        hashlib.sha256(path.read_bytes()).hexdigest(),
        _licence(said),
        " ".join((str(said["Summary"] or "")).split()),
        tuple(sorted({canonicalize_name(one.name) for one in needs})),
    )


def _licence(said: Message) -> str:
    """The licence as the metadata states it: the expression, else the classifiers, else the first line of the text."""
    if said["License-Expression"]:
        return str(said["License-Expression"])
    classifiers = [
        one.removeprefix(_CLASSIFIER) for one in said.get_all("Classifier") or [] if one.startswith(_CLASSIFIER)
    ]
    named = [one.removeprefix("OSI Approved :: ") for one in classifiers if one != "OSI Approved"]
    if named:
        return "; ".join(named)
    return next((line.strip() for line in str(said["License"] or "").splitlines() if line.strip()), "not stated")


def cyclonedx(found: list[Part], product: str) -> str:
    """The bill of materials as JSON. product: name of the part that is ours. The same parts give the same text."""
    names = {one.name: one.purl for one in found}

    def component(one: Part) -> dict[str, Any]:
        return {
            "type": "application" if one.name == product else "library",
            "bom-ref": one.purl,
            "name": one.name,
            "version": one.version,
            "description": one.summary,
            "hashes": [{"alg": "SHA-256", "content": one.sha256}],
            "licenses": [{"license": {"name": one.licence}}],
            "purl": one.purl,
        }

    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": next(component(one) for one in found if one.name == product)},
        "components": [component(one) for one in found if one.name != product],
        "dependencies": [
            {"ref": one.purl, "dependsOn": [names[other] for other in one.requires if other in names]} for one in found
        ],
    }
    return json.dumps(bill, ensure_ascii=False, indent=1) + "\n"


def licences(found: list[Part]) -> str:
    """The list of licences as CSV: name, version, licence, file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["name", "version", "licence", "file"])
    writer.writerows([one.name, one.version, one.licence, one.file] for one in found)
    return text.getvalue()
