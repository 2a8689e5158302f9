{#- The candidate of a night is a new file that nobody reads before it is published: a relation is made under its own
    name in one step with its comments, where dbt's own materializations make it under another name, rename and remove
    (for readers that there are not). The contract is checked as dbt does. A half-made relation of a failed statement is
    rolled back with it. -#}

{% materialization table, adapter="duckdb", supported_languages=["sql"] %}
    {%- set target = this.incorporate(type="table") -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement("main") -%}
        {{ create_table_as(False, target, compiled_code, "sql") }};
        {{ comments(target) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}


{% materialization view, adapter="duckdb", supported_languages=["sql"] %}
    {%- set target = this.incorporate(type="view") -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement("main") -%}
        {{ get_create_view_as_sql(target, compiled_code) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}


{#- Comments on a table and its columns, as the configuration persist_docs asks. -#}
{% macro comments(relation) -%}
    {%- if config.persist_relation_docs() and model.description -%}
        {{ duckdb__alter_relation_comment(relation, model.description) }}
    {%- endif -%}
    {%- if config.persist_column_docs() -%}
        {%- for name, column in model.columns.items() if column.description %}
            comment on column {{ relation }}.{{ adapter.quote(name) }} is {{ duckdb_escape_comment(column.description) }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
