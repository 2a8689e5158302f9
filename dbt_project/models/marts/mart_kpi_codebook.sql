select
    code_book.column_name,
    cast(code_book.place as integer) as place,
    code_book.name_ja,
    code_book.data_type,
    code_book.unit,
    code_book.code_list,
    code_book.meaning
from (
    values
    (
        cast(null as varchar), cast(null as integer), cast(null as varchar), cast(null as varchar),
        cast(null as varchar), cast(null as varchar), cast(null as varchar)
    )
    {%- for column in columns_of('mart_kpi_long') %},
    (
        '{{ column.name }}', {{ loop.index }}, '{{ column.meta.name_ja }}', '{{ column.data_type }}',
        {{ "'" ~ column.meta.unit ~ "'" if column.meta.unit else 'null' }},
        {{ "'" ~ column.meta.codes ~ "'" if column.meta.codes else 'null' }},
        '{{ column.description | replace("'", "''") }}'
    )
    {%- endfor %}
) as code_book (column_name, place, name_ja, data_type, unit, code_list, meaning)
where code_book.column_name is not null
order by code_book.place
