{# The fiscal year (April to March) that contains a date. #}
{% macro fiscal_year_of(date_column) -%}
    cast(year({{ date_column }} - interval 3 month) as integer)
{%- endmacro %}

{% macro first_day_of_fiscal_year(fiscal_year) -%}
    make_date({{ fiscal_year }}, 4, 1)
{%- endmacro %}

{% macro last_day_of_fiscal_year(fiscal_year) -%}
    make_date({{ fiscal_year }} + 1, 3, 31)
{%- endmacro %}

{# Censuses and projections stand for 1 October of their year. #}
{% macro census_day(year) -%}
    make_date({{ year }}, 10, 1)
{%- endmacro %}

{# A year with its era: 令和6, 令和元. A fiscal year of 2019 is of 令和, as ministries count it. #}
{% macro era_year(year) -%}
    case
        when {{ year }} = 2019 then '令和元'
        when {{ year }} > 2019 then '令和' || ({{ year }} - 2018)
        when {{ year }} = 1989 then '平成元'
        when {{ year }} > 1989 then '平成' || ({{ year }} - 1988)
        else '昭和' || ({{ year }} - 1925)
    end
{%- endmacro %}

{# A date in Japanese words: 令和7年（2025年）10月1日. #}
{% macro date_in_words(day) -%}
    {{ era_year('year(' ~ day ~ ')') }} || '年（' || year({{ day }}) || '年）' || month({{ day }}) || '月'
    || day({{ day }}) || '日'
{%- endmacro %}

{#
    The period that a value covers, in words: as it was printed, else from its first and last day, else from the period
    basis of its KPI. Of a plain fiscal year 令和6年度（2024年度）.
#}
{% macro period_in_words(label, first_day, last_day, fiscal_year, period_basis) -%}
    case
        when {{ label }} is not null then {{ label }}
        when
            {{ first_day }} = {{ first_day_of_fiscal_year(fiscal_year) }}
            and {{ last_day }} = {{ last_day_of_fiscal_year(fiscal_year) }}
            then {{ era_year(fiscal_year) }} || '年度（' || {{ fiscal_year }} || '年度）'
        when {{ first_day }} < {{ last_day }} and strftime({{ first_day }}, '%m%d') || strftime({{ last_day }}, '%m%d') = '01011231'
            then if(
                year({{ first_day }}) = year({{ last_day }}),
                {{ era_year('year(' ~ last_day ~ ')') }} || '年（' || year({{ last_day }}) || '年）の暦年',
                year({{ first_day }}) || '～' || year({{ last_day }}) || '年の'
                || (year({{ last_day }}) - year({{ first_day }}) + 1) || '年間'
            )
        when {{ first_day }} < {{ last_day }}
            then {{ date_in_words(first_day) }} || '～' || {{ date_in_words(last_day) }}
        when {{ last_day }} is not null then {{ date_in_words(last_day) }} || '時点'
        when {{ period_basis }} like '%10/1%' then {{ era_year(fiscal_year) }} || '年（' || {{ fiscal_year }} || '年）10月1日時点'
        when {{ period_basis }} like '%暦年%' or starts_with({{ period_basis }}, '年（')
            then {{ era_year(fiscal_year) }} || '年（' || {{ fiscal_year }} || '年）の暦年'
            || if({{ period_basis }} like '%可能性%', '（年度か暦年か未確認）', '')
        when {{ period_basis }} like '%時点%'
            then {{ era_year(fiscal_year) }} || '年度（' || {{ fiscal_year }} || '年度）中の時点（日付は未記入）'
        else {{ era_year(fiscal_year) }} || '年度（' || {{ fiscal_year }} || '年度）'
    end
{%- endmacro %}
