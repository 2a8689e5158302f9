{# Words of a column that have a meaning of their own, each list once. #}
{% macro vocabulary(column) -%}
    {{ return({
        'value_status': ['final', 'preliminary', 'revised', 'estimated', 'projected', 'suppressed', 'not_reported', 'not_surveyed', 'not_applicable'],
    }[column]) }}
{%- endmacro %}

{# How settled a figure is; the highest wins when one fact is delivered more than once. #}
{% macro status_rank(column) -%}
    case {{ column }}
        when 'revised' then 6
        when 'final' then 5
        when 'preliminary' then 4
        when 'estimated' then 3
        when 'projected' then 2
        when 'suppressed' then 1
        else 0
    end
{%- endmacro %}

{# Whether an area is a municipality as the marts count them: a ward is a part of its city, the rest are sums. #}
{% macro is_municipality(area_level='area_level') -%}
    {{ area_level }} in ('municipality', 'designated_city')
{%- endmacro %}
