-- Which kinds of delivery each mart is made from, as the graph of the models says. A kind counts where a delivery of it
-- is known to this run; the tables of the projection are made from projection_inputs().
select distinct
    upstream.table_name,
    delivery.source
from (
    values
    (cast(null as varchar), cast(null as varchar))
    {%- for table_name, raw_tables in upstreams() | dictsort %}
    {%- for raw_table in raw_tables %},
    ('{{ table_name }}', '{{ raw_table }}')
    {%- endfor %}
    {%- endfor %}
) as upstream (table_name, raw_table)
inner join {{ source('raw', 'delivery') }} as delivery
    on list_contains(string_split(replace(delivery.raw_table, ' ', ''), ','), upstream.raw_table)
order by upstream.table_name, delivery.source
