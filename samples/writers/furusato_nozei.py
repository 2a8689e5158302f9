"""ふるさと納税に関する現況調査 (総務省): its layouts, with their texts as published.

Holds: the detail of three years and the series. Does not hold the figures or how bytes are written.
"""

from __future__ import annotations

from pathlib import Path

from samples.writers.figures import CITIES, Row, must_match
from samples.writers.layouts import Cell, Merge, write_workbook

FURUSATO_FY2018_YEN = {"01223": 4_957_077_467, "03211": 187_412_035}
"""総務省 ふるさと納税に関する現況調査（平成30年度実績）; the series prints FY2018 rounded to 千円."""


def furusato(figures: list[Row], to: Path) -> None:
    """ふるさと納税に関する現況調査: FY2016, FY2018 and FY2019 detail (円), and the series FY2008-FY2025 (千円).

    Left out for want of figures: ②-④ of the receipts, costs, and all questions after them.
    """
    yen = {(row["code6"], row["fiscal_year_label"]): int(row["amount_yen"]) for row in figures}
    count = {(row["code6"], row["fiscal_year_label"]): int(row["count"]) for row in figures}
    for code, (code6, _, _) in CITIES.items():
        printed = round(FURUSATO_FY2018_YEN[code], -3)
        must_match(f"furusato FY2018 {code}", yen[(code6, "平成30年度")], [printed])

    def body(year: str, amounts: dict[str, int]) -> list[list[Cell]]:
        return [
            [code6, prefecture, name, count[(code6, year)], amounts[code6]]
            for code6, prefecture, name in CITIES.values()
        ]

    def header(section: str, question: str, item: str, blanks: int) -> list[list[Cell]]:
        return [
            ["市区町村\n団体コード", "都道府県", "市区町村", section, ""],
            ["", "", "", question, ""],
            *[[""] * 5 for _ in range(blanks)],
            ["", "", "", item, ""],
            ["", "", "", "寄附件数", "寄附金額"],
        ]

    def merges(first: int, rows: int) -> list[Merge]:
        last = first + rows - 1
        return [
            *((first, column, last, column) for column in range(3)),
            (first, 3, first, 4),
            (first + 1, 3, last - 2, 4),
            (last - 1, 3, last - 1, 4),
        ]

    amounts = {code6: yen[(code6, "平成28年度")] for code6, _, _ in CITIES.values()}
    head = header(
        "＜Ⅰ.ふるさと納税の受入額＞",
        "１．平成28年度のふるさと納税の受入金額の実績について記入してください。",
        "①　平成28年度に受け入れた寄附件数、金額",
        1,
    )
    rows: list[list[Cell]] = [*head, [""] * 5, *body("平成28年度", amounts)]
    write_workbook(to / "H28_gain.xlsx", {"集計表": (rows, merges(0, 5))})

    amounts = {code6: FURUSATO_FY2018_YEN[code] for code, (code6, _, _) in CITIES.items()}
    head = header(
        "＜Ⅰ.ふるさと納税の受入額＞",
        "平成30年度のふるさと納税の受入額の実績について記入してください。",
        "①　平成30年度に受け入れた寄附件数、金額",
        1,
    )
    code_sheet: list[list[Cell]] = [
        ["団体コード", "都道府県名\n（漢字）", "市区町村名\n（漢字）"],
        *[[code6, prefecture, name] for code6, prefecture, name in CITIES.values()],
    ]
    rows = [*head, *body("平成30年度", amounts)]
    write_workbook(to / "H30_gain.xlsx", {"集計": (rows, merges(0, 5)), "団体コード": (code_sheet, [])})

    amounts = {code6: yen[(code6, "令和元年度")] for code6, _, _ in CITIES.values()}
    notes = [
        "［留意事項］",
        "（１）ふるさと納税の受入件数及び受入額",
        "・各地方団体（都道府県及び市区町村）に対する寄附について、令和元年度（平成31年４月１日～令和２年３月31日）の"
        "決算見込の状況をとりまとめたものである。",
        "（東京都は、令和元年度の指定に際し申出書の提出がなかったことから、同団体に対する寄附については特例控除の"
        "対象外である。）",
        "・「④　①のうち、被災地方団体の代理受入に係るもの」欄には、被災団体に全額交付することを前提に、当該団体が"
        "被災団体の代理で寄附を募り受け入れた金額が計上されている。 ",
        "（２）ふるさと納税の募集に要した費用",
        "・「令和元年度決算見込額」欄には、指定制度施行（令和元年６月１日）前に支出した費用が含まれている。",
        "（３）ふるさと納税を募集する際の取組",
        "・クラウドファンディング型のふるさと納税を実施する場合の「５.の寄附金額の実績（令和元年度末時点）」及び"
        "「６.の達成金額」においては、法人分が含まれている場合もある。",
        "",
    ]
    head = header(
        "＜Ⅰ.ふるさと納税の受入件数及び受入額＞",
        "令和元年度のふるさと納税の受入額の実績について記入してください。",
        "①　令和元年度に受け入れた寄附件数、金額",
        2,
    )
    rows = [*[[note, "", "", "", ""] for note in notes], *head, *body("令和元年度", amounts)]
    write_workbook(to / "R1_gain.xlsx", {"集計": (rows, merges(len(notes), 6)), "団体コード": (code_sheet, [])})

    years = list(dict.fromkeys(row["fiscal_year_label"] for row in figures))
    width = 2 + 2 * len(years)
    series: list[list[Cell]] = [
        [*[""] * (width - 1), "（単位：千円、件）"],
        ["団体名", "", *(cell for year in years for cell in (year, ""))],
        [""] * width,
        ["", "", *(cell for _ in years for cell in ("金額", "件数"))],
    ]
    for code6, prefecture, name in CITIES.values():
        cells: list[Cell] = [prefecture, name]
        for year in years:
            cells += [yen[(code6, year)] / 1000, count[(code6, year)]]
        series.append(cells)
    write_workbook(to / "total_gain.xlsx", {"各団体一覧": (series, [])})
