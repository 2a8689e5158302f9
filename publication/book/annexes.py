"""The sheets 交付金効果検証, 人口, 未報告・要確認 and 注記・凡例.

Holds: what each shows. Does not hold: figures or rules (marts).
"""

from __future__ import annotations

from sousei.publication.book.page import A3, FONT, Book, Cell, Column, Number, Page
from sousei.publication.book.told import EDITIONS, NO_GOAL, Row, Told
from sousei.publication.book.words import (
    DIRECTIONS,
    HIDDEN,
    KINDS,
    NONE,
    NOT_GRADED,
    NOT_REPORTED,
    SERIES,
    STATUS,
    UNKNOWN,
    era_day,
    short_goal,
)

_GRANT = [
    *(Column("交付対象事業", 24), Column("年度", 13), Column("実績額（円）", 15, "right"), Column("No", 4, "right")),
    *(Column("指標", 24), Column("単位", 8), Column("事業開始前", 12, "right"), Column("増加分\n目標", 11, "right")),
    *(Column("増加分\n実績", 11, "right"), Column("累計\n目標", 11, "right"), Column("累計\n実績", 11, "right")),
    *(Column("達成率\n（％）", 9, "right"), Column("機械判定", 18), Column("確定評価", 18), Column("要因・改善", 30)),
    Column("外部有識者の評価・今後", 30),
]
_MISSING = [
    *(Column("No", 9), Column("基本目標", 11), Column("指標名", 26), Column("求める相手", 15), Column("理由", 14)),
    *(Column("年度", 12), Column("いつから", 17), Column("何が足りないか", 46)),
]
_TO_DO = [Column("どうすればよいか", 46), Column("台帳・報告のファイル", 30)]
_PEOPLE = [
    ("total_persons", "総人口"),
    ("young_persons", "0～14歳"),
    ("working_age_persons", "15～64歳"),
    ("old_persons", "65歳以上"),
]
_WAYS = {"higher_is_better": "増やす", "lower_is_better": "減らす", "maintain": "保つ", "achieve": "成し遂げる"}
_LINES = {"ipss_2018": "社人研 平成30年推計", "ipss_2023": "社人研 令和5年推計", "plan": "計画（目標）"}


def add_grants(book: Book) -> None:
    """Add 交付金効果検証: increments of the year and totals, of each KPI of a project of the national grant."""
    told = book.told
    page = Page(book, "交付金効果検証", "交付金事業の効果検証", [c.width for c in _GRANT], paper=A3, size=9.0)
    if not told.grants:
        page.line("この計画には、交付金事業の報告がありません。")
        return
    page.header(_GRANT)
    page.repeat_from_top()

    def number(value: object, places: int | None = None) -> Cell:
        return UNKNOWN if value is None else Number(value, places=places)  # type: ignore[arg-type]

    for one in told.grants:
        grade = " ".join(filter(None, (one["machine_grade"], one["machine_grade_label_ja"])))
        page.cells(
            _GRANT,
            [
                "\n".join(filter(None, (one["grant_project_ja"], one["grant_name_ja"]))),
                told.fiscal_year(one["fiscal_year"]),
                number(one["actual_cost_yen"]),
                Number(one["grant_kpi_no"]) if one["grant_kpi_no"] is not None else NONE,
                one["grant_kpi_ja"] or NONE,
                one["unit"] or NONE,
                number(one["start_value"]),
                number(one["target_increment"]),
                number(one["actual_increment"]),
                number(one["target_increment_total"]),
                number(one["actual_increment_total"]),
                NONE if one["attainment_pct"] is None else Number(one["attainment_pct"], places=1),
                grade or f"{NONE} {one['machine_grade_reason_ja'] or ''}".strip(),
                " ".join(filter(None, (one["confirmed_grade"], one["confirmed_grade_label_ja"]))) or f"{UNKNOWN} 未定",
                "\n".join(filter(None, (one["cause_ja"], one["improvement_ja"]))) or UNKNOWN,
                "\n".join(
                    filter(
                        None,
                        (
                            one["expert_verdict_ja"],
                            one["committee_opinion_ja"],
                            one["future_direction_ja"],
                            one["future_reason_ja"],
                        ),
                    )
                )
                or UNKNOWN,
            ],
        )


def add_population(book: Book) -> None:
    """Add 人口: projections and plan by year, counts beside them, a chart. Census and registry stay apart."""
    told = book.told
    lines = [name for name in _LINES if any(one["scenario_id"] == name for one in told.vision)]
    heads = [
        Column("系列", 30),
        Column("年", 8, "center"),
        *(Column(f"{word}\n（人）", 13, "right") for _, word in _PEOPLE),
    ]
    heads += [
        Column("80％の幅\n下端（人）", 13, "right"),
        Column("80％の幅\n上端（人）", 13, "right"),
        Column("備考", 22),
    ]
    page = Page(book, "人口", "人口の推計・目標・実績", [one.width for one in heads])
    if not lines and not told.counted:
        page.line("この団体の人口の推計・実績は、公表版にありません。")
        return
    spans: list[tuple[str, int, int, int]] = []
    page.line("１　推計と目標（各年10月1日）", bold=True, font_size=11)
    page.header(heads)
    for name in lines:
        first, label = page.row, _LINES[name]
        for one in (one for one in told.vision if one["scenario_id"] == name):
            bounds = [_persons(one[bound], NONE) for bound in ("total_lower_persons", "total_upper_persons")]
            note = "" if one["is_projection"] else "基準年（実績）"
            people = [_persons(one[column], NONE) for column, _ in _PEOPLE]
            page.cells(heads, [label, Number(one["year"], is_year=True), *people, *bounds, note])
        spans.append((label, first, page.row - 1, 2))
    page.sheet.set_h_pagebreaks([page.row])
    _counted(page, told, spans)
    page.gap()
    _chart(page, spans)


def _persons(value: object, without: str) -> Cell:
    return without if value is None else Number(value, places=0)  # type: ignore[arg-type]


def _counted(page: Page, told: Told, spans: list[tuple[str, int, int, int]]) -> None:
    page.line("２　実績と、同じ日の推計・目標（推計の年の間は直線で結んだ値）", bold=True, font_size=11)
    if not told.counted:
        page.line("推計の基準年より後の実績は、公表版にありません。")
        return
    heads = [
        *(
            Column("系列", 30),
            Column("年", 8, "center"),
            Column("実績（人）", 13, "right"),
            Column("平成30年推計\n（人）", 13, "right"),
        ),
        *(
            Column("令和5年推計\n（人）", 13, "right"),
            Column("計画\n（人）", 13, "right"),
            Column("実績－計画\n（人）", 13, "right"),
        ),
        *(Column("確定度", 13), Column("時点", 22)),
    ]
    page.header(heads)
    for name in dict.fromkeys(one["series"] for one in told.counted):
        first, label = page.row, f"実績（{SERIES.get(name, name)}）"
        for one in (one for one in told.counted if one["series"] == name):
            after = (
                "" if one["value_status"] == "final" else f"（{STATUS.get(one['value_status'], one['value_status'])}）"
            )
            columns = ("ipss_2018_persons", "ipss_2023_persons", "plan_persons", "plan_gap_persons")
            row: list[Cell] = [
                label,
                Number(one["as_of_date"].year, is_year=True),
                Number(one["actual_persons"], after=after, places=0),
            ]
            row += [_persons(one[column], NONE) for column in columns]
            page.cells(heads, [*row, STATUS.get(one["value_status"], one["value_status"]), era_day(one["as_of_date"])])
        spans.append((label, first, page.row - 1, 2))
    page.line(
        "国勢調査と住民基本台帳は数え方が違うため、一つの線で結ばない。住民基本台帳は計画（国勢調査の基準）と比べない。"
    )


def _chart(page: Page, spans: list[tuple[str, int, int, int]]) -> None:
    """One line a series, told apart by dash and marker."""
    chart = page.book.file.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    looks = (
        ("dash", "diamond"),
        ("round_dot", "triangle"),
        ("long_dash", "square"),
        ("solid", "circle"),
        ("solid", "x"),
    )
    for place, (label, first, last, column) in enumerate(spans):
        dash, marker = looks[place % len(looks)]
        grey = ("#7F7F7F", "#595959", "#2F5597", "#000000", "#404040")[place % 5]
        chart.add_series(
            {
                "name": label,
                "categories": [page.name, first, 1, last, 1],
                "values": [page.name, first, column, last, column],
                "line": {"color": grey, "width": 2 if dash == "solid" else 1.5, "dash_type": dash},
                "marker": {
                    "type": marker,
                    "size": 6,
                    "border": {"color": grey},
                    "fill": {"color": grey if marker != "x" else "#FFFFFF"},
                },
            }
        )
    font = {"name": FONT["font_name"], "size": 9}
    chart.set_title({"name": "総人口（人）", "name_font": {**font, "size": 11}})
    chart.set_x_axis({"num_font": font, "num_format": "0", "major_gridlines": {"visible": False}})
    chart.set_y_axis(
        {
            "num_font": font,
            "num_format": "#,##0",
            "min": 0,
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
        }
    )
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_size({"width": 960, "height": 380})
    page.sheet.insert_chart(
        page.row,
        0,
        chart,
        {"description": "総人口の推計・目標・実績の折れ線。数値は表１と表２のとおり", "object_position": 1},
    )


def add_missing(book: Book) -> None:
    """Add 未報告・要確認: what is asked for. Never in the public edition; what is to be done only for the staff."""
    told = book.told
    heads = [*_MISSING, *(_TO_DO if told.is_staff else ())]
    page = Page(
        book, "未報告・要確認", "報告のない指標と確認を要する事項", [c.width for c in heads], paper=A3, size=9.0
    )
    if not told.missing:
        page.line("未報告・要確認の事項はありません。")
        return
    kpis = {one["kpi_id"]: one for one in told.kpis}
    order = {name: place for place, name in enumerate(kpis)}
    page.line(f"{len(told.missing)}件")
    page.header(heads)
    page.repeat_from_top()
    for one in sorted(
        told.missing, key=lambda row: (row["reason"], order.get(row["kpi_id"], len(order)), row["fiscal_year"] or 0)
    ):
        kpi: Row = kpis.get(one["kpi_id"], {})
        said: list[Cell] = [
            kpi.get("kpi_no") or one["kpi_id"] or NONE,
            short_goal(kpi.get("basic_goal") or NO_GOAL) if kpi else NONE,
            one["kpi_name_ja"] or NONE,
            one["asked_of_ja"] or NONE,
            one["reason_ja"],
            "\n".join(told.labels.get(one["fiscal_year"], (NONE,))),
            era_day(one["missing_since"]) or NONE,
            one["detail_ja"] or NONE,
        ]
        page.cells(heads, said + ([one["action_ja"] or NONE, one["file_name"] or NONE] if told.is_staff else []))


def add_notes(book: Book) -> None:
    """Add 注記・凡例: the rule in full, symbols, kinds, rounding, sources."""
    told = book.told
    heads = [Column("区分", 22), Column("意味", 84)]
    page = Page(book, "注記・凡例", "評価の規則、記号、端数、出典", [c.width for c in heads], landscape=False)
    bands = [Column("評価", 22), Column("条件", 84)]
    rule = told.rules[0] if told.rules else None
    page.line("１　評価の規則", bold=True, font_size=11)
    if rule is None:
        page.line("この計画の評価規則は、公表版にありません。")
    else:
        page.paragraph(f"{rule['rule_label_ja']}（{rule['grade_rule_id']}）。上から順に当てはめる。")
        page.header(bands)
        for one in told.rules:
            if one["grade"]:
                scope = "" if one["applies_to"] in {"all", "other"} else f"［{one['applies_to_ja']}］"
                page.cells(
                    bands,
                    [f"{one['grade']} {one['grade_label_ja'] or ''}".strip(), f"{scope}{one['condition_ja'] or ''}"],
                )
        page.paragraph(f"規則の全文：{rule['rule_text_ja']}")
        page.paragraph(f"規則の出典：{rule['source_ja'] or told.plan['document_ja'] or NONE}")
    page.gap()
    page.line("２　記号と言葉", bold=True, font_size=11)
    page.header(heads)
    for symbol, meaning in (
        (UNKNOWN, "不詳・未公表。まだ分からない。0ではない"),
        (NOT_REPORTED, "担当課の報告または資料の公表がまだない"),
        (NONE, "該当なし。その指標・年度にはその数値がない"),
        (NOT_GRADED, "実績はあるが、評価できない。理由は備考と「算定根拠」にある"),
        (HIDDEN, "秘匿。個人などが分かるおそれのある少ない人数と、差し引きで分かる値を隠したもの。0ではない"),
        ("▲", "負の数"),
        ("（速報）（改定）（推定）（推計）", "実績の確定度。付いていないものは確定値"),
        ("（代理）（参考）", "実績：指標そのものではない値で、評価しない。達成率：評価に使わない参考の値"),
        (
            "（暫定）",
            "評価の前提（計画の読み方、基準値、数え方、実績の確定）が決まっていないもの。理由は備考と「算定根拠」にある",
        ),
        ("約・以上・以下・超・未満", "実績が概数、または上限・下限であるもの"),
        ("種別", "、".join(f"{word}＝{code}" for code, word in KINDS.items())),
        ("方向", "、".join(f"{DIRECTIONS[code]}＝{word}" for code, word in _WAYS.items())),
        ("基準値の「逆算」「未確認」", "目標値と増減から逆算した値、担当課が確認していない値"),
    ):
        page.cells(heads, [symbol, meaning])
    page.gap()
    page.line("３　端数と計算", bold=True, font_size=11)
    for text in (
        "率・評価は丸めない値で計算する。印字は四捨五入で、率は小数1桁、値は小数2桁まで。四捨五入のため内訳と計が一致しない場合がある。",
        "累計の指標の実績は、計画期間の初めからの累計である。",
        "目安値は、計画に中間の目標があればその値、なければ基準から最終目標までを期間の年数で割った直線の値である。",
        "過去の年度は、その年度に効力のあった目標の版で評価し、後の版で計算し直さない。",
    ):
        page.paragraph(text)
    page.gap()
    page.line("４　この資料", bold=True, font_size=11)
    page.paragraph(
        f"公表版の番号 {told.release_id}、版 {EDITIONS[told.edition]}、計画書 {told.plan['document_ja'] or NONE}"
    )
    credits = dict.fromkeys(
        told.sources[score["source_id"]]["credit_ja"]
        for score in told.scores.values()
        if score["source_id"] in told.sources and told.sources[score["source_id"]]["credit_ja"]
    )
    for credit in credits:
        page.paragraph(credit if credit.startswith("出典") else f"出典：{credit}")
