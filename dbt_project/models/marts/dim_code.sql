-- What the codes of the marts stand for, by table and column: from the seed code_labels, the kinds of KPI, the words of
-- the forms, and the series that are named after what was found (tourism_from_..., estat:...). Codes that have a
-- dimension of their own are not here: municipalities, age groups, scenarios, indicators, plans, grades.
with mart_columns as (
    select mart.* from (
        values
        (cast(null as varchar), cast(null as varchar))
        {%- for table_name, columns in marts_columns() | dictsort %}
        {%- for column_name in columns %},
        ('{{ table_name }}', '{{ column_name }}')
        {%- endfor %}
        {%- endfor %}
    ) as mart (table_name, column_name)
    where mart.table_name is not null
),

labelled as (
    select
        table_name,
        unnest(string_split(column_names, ' ')) as column_name,
        code,
        code_order,
        label_ja,
        label_en
    from {{ ref('code_labels') }}
    union all
    select
        unnest(['dim_kpi', 'mart_kpi_scorecard']) as table_name,
        'kind' as column_name,
        kind as code,
        row_number() over (order by label_en) as code_order,
        label_ja,
        label_en
    from {{ ref('kpi_kinds') }}
    {%- for table_name, column_name, list in [
        ('dim_grade_rule', 'measure', 'band_measures'),
        ('dim_grade_rule', 'rate_measure', 'band_measures'),
        ('dim_grade_rule', 'comparison', 'comparisons'),
        ('mart_grant_form', 'machine_grade', 'grant_grades'),
        ('mart_grant_form', 'project_proposed_grade', 'grant_grades'),
        ('mart_grant_form', 'confirmed_grade', 'grant_grades'),
    ] %}
    {%- for code, word in word_lists()[list].items() %}
    union all
    select
        '{{ table_name }}',
        '{{ column_name }}',
        '{{ code }}',
        {{ loop.index }},
        '{{ word }}',
        '{{ "Grade " ~ code ~ " of 4" if list == "grant_grades" else code | replace("_", " ") | capitalize }}'
    {%- endfor %}
    {%- endfor %}
    union all
    select
        series_column.table_name,
        series_column.column_name,
        found.series as code,
        100 + row_number() over (partition by series_column.table_name order by found.series) as code_order,
        if(
            starts_with(found.series, 'estat:'),
            'e-Stat 統計表 ' || substr(found.series, 7),
            'デジタル観光統計（' || replace(substr(found.series, 14), '_', '年') || '月からの水準）'
        ) as label_ja,
        if(
            starts_with(found.series, 'estat:'),
            'e-Stat table ' || substr(found.series, 7),
            'Tourism statistics, level from ' || replace(substr(found.series, 14), '_', '-')
        ) as label_en
    from (
        select distinct series from {{ ref('fct_indicator') }}
        where starts_with(series, 'tourism_from_') or starts_with(series, 'estat:')
    ) as found
    cross join
        (
            values ('fct_indicator', 'series'), ('fct_kpi_actual', 'series'), ('mart_kpi_scorecard', 'actual_series')
        ) as series_column (table_name, column_name)
)

select
    coalesce(mart_columns.table_name, labelled.table_name) as table_name,
    labelled.column_name,
    labelled.code,
    cast(labelled.code_order as integer) as code_order,
    labelled.label_ja,
    labelled.label_en
from labelled
left join mart_columns
    on labelled.column_name = mart_columns.column_name and labelled.table_name in ('*', mart_columns.table_name)
where labelled.table_name <> '*' or mart_columns.table_name is not null
order by table_name, column_name, code_order, code
