-- 問い: 合計特殊出生率は、どう変わってきたか
-- 答え: 厚生労働省のベイズ推定値（5年間の平均）。期間の初めと終わりを示す
-- 1行: 市区町村×期間
select
    municipality_code,
    period_start,
    as_of_date as period_end,
    round(indicator_value, 2)::decimal(9, 2) as total_fertility_rate,
    unit,
    value_status
from fct_indicator
where indicator_id = 'tfr_bayes' and municipality_code in (select municipality_code from dim_plan)
order by municipality_code, as_of_date
