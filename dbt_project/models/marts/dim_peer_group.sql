-- With whom a municipality is set side by side, and by which rule. Nearest neighbours are a group of one municipality
-- alone: one row tells the rule for all of them.
with place as (
    select * from {{ ref('int_peer__place') }}
)

select
    'nation' as group_id,
    'nation' as group_kind,
    '全国の市区町村' as label_ja,
    'All municipalities' as label_en,
    '今日のすべての市区町村（特別区を含み、政令指定都市の区と北方領土の6村を含まない）' as rule_ja,
    'All present municipalities, wards of Tokyo included, wards of designated cities and the six northern villages not'
        as rule_en,
    cast(count(*) as integer) as n_members,
    cast(null as date) as as_of_date
from place
union all
select
    'prefecture:' || prefecture_code as group_id,
    'prefecture' as group_kind,
    prefecture_name_ja || '内の団体' as label_ja,
    'Municipalities of prefecture ' || prefecture_code as label_en,
    '今日の市区町村のうち、同じ都道府県にあるもの' as rule_ja,
    'Present municipalities of one prefecture' as rule_en,
    cast(count(*) as integer) as n_members,
    null as as_of_date
from place
group by prefecture_code, prefecture_name_ja
union all
select
    'class:' || size_class || '/' || age_class as group_id,
    'class' as group_kind,
    '人口' || replace(replace(size_class, '-', '～'), '+', '以上') || '人・高齢化率'
    || replace(replace(age_class, '-', '～'), '+', '以上') || '％' as label_ja,
    'Population ' || size_class || ', share 65 and over ' || age_class || ' %' as label_en,
    '最新の年齢別の国勢調査で、総人口（3千・1万・3万・10万・30万人で区切る）と65歳以上の割合（25・30・35・40・45％で区切る）が同じ階級の市区町村。下端を含み上端を含まない' as rule_ja,
    'Municipalities of one class of population (cut at 3, 10, 30, 100 and 300 thousand) and of the share 65 and over '
    || '(cut at 25, 30, 35, 40, 45 %) in the newest census by age; the lower end belongs to the class' as rule_en,
    cast(count(*) as integer) as n_members,
    any_value(as_of_date) as as_of_date
from place
where size_class is not null
group by size_class, age_class
union all
select
    'nearest' as group_id,
    'nearest' as group_kind,
    '人口と年齢構成が最も近い20市区町村' as label_ja,
    'The 20 nearest in size and age structure' as label_en,
    '最新の年齢別の国勢調査の、人口の対数・0～14歳の割合・65歳以上の割合を全国の標準偏差で割った距離（等しい重み）が近い順に20市区町村（mart_similar_municipality）' as rule_ja,
    'The 20 municipalities nearest by distance in standard deviations of ln(population), share 0-14 and share 65 '
    || 'and over, equal weights, newest census by age (mart_similar_municipality)' as rule_en,
    20 as n_members,
    any_value(as_of_date) as as_of_date
from place
where size_class is not null
having count(*) > 20
order by group_id
