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
