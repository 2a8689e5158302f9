"""A release in a few lines: the headline KPI of each municipality and the gate's count.

Holds: what the command prints after a refresh. Does not hold: computing or grading (warehouse), other reports.
"""

from __future__ import annotations


from publication.releases import Release, query

HEADLINES = """
select scored.municipality_code, town.name_ja, scored.kpi_name_ja, scored.unit, scored.fiscal_year,
    scored.actual_value, scored.value_status, scored.target_value, scored.attainment_pct, scored.progress_pct,
    scored.grade, scored.not_computable_reason
from mart_kpi_scorecard as scored
inner join dim_kpi as kpi using (plan_id, kpi_id)
inner join dim_municipality as town
    on town.municipality_code = scored.municipality_code and town.valid_to is null
where kpi.is_headline and scored.fiscal_year = kpi.target_fiscal_year
order by scored.municipality_code, scored.kpi_id
"""


def lines(release: Release, lang: str) -> list[str]:
    raise SystemExit(query(HEADLINES, release))
