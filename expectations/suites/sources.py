"""What must be true of the deliveries that a release names as its sources.

Holds: frame and checks of meta_source. Does not hold: problems of a single delivery (ingest tells them).
"""

from __future__ import annotations

from sousei.expectations.owners import OPERATOR
from sousei.expectations.suites.forms import READ_AGAIN, Check, Frame, between, is_true, rows

SOURCE = Frame(
    "source",
    "meta_source",
    "one delivered file that was taken",
    r"""
select
    source_id, file_name, sha256,
    source_id as source_id_text,
    ends_with(source_id, '-' || left(sha256, 16)) as is_named_by_content,
    not regexp_matches(file_name, '[/\\[:cntrl:]]') as is_base_name,
    trim(coalesce(publisher_ja, '')) <> '' and trim(coalesce(licence, '')) <> '' as is_credited,
    rows_read,
    rows_quarantined
from main.meta_source
where verdict = 'taken'
""",
    ("source_id", "file_name"),
    ("delivery",),
)

CHECKS: tuple[Check, ...] = (
    rows(
        "sources_have_a_plausible_number_of_files",
        SOURCE,
        1_000_000,
        "受領ファイルの数が妥当である",
        "1,741団体が年12ファイルを40年分届けても約84万。",
    ),
    Check(
        "source_sha256_is_a_hash",
        SOURCE,
        "gate",
        "ExpectColumnValuesToMatchRegex",
        {"column": "sha256", "regex": "^[0-9a-f]{64}$"},
        "sha256は16進64桁である",
        "受領時の原本まで遡る唯一の鍵であり、欠けや切り詰めを認めない。",
        OPERATOR,
        "snapshots の receipt.json と照合する。",
    ),
    is_true(
        "source_id_is_named_by_content",
        SOURCE,
        "gate",
        "is_named_by_content",
        "source_idの末尾はsha256の先頭16桁である",
        "公表値から原本への追跡は、内容から決まる名前に頼っている。",
        OPERATOR,
        "snapshots の receipt.json と照合する。",
    ),
    is_true(
        "source_file_name_is_a_base_name",
        SOURCE,
        "gate",
        "is_base_name",
        "ファイル名にフォルダーや制御文字が含まれない",
        "公表物に運用環境のパスを載せない。",
        OPERATOR,
        "受領名の正規化（ingest.receive.intake）を確認する。",
    ),
    is_true(
        "source_is_credited",
        SOURCE,
        "gate",
        "is_credited",
        "すべての受領ファイルに公表元と利用条件がある",
        "出典の明示は各公表元の利用条件であり、ないまま公表できない。",
        OPERATOR,
        "該当する読取定義（ingest/sources/<source>）に publisher_ja と licence を書く。",
    ),
    between(
        "every_source_gave_rows",
        SOURCE,
        "gate",
        "rows_read",
        1,
        None,
        "採用した受領ファイルからは1行以上が読み取られている",
        "0行の採用は、書式の変化で黙って読み飛ばしたことを示す。",
        OPERATOR,
        READ_AGAIN,
    ),
    between(
        "no_row_was_quarantined",
        SOURCE,
        "warn",
        "rows_quarantined",
        None,
        0,
        "読み取りを見送った行がない",
        "見送りは許されるが、見送った事実を毎回知らせる。",
        OPERATOR,
        "見送りの理由（meta_check_outcome の ingest の行）を確認し、提供元へ照会する。",
    ),
)
