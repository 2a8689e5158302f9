-- Published figures whose size says something. Foreign residents alone are left out (they move by whole groups); so are
-- zero and missing.
select * exclude (series, scope)
from {{ ref('int_check__published') }}
where amount > 0 and scope is distinct from 'foreign'
