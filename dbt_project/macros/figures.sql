{# Which figure a finding is about: its area and period, and where it was delivered; in a join, of which relation. #}
{% macro figure_of(relation=none) -%}
    {%- for column in ['municipality_code', 'period', 'source_id', 'source_sheet', 'source_row'] -%}
        {{ relation ~ '.' if relation }}{{ column }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
