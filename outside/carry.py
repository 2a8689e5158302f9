"""The folder that is carried over to the closed network: deliveries, their hashes, and the list of what is left to do.

Holds: asking each question, looking at the answer as the night will, and writing `deliveries/`, `SHA256SUMS`,
`to_fetch.csv`, `fetched.json` and `README.txt`. Does not hold: the API (estat.py), or what is asked (asked.py).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sousei.foundation.files import sha256_of, write_bytes, write_json
from sousei.foundation.told import ToldError
from sousei.ingest.contract.editions import EVERY_JA
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.receive.personal import find_personal_keys
from sousei.ingest.sources.estat_api import reader
from sousei.outside.estat import Estat, EstatError, Question

DELIVERIES, SUMS, TO_FETCH, RECORD, README = "deliveries", "SHA256SUMS", "to_fetch.csv", "fetched.json", "README.txt"
_HEADER = [
    "情報源", "資料", "公表元", "周期", "公表済みの版", "公表の目安", "次の版", "次の公表の目安", "ページ",
    "そこでのファイルの名前",
]  # fmt: skip
_README = """\
このフォルダは sousei fetch が作りました（{at}）。閉じたネットワークへ運ぶ手順:

1. deliveries/ と SHA256SUMS を運ぶ。
2. 運んだ先で確かめる: sha256sum -c SHA256SUMS
3. deliveries/ の中のファイルを SOUSEI_HOME の landing/ に置き、sousei refresh を実行する。

to_fetch.csv は、API で取れない資料の一覧です（ページ、ファイルの名前、公表の目安）。取ったファイルは名前を変えずに
landing/ に置きます。fetched.json は取得の記録です。appId はどのファイルにも書かれていません。
{credit}
"""


@dataclass(frozen=True)
class Fetched:
    """What came of one question. file: its name below deliveries/, None where it could not be fetched; then problem_ja
    and problem_en say why. values: how many values it holds."""

    question: Question
    file: str | None
    sha256: str | None
    title_ja: str
    period: str
    values: int
    problem_ja: str = ""
    problem_en: str = ""


def prepare(folder: Path) -> None:
    """Raises ToldError where a folder holds something that is not ours to write over."""
    if folder.exists() and not folder.is_dir():
        raise ToldError(f"not_a_folder: {folder} はフォルダではありません。 / {folder} is not a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RECORD).is_file():
        raise ToldError(
            f"folder_in_use: {folder} には別のファイルがあります。空のフォルダを指定してください。 / "
            f"{folder} holds other files; name an empty folder"
        )


def fetch(
    api: Estat, questions: Iterable[Question], folder: Path, say: Callable[[Fetched], None] = lambda one: None
) -> list[Fetched]:
    """Ask each question and write its answer below `folder`; a question that fails costs itself.

    say: is given each outcome as it comes. Raises EstatError where no further question has a chance (the appId, the
    network); what came before stays.
    """
    done: list[Fetched] = []
    for question in questions:
        try:
            raw = api.answer(question)
            title, period, values = _read(raw)
            name = file_name(question)
            write_bytes(folder / DELIVERIES / name, raw)
            one = Fetched(question, name, hashlib.sha256(raw).hexdigest(), title, period, values)
        except EstatError as error:
            if error.ends:
                raise
            one = Fetched(question, None, None, "", "", 0, f"{error.what}: {error.ja}", f"{error.what}: {error.en}")
        done.append(one)
        say(one)
    return done


def file_name(question: Question) -> str:
    """The same for the same question, so that the folder holds one file of it."""
    said = "&".join(f"{name}={codes}" for name, codes in sorted(question.conditions.items()))
    digest = f"_{hashlib.sha256(said.encode()).hexdigest()[:8]}" if said else ""
    return f"estat_{question.stats_data_id}{digest}.json"


def _read(raw: bytes) -> tuple[str, str, int]:
    """(title, period, values) of an answer that the night will take.

    Raises EstatError where it would not: it is not carried over.
    """
    document = json.loads(raw)
    rows, problems, title, period = reader.read(document)
    if problems or find_personal_keys(document) or not rows.height:
        said = problems[0] if problems else None
        ja = said["message_ja"] if said else "読める値がありません"
        en = said["message_en"] if said else "no value that can be read"
        raise EstatError(
            "would_be_refused", f"この応答は夜間処理で受け取れません: {ja}", f"the night would refuse it: {en}"
        )
    return title, period, rows.height


def write(folder: Path, done: list[Fetched], faults: list[EstatError], at: datetime, on: date) -> None:
    """Write the hashes of all that lies in deliveries/, the list of the rest, the record and the way to carry it.

    faults: what could not even be asked. on: the day by which the list says what comes next.
    """
    files = sorted(path for path in (folder / DELIVERIES).glob("*.json")) if (folder / DELIVERIES).is_dir() else []
    sums = "".join(f"{sha256_of(path)}  {DELIVERIES}/{path.name}\n" for path in files)
    write_bytes(folder / SUMS, sums.encode())
    write_bytes(folder / TO_FETCH, to_fetch(on).encode("utf-8-sig"))
    credit = next(one.credit_ja for one in all_contracts() if one.source == "estat_api")
    write_bytes(folder / README, _README.format(at=f"{at:%Y-%m-%d %H:%M}", credit=credit).encode())
    record = {
        "at": at.isoformat(timespec="seconds"),
        "as_of": on.isoformat(),
        "questions": [_said(one) for one in done],
    }
    record |= {"not_asked": [{"problem_id": one.what, "ja": one.ja, "en": one.en} for one in faults]}
    write_json(folder / RECORD, record)


def _said(one: Fetched) -> dict[str, Any]:
    return {
        "stats_data_id": one.question.stats_data_id,
        "conditions": one.question.conditions,
        "what_ja": one.question.what_ja,
        "file": one.file,
        "sha256": one.sha256,
        "title_ja": one.title_ja,
        "period": one.period,
        "values": one.values,
        "problem_ja": one.problem_ja,
        "problem_en": one.problem_en,
    }


def to_fetch(on: date) -> str:
    """The sources that are fetched by hand, as CSV: page, names of the files, and what comes next by the calendar."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for contract in all_contracts():
        for one in contract.editions:
            if one.page is None or contract.source == "estat_api":
                continue
            when = ["", "", "", ""]
            if one.every != "occasion":
                newest, coming = one.around(on)
                known = [number for number in (newest, coming) if number is not None]
                told = [word for number in known for word in (one.name(number), one.due(number).isoformat())]
                when = told if newest is not None else ["", "", *told]
            names = "、".join(one.files_ja)
            writer.writerow(
                [contract.source, one.name_ja, contract.publisher_ja, EVERY_JA[one.every], *when, one.page, names]
            )
    return text.getvalue()
