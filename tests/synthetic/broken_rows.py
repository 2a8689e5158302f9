"""A broken row for every rule that a mart declares (sound_rows): what to set in a row that is blank elsewhere.

Holds: mart -> what the check must say -> columns and their values. Does not hold: the rules (dbt_project/models/marts),
or how the rows are planted (tests/integration/test_rows_of_marts.py). A rule without a row here, or a row without its
rule, is an error of tests/contract/test_barriers.py.
"""

from __future__ import annotations

BROKEN_ROWS: dict[str, dict[str, str]] = {
    "dim_indicator": {
        "最初の時点が最後より後です": ("first_period_end = date '2020-04-01', last_period_end = date '2020-03-02'"),
        "団体の数と時点が合いません": "n_municipalities = 0, first_period_end = date '2020-04-01'",
    },
    "dim_municipality": {
        "有効期間が逆転しています": "valid_to = date '2020-04-01', valid_from = date '2020-04-01'",
        "コードが5桁ではありません": "municipality_code = 'x'",
        "今日の団体にたどり着きません（municipality_changes.csv の行が足りません）": (
            "current_code = null, is_divided = false"
        ),
        "現在の団体が自分自身にたどり着きません": (
            "is_current = true, current_code = '01223', municipality_code = '01224'"
        ),
    },
    "dim_municipality_code": {
        "今日の団体にたどり着きません": "current_code = null, is_divided = false",
        "今日の団体の名称がありません": "current_code = 'x', current_name_ja = null",
        "現在の団体が自分自身にたどり着きません": (
            "is_current = true, current_code = '01223', municipality_code = '01224'"
        ),
    },
    "dim_peer_group": {
        "団体のない集まりです": "n_members = -1",
        "階級のもとの国勢調査の時点がありません": "group_kind = 'x', as_of_date = null",
    },
    "dim_plan": {
        "計画期間の終わりが始まりより前です": "first_fiscal_year = 2, last_fiscal_year = 1",
        "評価規則がどこにもありません": "grade_rule_label_ja = null",
    },
    "dim_time": {
        "令和元年度が2019年度ではありません": "fiscal_year_label_ja = '令和元年度', year = 2",
    },
    "fct_furusato_donation": {
        "受入額が負です": "donation_jpy = -1",
        "件数が負です": "donation_count = -1",
    },
    "fct_indicator": {
        "期間の初日が末日より後です": "period_start = date '2020-04-01', as_of_date = date '2020-03-02'",
    },
    "fct_kpi_actual": {
        "分母が0以下です": "denominator = -1",
        "値と状態が合いません": "actual_value = 2, value_status = 'suppressed'",
        "計算した割合が範囲の外です": "unit = '％', how_measured = 'x', actual_value = 101",
    },
    "fct_population": {
        "人口が負です": "population_persons = -1",
        "値が空なのに秘匿・未報告ではありません": "population_persons = null, value_status = 'x'",
    },
    "fct_population_change": {
        "人数が負です": "component = 'x', persons = -1",
        "期間が逆転しています": "period_end = date '2020-04-01', period_start = date '2020-04-01'",
    },
    "fct_tourism_visitors": {
        "来訪者数が負です": "visitors = -1",
        "月の初日ではありません": "month = date '2020-03-02'",
        "比較の始まりが月より後です": "comparable_from = date '2020-04-01', month = date '2020-03-02'",
        "水準の変わり目をまたいで前年同月と比べています": (
            "of_year_before_pct = 2, comparable_from = date '2020-04-01', month = date '2020-04-01'"
        ),
    },
    "mart_composed_indicator": {
        "部分がそろわないのに値があります": "composed_value = 2, n_parts_given = 2, n_parts = 1",
        "値のない理由がありません": "composed_value = 2, not_available_ja = 'x'",
    },
    "mart_corporate_donation": {
        "非公開の寄附の名前か金額が出ています": "is_undisclosed = true, amount_yen = 2, donor_ja = 'x'",
        "負の金額です": "amount_yen = -1",
    },
    "mart_event": {
        "人数と状態が合いません": "n_participants = 2, value_status = 'suppressed'",
    },
    "mart_fund": {
        "年度のない報告です": "entry_no = 0, fiscal_year = 2",
    },
    "mart_grant_form": {
        "判定がないのに理由がないか、判定と理由が両方あります": "machine_grade = 'x', machine_grade_reason = 'x'",
        "事業の期間が7年を超えています": "grant_term_years = -1",
    },
    "mart_human_flow": {
        "人数と状態が合いません": "n_persons = 2, value_status = 'suppressed'",
    },
    "mart_kpi_long": {
        "分母が0以下です": "denominator = -1",
    },
    "mart_kpi_missing": {
        "求める相手がありません": "reason = 'x', asked_of_ja = null",
        "年度がありません": "reason = 'unreported', fiscal_year = null",
    },
    "mart_kpi_scorecard": {
        "実績がないのに評価されています": (
            "actual_value = null, value_status = 'x', attainment_pct = 2, progress_pct = 2, grade = 'x'"
        ),
        "評価がないのに理由がありません": "grade = null, not_computable_reason = null",
        "暫定の評価に理由がないか、理由があるのに暫定とされていません": (
            "grade = 'x', grade_is_provisional = false, provisional_reason = 'x'"
        ),
        "概数や下限の値が評価されています": "comparator = 'x', grade = 'x'",
        "未報告・調査なし・秘匿・該当なしなのに実績があります": "actual_value = 2, value_status = 'not_reported'",
        "要確認があるのに評価が暫定とされていません": (
            "grade = 'x', has_open_question = true, grade_is_provisional = false"
        ),
        "代理・参考・見込みの値が評価されています": "grade = 'x', fit = 'x', value_status = 'x'",
    },
    "mart_kpi_summary": {
        "総数より多い数です": "n_kpi = 2, n_kpi_all = 1",
    },
    "mart_peer_impact": {
        "影響度が1～5の外です": "natural_degree = 2, social_degree = -1",
        "団体の数が集まりの数を超えています": "n_municipalities = 2, n_measured = 1",
    },
    "mart_peer_standing": {
        "順位と、出さない理由が合いません": "withheld_reason = 'x', value_rank = 2",
        "値のある団体の数が集まりの団体の数を超えています": "n_measured = 2, n_members = 1",
        "順位が団体の数の外です": "value_rank = 2, n_measured = 1",
        "百分位が0～100の外です": "percentile_pct = -1",
        "順位が幅の外です": "value_rank = 2, value_rank_from = 2, value_rank_to = 1",
        "値が集まりの最小と最大の外です": "measured_value = 2, minimum_value = 2, maximum_value = 1",
        "値が幅の外です": "measured_value = 2, lower_value = 2, upper_value = 1",
    },
    "mart_per_resident": {
        "分母の時点がありません": "donation_jpy_per_resident = 2, residents_date = null",
        "分母の出典がありません": "visitors_per_resident = 2, residents_source_id = null",
    },
    "mart_population_actual": {
        "実際の人口が0以下です": "actual_persons = -1",
    },
    "mart_population_change": {
        "負の人数です": "births_persons = 2, deaths_persons = -1",
        "増減が自然増減と社会増減の和と合いません": (
            "change_persons = 2, natural_change_persons = 2, social_change_persons = 2"
        ),
    },
    "mart_population_current_area": {
        "今日の区域と一致しない理由がありません": "is_conserved = true, not_conserved_reason_ja = 'x'",
        "値がないのに今日の区域と一致するとしています": "is_conserved = true, population_persons = null",
        "和かどうかの印が団体の数と合いません": "is_aggregated = true, n_parts = 1",
    },
    "mart_population_integer": {
        "人口が負です": "population_persons = -1",
    },
    "mart_population_projection": {
        "人口が負です": "population_persons = -1",
    },
    "mart_population_refresh": {
        "延ばした人口が幅の外です": "refreshed_persons = 2, lower_persons = 2, upper_persons = 1",
    },
    "mart_population_vision": {
        "総人口が0以下です": "total_persons = -1",
        "3区分の和が総人口と合いません": (
            "young_persons = 2, working_age_persons = 2, old_persons = 2, total_persons = 2, scenario_id = 'x'"
        ),
        "割合が0～100の外です": "young_share_pct = 2, working_age_share_pct = 2, old_share_pct = -1",
        "出生－死亡が自然増減と合いません": "births_5y = 2, deaths_5y = 2, natural_change_5y = 2",
    },
    "mart_population_ward": {
        "分割された区とたどった先の区が合いません": "is_divided = true, current_ward_code = 'x'",
        "人口が負です": "population_persons = -1",
    },
    "mart_population_yearly": {
        "人口が負です": "persons = -1",
    },
    "mart_project": {
        "場所の番号と施策が合いません": "place_no = 0, node_id = 'x'",
    },
    "mart_projection_backtest": {
        "測った行に誤差の分位がありません": "basis = 'x', p10_error_pct = null",
        "幅が推計値を含みません": "band_low_error_pct = 2, band_high_error_pct = 2",
        "誤差の分位の順が逆です": "p10_error_pct = 2, median_error_pct = 2, p90_error_pct = 1",
    },
    "mart_projection_rates": {
        "生残率と純移動率の和が変化率と合いません": (
            "survival_ratio = 2, net_migration_ratio = 2, cohort_change_ratio = 2"
        ),
        "率が範囲の外です": "cohort_change_ratio = 2, survival_ratio = 2",
    },
    "mart_similar_municipality": {
        "近い順が1～20の外です": "similarity_rank = -1",
        "自分自身が近い団体になっています": "similar_code = 'x', municipality_code = 'x'",
        "距離が負です": "distance = -1",
    },
    "mart_target_ambition": {
        "割合と、出さない理由が合いません": "withheld_reason = 'x', share_reached_pct = 2",
        "値のある団体の数が集まりの団体の数を超えています": "n_measured = 2, n_members = 1",
        "届いた団体の数が値のある団体の数を超えています": "n_reached = 2, n_measured = 1",
        "届いたとみなす値がありません": "withheld_reason = null, threshold_value = null",
    },
    "mart_vision_decomposition": {
        "自然と社会の和が差と合いません": "natural_persons = 2, social_persons = 2, difference_persons = 2",
    },
    "mart_vision_impact": {
        "影響度が1～5の外です": "natural_degree = 2, social_degree = -1",
        "人口減少段階が1～3の外です": "depopulation_stage = -1",
    },
    "mart_vision_reconciliation": {
        "実績の時点がありません": "actual_value = null, actual_date = date '2020-04-01'",
    },
    "meta_source": {
        "採用したファイルの出典・公表者・利用条件が空欄です": (
            "verdict = 'taken', source = 'x', publisher_ja = 'x', licence = null"
        ),
    },
}
