"""A release in a few lines: the headline KPI of each municipality and the gate's count.

Holds: what the command prints after a refresh. Does not hold: computing or grading (warehouse), other reports.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sousei.publication.query import query
from sousei.publication.shelf import Release

HEADLINES = """
select
    scored.municipality_code, town.name_ja, scored.kpi_name_ja, kpi.kpi_name_en, kpi.period_basis,
    scored.unit, scored.fiscal_year,
    scored.actual_value, scored.value_status, scored.target_value, scored.attainment_pct, scored.progress_pct,
    scored.grade, scored.grade_is_provisional, scored.not_computable_reason,
    scored.not_computable_reason_ja
from mart_kpi_scorecard as scored
inner join dim_kpi as kpi
    on kpi.municipality_code = scored.municipality_code and kpi.plan_id = scored.plan_id
    and kpi.kpi_id = scored.kpi_id and kpi.is_current and kpi.is_headline
inner join dim_municipality as town
    on town.municipality_code = scored.municipality_code and town.valid_to is null
where scored.fiscal_year = kpi.target_fiscal_year
order by scored.municipality_code, scored.kpi_id
"""

STATUS_JA = {
    "final": "確定",
    "preliminary": "速報",
    "revised": "改定",
    "estimated": "推計",
    "projected": "将来推計",
    "suppressed": "秘匿",
    "not_reported": "未報告",
}


def _number(value: Decimal | None, places: int, unit: str) -> str:
    """For reading, with its unit: thousands commas, rounded half up, no trailing zeros; … where there is none."""
    if value is None:
        return "…"
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "▲") + unit


def _grade(row: dict[str, Any], lang: str) -> str:
    """The grade, and whether it may still change; the reason where there is none."""
    if row["grade"]:
        provisional = {"ja": "（暫定）", "en": " (provisional)"}[lang]
        return row["grade"] + (provisional if row["grade_is_provisional"] else "")
    return str(row["not_computable_reason"]) if lang == "en" else f"なし（{row['not_computable_reason_ja']}）"


def _headline(row: dict[str, Any], lang: str) -> str:
    actual, target = (_number(row[name], 2, row["unit"]) for name in ("actual_value", "target_value"))
    attained, progressed = (_number(row[name], 1, "%") for name in ("attainment_pct", "progress_pct"))
    if lang == "en":
        return (
            f"  {row['municipality_code']} {row['kpi_name_en']}, {row['fiscal_year']}: actual {actual} "
            f"({row['value_status']}), target {target}, attainment {attained}, progress {progressed}, "
            f"grade {_grade(row, 'en')}"
        )
    year = f"{row['fiscal_year']}{'年度' if row['period_basis'] == '年度' else '年'}"
    return (
        f"  {row['name_ja']} {row['kpi_name_ja']} {year}: 実績 {actual}"
        f"（{STATUS_JA[row['value_status']]}） 目標 {target} 達成率 {attained} 進捗率 {progressed} "
        f"評価 {_grade(row, 'ja')}"
    )


def lines(release: Release, lang: str) -> list[str]:
    """What a release says at a glance, in Japanese or English (`lang` ja / en), one line each."""
    verdict = release.manifest.verdict
    counts = (verdict.gate_passed, verdict.gate_failed, verdict.warn_failed, verdict.review_failed)
    gate = (
        "  gate: {} checks passed, {} failed; {} warnings, {} to review"
        if lang == "en"
        else "  検査: 必須 合格{}・不合格{}、注意 {}、要確認 {}"
    )
    return [*(_headline(row, lang) for row in query(HEADLINES, release).to_dicts()), gate.format(*counts)]
