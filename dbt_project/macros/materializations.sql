{#- The candidate of a night is a new file that nobody reads before it is published: a relation is made under its own
    name in one step with its comments, where dbt's own materializations make it under another name, rename and remove
    (for readers that there are not). A half-made relation of a failed statement is rolled back with it. -#}

{% materialization table, adapter="duckdb", supported_languages=["sql"] %}
    {%- set target = this.incorporate(type="table") -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement("main") -%}
        create table {{ target }} as ({{ compiled_code }});
        {{ comments(target) }}
    {%- endcall %}
    {% if config.get("contract").enforced %}{{ hold_contract(target) }}{% endif %}
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


{#- The contract of a table just made: its columns have the names, types and order of the contract. One look at what is
    there, where dbt's own check plans the model twice more before it is made. Raises dbt's error of a broken contract; the
    table is rolled back. -#}
{% macro hold_contract(relation) -%}
    {%- set made, agreed = [], [] -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do made.append({"name": column.name, "data_type": column.dtype | lower}) -%}
    {%- endfor -%}
    {%- for column in model.columns.values() -%}
        {%- do agreed.append({"name": column.name, "data_type": column.data_type | lower | replace(", ", ",")}) -%}
    {%- endfor -%}
    {%- if made | sort(attribute="name") == agreed | sort(attribute="name") and made != agreed -%}
        {%- set order = made | map(attribute="name") | join(", ") -%}
        {%- do exceptions.raise_compiler_error("The contract has the columns in another order than: " ~ order) -%}
    {%- elif made != agreed -%}
        {%- do exceptions.raise_contract_error(agreed, made) -%}
    {%- endif -%}
{%- endmacro %}


{#- dbt's own without a copy of what ran on disk: the compiled code lies beside it. -#}
{% macro statement(name=None, fetch_result=False, auto_begin=True, language="sql") -%}
    {%- if execute -%}
        {%- set found, table = adapter.execute(caller(), auto_begin=auto_begin, fetch=fetch_result) -%}
        {%- if name is not none -%}
            {{ store_result(name, response=found, agate_table=table) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
