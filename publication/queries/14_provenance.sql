-- 問い: この実績の値は、どのファイルのどの行から来たか
-- 答え: 実績の値と、届いたファイルの名前・シート・行・ハッシュ値・利用条件・出典の表示
-- 1行: 指標×年度（効力のある版）
select
    actual.municipality_code,
    actual.plan_id,
    actual.kpi_id,
    actual.fiscal_year,
    actual.actual_value,
    actual.unit,
    source.file_name,
    actual.source_sheet,
    actual.source_row,
    source.sha256,
    source.licence,
    source.credit_ja
from fct_kpi_actual as actual
left join meta_source as source on actual.source_id = source.source_id
where actual.is_latest and actual.actual_value is not null
order by actual.municipality_code, actual.plan_id, actual.kpi_id, actual.fiscal_year
