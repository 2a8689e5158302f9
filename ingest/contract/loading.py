"""Contracts from the disk: one folder below sources/ for each source.

Holds the loading, and where a contract has a mistake. Does not hold the form of a contract (model.py), or what is said
of a file whose source has a mistake (broken.py).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from sousei.ingest.contract import yaml_lines
from sousei.ingest.contract.model import Contract
from sousei.ingest.contract.yaml_lines import Mistake, Slip

FOLDER = Path(__file__).parents[1] / "sources"


def load(path: Path) -> Contract:
    """One contract.yaml. Raises Mistake with file and line."""
    data = yaml_lines.read(path)
    try:
        contract = Contract.model_validate(data)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False)
        # a misspelt name is missing under its right one, too: the one that stands there is told
        first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
        raised = first.get("ctx", {}).get("error")
        at = [*first["loc"], *(raised.at if isinstance(raised, Slip) else ())]
        ja = raised.ja if isinstance(raised, Slip) else _WRONG.get(first["type"], "値が決まりに合いません")
        where = " / ".join(str(step + 1) if isinstance(step, int) else step for step in at)
        what = f"{where}: {ja}" if where else ja
        expected = first.get("ctx", {}).get("expected")
        what += f"(使える語: {expected})" if expected else ""
        raise Mistake(path, yaml_lines.line_of(path, at), what, f"{where}: {first['msg']}") from None
    if contract.source != path.parent.name:
        ja = f"source は「{contract.source}」ですが、フォルダは「{path.parent.name}」です"
        en = f"source {contract.source!r} lies in folder {path.parent.name!r}"
        raise Mistake(path, yaml_lines.line_of(path, ["source"]), ja, en)
    return contract


_WRONG = {
    "extra_forbidden": "契約にない項目名です",
    "missing": "必要な項目がありません",
    "literal_error": "決められた語ではありません",
    "too_short": "項目が足りません",
    "model_type": "項目名と値の組で書いてください",
    "dict_type": "項目名と値の組で書いてください",
    "list_type": "一覧([ ] か - の行)で書いてください",
    "string_type": "文字で書いてください(数字なら引用符で囲みます)",
    "string_pattern_mismatch": "英小文字・数字・_ で書いてください",
}
"""What pydantic's types of errors mean, for people."""


@cache
def _loaded(folder: Path) -> tuple[tuple[Contract, ...], dict[str, Mistake]]:
    sound, broken = [], {}
    holding = {
        path.parent for name in ("contract.yaml", "reader.py", "corrections.csv") for path in folder.glob(f"*/{name}")
    }
    for path in sorted(source / "contract.yaml" for source in holding):
        try:
            sound.append(load(path))
        except Mistake as mistake:
            broken[path.parent.name] = mistake
    return tuple(sound), broken


def all_contracts(folder: Path = FOLDER) -> tuple[Contract, ...]:
    """Every contract below sources/ that has no mistake, by name."""
    return _loaded(folder)[0]


def mistakes(folder: Path = FOLDER) -> dict[str, Mistake]:
    """Source -> the mistake in its contract. A mistake costs this source, and no other."""
    return _loaded(folder)[1]
