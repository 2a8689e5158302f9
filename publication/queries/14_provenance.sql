-- 問い: この実績の値は、どのファイルのどのシート・行・列の欄から来たか
-- 答え: 値のもとの欄（分子・分母はそれぞれの欄）と、ファイルの名前・シート・行・列・ハッシュ値・利用条件・出典の表示
-- 1行: 指標×年度×もとの欄
select
    actual.municipality_code,
    actual.plan_id,
    actual.kpi_id,
    actual.fiscal_year,
    actual.actual_value,
    actual.unit,
    cell.input_no,
    cell.role,
    cell.sign,
    cell.cell_value,
    source.file_name,
    coalesce(cell.source_sheet, actual.source_sheet) as source_sheet,
    coalesce(cell.source_row, actual.source_row) as source_row,
    cell.source_column,
    source.sha256,
    source.licence,
    source.credit_ja
from fct_kpi_actual as actual
left join mart_kpi_input as cell
    on
        actual.municipality_code = cell.municipality_code and actual.plan_id = cell.plan_id
        and actual.kpi_id = cell.kpi_id and actual.fiscal_year = cell.fiscal_year
left join meta_source as source on coalesce(cell.source_id, actual.source_id) = source.source_id
where actual.is_latest and actual.actual_value is not null
order by actual.municipality_code, actual.plan_id, actual.kpi_id, actual.fiscal_year, cell.input_no
