select
    grain.table_name,
    grain.column_name,
    cast(grain.place as integer) as place
from (
    values
    (cast(null as varchar), cast(null as varchar), cast(null as integer))
    {%- for table_name, columns in grains() | dictsort %}
    {%- for column_name in columns %},
    ('{{ table_name }}', '{{ column_name }}', {{ loop.index }})
    {%- endfor %}
    {%- endfor %}
) as grain (table_name, column_name, place)
where grain.table_name is not null
order by grain.table_name, grain.place
