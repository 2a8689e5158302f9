"""Words of changes: causes, kinds of change, keys.

Holds: texts only. Does not hold: how a cause is found (`causes`).
"""

from __future__ import annotations

CAUSES = {
    "new_data": "新しい資料",
    "revised_source": "資料の改定・差し替え",
    "correction": "訂正",
    "withdrawal": "取り下げ",
    "answer": "要確認事項の決定",
    "plan": "計画の変更",
    "rule": "評価規則の変更",
    "merger": "合併・区域の変更",
    "code": "プログラムの変更",
    "calendar": "年度の更新",
    "unknown": "理由不明",
}
"""Causes in the order in which they are named; `calendar`: the day of the run is in another fiscal year."""
KINDS = {
    "added": "追加",
    "removed": "削除",
    "changed": "変更",
    "table_added": "表の追加",
    "table_removed": "表の削除",
    "column_added": "列の追加",
    "column_removed": "列の削除",
    "column_type": "列の型の変更",
}
VALUES = {
    "total": "総数",
    "male": "男",
    "female": "女",
    "unknown": "不詳",
    "census": "国勢調査",
    "resident_registry": "住民基本台帳",
    "japanese": "日本人",
    "foreign": "外国人",
    "birth": "出生",
    "death": "死亡",
    "in_migration": "転入",
    "out_migration": "転出",
    "natural_change": "自然増減",
    "social_change": "社会増減",
}
"""What a code of a key stands for, where it is no name already."""


def cause(causes: str, is_established: bool) -> str:
    """資料の改定・差し替え; 新しい資料（可能性がある） where it is not established; several where each is possible.

    causes: ids of CAUSES, separated by blanks.
    """
    said = [CAUSES[one] for one in causes.split()]
    if is_established or causes == "unknown":
        return "・".join(said)
    return "、または".join(said) + ("（いずれかは特定できない）" if len(said) > 1 else "（可能性がある）")
