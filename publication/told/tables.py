"""Tables and notes that workbook and report print alike.

Holds: headers and rows of grant, population and history, the notes. Does not hold: widths, looks, or single cells of a
KPI (`figures`).
"""

from __future__ import annotations

from sousei.publication.told.figures import Cell, Number, changed
from sousei.publication.told.read import EDITIONS, Row, Told
from sousei.publication.told.words import (
    DIRECTIONS,
    HIDDEN,
    KINDS,
    NONE,
    NOT_GRADED,
    NOT_REPORTED,
    SERIES,
    STATUS,
    UNKNOWN,
    era_day,
)

GRANT = (
    *("交付対象事業", "年度", "実績額（円）", "No", "指標", "単位", "事業開始前", "増加分\n目標", "増加分\n実績"),
    *("累計\n目標", "累計\n実績", "達成率\n（％）", "機械判定", "確定評価", "要因・改善", "外部有識者の評価・今後"),
)
PEOPLE = {
    "total_persons": "総人口",
    "young_persons": "0～14歳",
    "working_age_persons": "15～64歳",
    "old_persons": "65歳以上",
}
VISION = (
    *("系列", "年", *(f"{word}\n（人）" for word in PEOPLE.values())),
    *("80％の幅\n下端（人）", "80％の幅\n上端（人）", "備考"),
)
COUNTED = (
    *("系列", "年", "実績（人）", "平成30年推計\n（人）", "令和5年推計\n（人）", "計画\n（人）", "実績－計画\n（人）"),
    *("確定度", "時点"),
)
HISTORY = (
    *("No", "指標名", "出来事", "年度", "版", "内訳", "前の値", "この版の値", "単位", "確定度", "課", "理由・決定"),
    *("受領日", "資料"),
)
SERIES_APART = (
    "国勢調査と住民基本台帳は数え方が違うため、一つの線で結ばない。住民基本台帳は計画（国勢調査の基準）と比べない。"
)
LINES = {
    "ipss_2018": "社人研 平成30年推計",
    "ipss_2023": "社人研 令和5年推計",
    "ipss_2018_from_2025": "準拠推計（2025年国勢調査から）",
    "plan": "計画（目標）",
}
"""Scenario -> its name in print: both editions, their rates from the newest census, the plan."""
WAYS = {"higher_is_better": "増やす", "lower_is_better": "減らす", "maintain": "保つ", "achieve": "成し遂げる"}
SYMBOLS = (
    (UNKNOWN, "不詳・未公表。まだ分からない。0ではない"),
    (NOT_REPORTED, "担当課の報告または資料の公表がまだない"),
    (NONE, "該当なし。その指標・年度にはその数値がない"),
    (NOT_GRADED, "実績はあるが、評価できない。理由は備考と「算定根拠」にある"),
    (HIDDEN, "秘匿。個人などが分かるおそれのある少ない人数と、差し引きで分かる値を隠したもの。0ではない"),
    ("▲", "負の数"),
    ("（速報）（改定）（推定）（推計）", "実績の確定度。付いていないものは確定値"),
    ("（代理）（参考）", "実績：指標そのものではない値で、評価しない。達成率：評価に使わない参考の値"),
    (
        "（暫定）",
        "評価の前提（計画の読み方、基準値、数え方、実績の確定）が決まっていないもの。理由は備考と「算定根拠」にある",
    ),
    ("約・以上・以下・超・未満", "実績が概数、または上限・下限であるもの"),
    ("種別", "、".join(f"{word}＝{code}" for code, word in KINDS.items())),
    ("方向", "、".join(f"{DIRECTIONS[code]}＝{word}" for code, word in WAYS.items())),
    ("基準値の「逆算」「未確認」", "目標値と増減から逆算した値、担当課が確認していない値"),
)
"""Symbol or word, and its meaning."""
ROUNDING = (
    "率・評価は丸めない値で計算する。印字は四捨五入で、率は小数1桁、値は小数2桁まで。四捨五入のため内訳と計が一致しない場合がある。",
    "累計の指標の実績は、計画期間の初めからの累計である。",
    "目安値は、計画に中間の目標があればその値、なければ基準から最終目標までを期間の年数で割った直線の値である。",
    "過去の年度は、その年度に効力のあった目標の版で評価し、後の版で計算し直さない。",
)


def grant_rows(told: Told) -> list[list[Cell]]:
    """Rows of GRANT: increments of the year and totals, of each KPI of a project of the national grant."""

    def number(value: object, places: int | None = None) -> Cell:
        return UNKNOWN if value is None else Number(value, places=places)  # type: ignore[arg-type]

    def said(one: Row, *names: str) -> str:
        return "\n".join(filter(None, (one[name] for name in names)))

    return [
        [
            said(one, "grant_project_ja", "grant_name_ja"),
            told.fiscal_year(one["fiscal_year"]),
            number(one["actual_cost_yen"]),
            Number(one["grant_kpi_no"]) if one["grant_kpi_no"] is not None else NONE,
            one["grant_kpi_ja"] or NONE,
            one["unit"] or NONE,
            number(one["start_value"]),
            number(one["target_increment"]),
            number(one["actual_increment"]),
            number(one["target_increment_total"]),
            number(one["actual_increment_total"]),
            NONE if one["attainment_pct"] is None else Number(one["attainment_pct"], places=1),
            " ".join(filter(None, (one["machine_grade"], one["machine_grade_label_ja"])))
            or f"{NONE} {one['machine_grade_reason_ja'] or ''}".strip(),
            " ".join(filter(None, (one["confirmed_grade"], one["confirmed_grade_label_ja"]))) or f"{UNKNOWN} 未定",
            said(one, "cause_ja", "improvement_ja") or UNKNOWN,
            said(one, "expert_verdict_ja", "committee_opinion_ja", "future_direction_ja", "future_reason_ja")
            or UNKNOWN,
        ]
        for one in told.grants
    ]


def vision_rows(told: Told) -> dict[str, list[list[Cell]]]:
    """Line of projection or plan -> its rows of VISION by year."""
    return {
        label: [
            [
                label,
                Number(one["year"], is_year=True),
                *(_persons(one[column]) for column in (*PEOPLE, "total_lower_persons", "total_upper_persons")),
                "" if one["is_projection"] else f"基準年（{one['base_ja'] or '実績'}）",
            ]
            for one in told.vision
            if one["scenario_id"] == name
        ]
        for name, label in LINES.items()
        if any(one["scenario_id"] == name for one in told.vision)
    }


def counted_rows(told: Told) -> dict[str, list[list[Cell]]]:
    """Series of counts -> its rows of COUNTED by date."""
    found: dict[str, list[list[Cell]]] = {}
    for one in told.counted:
        label = f"実績（{SERIES.get(one['series'], one['series'])}）"
        status = STATUS.get(one["value_status"], one["value_status"])
        mark = "" if one["value_status"] == "final" else f"（{status}）"
        found.setdefault(label, []).append(
            [
                label,
                Number(one["as_of_date"].year, is_year=True),
                Number(one["actual_persons"], after=mark, places=0),
                *(
                    _persons(one[column])
                    for column in ("ipss_2018_persons", "ipss_2023_persons", "plan_persons", "plan_gap_persons")
                ),
                status,
                era_day(one["as_of_date"]),
            ]
        )
    return found


def _persons(value: object) -> Cell:
    return NONE if value is None else Number(value, places=0)  # type: ignore[arg-type]


def history_rows(told: Told) -> list[list[Cell]]:
    """Rows of HISTORY: revisions of targets, restatements, corrections, and what was first reported."""
    kpis = {one["kpi_id"]: one for one in told.kpis}
    order = {name: place for place, name in enumerate(kpis)}
    found: list[list[Cell]] = []
    for one in sorted(told.history, key=lambda row: (order.get(row["kpi_id"], len(order)), row["event_no"])):
        kpi = kpis.get(one["kpi_id"], {})
        decided = "　".join(filter(None, (era_day(one["decided_on"]), one["decided_by_ja"])))
        found.append(
            [
                kpi.get("kpi_no") or one["kpi_id"],
                kpi.get("kpi_name_ja") or one["kpi_id"],
                one["event_kind_ja"],
                "\n".join(told.labels.get(one["fiscal_year"], (str(one["fiscal_year"]),))),
                Number(one["revision"]) if one["revision"] is not None else NONE,
                one["subseries_ja"] or NONE,
                changed(one, "value_before", "status_before"),
                changed(one, "value_after", "status_after"),
                one["unit"] or NONE,
                "→".join(STATUS.get(s, str(s)) for s in (one["status_before"], one["status_after"]) if s) or NONE,
                one["section_ja"] or NONE,
                "\n".join(filter(None, (one["reason_ja"], decided))) or NONE,
                era_day(one["received_at"].date()) if one["received_at"] else NONE,
                f"{one['file_name'] or one['source_id'] or NONE}　{one['source_sheet'] or ''}",
            ]
        )
    return found


def bands(told: Told) -> list[tuple[str, str]]:
    """Grade and condition of each band of the plan's rule, in the order in which they are tried."""
    return [
        (
            f"{one['grade']} {one['grade_label_ja'] or ''}".strip(),
            ("" if one["applies_to"] in {"all", "other"} else f"［{one['applies_to_ja']}］")
            + (one["condition_ja"] or ""),
        )
        for one in told.rules
        if one["grade"]
    ]


def about_paper(told: Told) -> str:
    """Which release, edition and document of the plan a paper is of."""
    return f"公表版の番号 {told.release_id}、版 {EDITIONS[told.edition]}、計画書 {told.plan['document_ja'] or NONE}"


def credits(told: Told) -> list[str]:
    """Credit lines of the sources behind the scores; each begins with 出典."""
    given = dict.fromkeys(
        told.sources[score["source_id"]]["credit_ja"]
        for score in told.scores.values()
        if score["source_id"] in told.sources and told.sources[score["source_id"]]["credit_ja"]
    )
    return [one if one.startswith("出典") else f"出典：{one}" for one in given]
