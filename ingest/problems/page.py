"""docs/problems.md: every problem, what it means and what to do, as the catalogue has it.

Holds: the page that `python -m sousei.ingest.problems.page` prints. Does not hold the texts (catalogue.yaml), or the
page for the maker of a delivery (feedback).
"""

from __future__ import annotations

import re
import sys

from sousei.ingest.problems.catalogue import Entry, Severity, entries

SEVERITIES: dict[Severity, tuple[str, str, str]] = {
    "gate": (
        "公表を止める",
        "このファイルは使わず、その夜は何も公表しない。直るまで前の公表が残る。",
        "The file is not used and nothing is published that night; the last release stays until it is mended.",
    ),
    "warn": (
        "使わない",
        "このファイル（か、その一部）は使わない。ほかのファイルの処理と公表は進む。",
        "The file, or a part of it, is not used. The other files and the release go on.",
    ),
    "review": (
        "一度見る",
        "処理は止まらない。人が一度見て、よければ何もしなくてよい。",
        "Nothing stops. Somebody should look once; if it is right, there is nothing to do.",
    ),
}
_HEAD = """\
# Problems of a delivery / 届いたファイルの問題

<!-- Made from ingest/problems/catalogue.yaml: python -m sousei.ingest.problems.page > docs/problems.md -->

`sousei check`、夜間処理の記録、`raw.problem` に出る問題の一覧です。識別子（英語）で探してください。

`{…}` には、ファイルごとの語や数が入ります。公表元のファイルは書き換えません。
公表元の表について「直した表を入れ直す」とあるときは、取り直したファイルか公表元の訂正版を入れます。

These are the problems that `sousei check`, the log of the nightly run and `raw.problem` speak of; look them up by their
identifier. `{...}` is filled in for each file. A publisher's file is never changed: for it, "put in the corrected
table" means the file downloaded again, or the publisher's corrected edition.

| severity | 何が起こるか | what happens |
|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    lines = [f"| `{name}` {word} | {ja} | {en} |" for name, (word, ja, en) in SEVERITIES.items()]
    lines += ["", "| id | severity | 何が起きたか / what is wrong | どうするか / what to do |", "|---|---|---|---|"]
    return _HEAD + "\n".join([*lines, *map(_row, entries().values())]) + "\n"


def _row(entry: Entry) -> str:
    said = f"{_cell(entry.message_ja)}<br>{_cell(entry.message_en)}"
    advice = f"{_cell(entry.action_ja)}<br>{_cell(entry.action_en)}"
    severity = f"`{entry.severity}` {SEVERITIES[entry.severity][0]}"
    return f"| `{entry.problem_id}` | {severity} | {said} | {advice} |"


def _cell(text: str) -> str:
    """A text within a cell of a table; of a placeholder only its name."""
    plain = re.sub(r"{(\w+)[^}]*}", r"{\1}", text)
    return plain.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ").replace("*", "\\*").replace("~", "\\~")


def main() -> None:
    """Print the page."""
    sys.stdout.write(page())


if __name__ == "__main__":
    main()
