"""Who can do what about a problem: the office mends its own tables, and never a publisher's file.

Holds: the advice that rules give for a table of one's own -> what can be done about a publisher's. Does not hold the
rules or their findings: a rule says what to mend, and need not know whose table it looks at.
"""

from __future__ import annotations

import re

from sousei.ingest.contract.model import Contract
from sousei.ingest.problems.record import Problem

CHANGES = re.compile(
    r"(?:(?<!取り)直した|除いた|揃えた|そろえた|埋めた|書いた|正しい|確かめた|ある|含む)[^。]*(?:表|CSV)[^。]*入れ直(?:してください|すか)"
    r"|保存し直してください|書き出し直し|欄を直し|行を直し|表を直し|列を直し|名前を直し|示して入れ直し|消してください"
    r"|(?:CSV|表|ファイル)に直し|分けて入れ直し|書き直し"
)
"""A sentence that asks for another table than the publisher's."""
LAYOUT = frozenset(
    """title_contradiction period_contradiction no_period unknown_period unit_mismatch column_twice missing_column
    unknown_column unknown_age unknown_sex unknown_scope ambiguous_layout no_layout_for_period hidden_table
    no_rows row_without_figures odd_character""".split()  # noqa: SIM905 a word list
)
"""Problems of what a whole table says, not of a figure or a row."""
_AGAIN = (
    "手元で変わっていないか、公表元のファイルを取り直して、この箇所を比べてください。"
    "違えば取り直したファイルを入れます。"
)
_FIGURE = (
    "同じなら公表元の誤りです。公表元のファイルは書き換えません。decisions/corrections.csv の行で正すか外し、"
    "または公表元の訂正版を待ってください。"
)
_TABLE = (
    "同じなら、公表元のファイルは書き換えません。公表元の別のファイル(訂正版)を入れるか、"
    "読み方を ingest/sources/{source}/contract.yaml に書きます。"
)


def advised(problems: list[Problem], contract: Contract | None) -> list[Problem]:
    """The same problems with advice that fits whose table it is. Lines to paste stay as they are."""
    if contract is None or contract.made_by == "office":
        return problems
    return [p | {"action_ja": _for_publisher(p, contract)} for p in problems]


def _for_publisher(given: Problem, contract: Contract) -> str:
    action = str(given["action_ja"])
    if not CHANGES.search(action):
        return action
    kept = [sentence for sentence in re.findall(r"[^。]+。?", action) if not CHANGES.search(sentence)]
    of_table = given["problem_id"] in LAYOUT or given["row"] is None
    then = _TABLE.format(source=contract.source) if of_table else _FIGURE
    return _AGAIN + then + "".join(kept)
