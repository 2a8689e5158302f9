{#
    Errors of a publisher that a person declared in seeds/corrections.csv, put right where the figure is first read.
    The delivered row stays in raw as it came; staging shows the corrected value with value_status 'revised'. A row is
    corrected only while it carries the value that the declaration names as published.
#}

{# The raw tables that can be corrected: what names a row of them, and the figure. One truth for staging and checks. #}
{% macro correctable() -%}
    {{ return({
        'census_population': {
            'keys': ['area_code', 'as_of_date', 'scope', 'sex', 'age_group'],
            'figure': 'population_persons', 'type': 'bigint'},
        'registry_population': {
            'keys': ['area_code', 'as_of_date', 'scope', 'sex', 'age_group'],
            'figure': 'population_persons', 'type': 'bigint'},
        'registry_dynamics': {
            'keys': ['area_code', 'as_of_date', 'scope', 'item'], 'figure': 'value', 'type': 'bigint'},
        'furusato_donation': {
            'keys': ['area_code', 'fiscal_year', 'form', 'item'], 'figure': 'value', 'type': 'bigint'},
        'tourism_visitors': {
            'keys': ['area_code', 'month', 'form'], 'figure': 'visitors', 'type': 'bigint'},
        'reference_series': {
            'keys': ['municipality_code', 'indicator_id', 'series', 'period_start', 'period_end'],
            'figure': 'value', 'type': 'decimal(18, 4)'},
    }) }}
{%- endmacro %}

{# published.<key> = what row_key says after `<key>=`, for every key of the table. #}
{% macro same_row(table) -%}
    correction.raw_table = '{{ table }}'
    {%- for key in correctable()[table]['keys'] %}
    {%- set said = "regexp_extract(correction.row_key, '(?:^| )" ~ key ~ "=(\\S+)', 1)" %}
    and published.{{ key }} = {{ said if key not in ['as_of_date', 'month', 'period_start', 'period_end', 'fiscal_year']
        else 'try_cast(' ~ said ~ ' as ' ~ ('integer' if key == 'fiscal_year' else 'date') ~ ')' }}
    {%- endfor %}
{%- endmacro %}

{# The raw table as `published`, with the correction of each row. #}
{% macro with_corrections(table) -%}
    {{ source('raw', table) }} as published
left join {{ ref('corrections') }} as correction
    on
        {{ same_row(table) | indent(8) }}
        and published.{{ correctable()[table]['figure'] }} = correction.as_published
{%- endmacro %}

{% macro corrected_figure(table) -%}
    {%- set told = correctable()[table] -%}
    coalesce(cast(correction.corrected as {{ told['type'] }}), published.{{ told['figure'] }})
{%- endmacro %}

{% macro corrected_status() -%}
    case when correction.raw_table is null then published.value_status else 'revised' end
{%- endmacro %}

{# Every declaration with every delivered row that it names, whatever its value; no row where nothing was delivered. #}
{% macro declared_corrections() -%}
    {%- for table, told in correctable().items() %}
    select
        correction.*,
        published.source_id,
        published.sheet as source_sheet,
        published."row" as source_row,
        published.{{ told['keys'][0] }} as municipality_code,
        cast(published.{{ told['figure'] }} as decimal(28, 8)) as delivered
    from (
        -- The line of the CSV: the seed keeps its order, the first line is the header.
        select
            *,
            row_number() over (order by rowid) + 1 as line_number
        from {{ ref('corrections') }}
    ) as correction
    left join {{ source('raw', table) }} as published
        on
            {{ same_row(table) | indent(12) }}
    where correction.raw_table = '{{ table }}'
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
