{# Whether a named person let a delivery pass on a named day with a reason. `what` names the check's kind. #}
{% macro has_go_ahead(sha256, what) -%}
    exists (
        select 1 from {{ ref('go_aheads') }} as go_ahead
        where
            go_ahead.sha256 = {{ sha256 }}
            and go_ahead.what = '{{ what }}'
            and go_ahead.decided_on is not null
            and coalesce(go_ahead.decided_by, '') <> ''
            and coalesce(go_ahead.reason_ja, '') <> ''
    )
{%- endmacro %}
