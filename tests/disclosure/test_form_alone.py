"""The same list in another form is no difference: order of rows and columns, case, blanks, header language, kind of file."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from framework.disclosure.check_file import check
from framework.disclosure.columns import SITES
from framework.disclosure.differences import compare
from tests.disclosure.workbooks import TODAY, read

Rows = list[dict[str, Any]]
HEADERS = {
    "site_legal_name": ("Factory name", "Naam fabriek", "Fabriksnamn", "Name des Werks", "Nom de l'usine", "工厂名称"),
    "address_line": ("Address", "Adres", "Adress", "Anschrift", "Adresse", "地址"),
    "city": ("City", "Plaats", "Ort", "Stadt", "Ville", "城市"),
    "postcode": ("Postcode", "Postcode", "Postnummer", "Postleitzahl", "Code postal", "邮编"),
    "country": ("Country", "Land", "Land", "Land", "Pays", "国家"),
    "workers_total": (
        "Number of workers",
        "Aantal werknemers",
        "Antal anställda",
        "Anzahl Mitarbeiter",
        "Nombre de travailleurs",
        "员工人数",
    ),
    "parent_company": ("Parent company", "Moederbedrijf", "Moderbolag", "Muttergesellschaft", "Groupe", "集团"),
}
NAMES = ("Lakeside", "Harbour", "Jinlong", "Voltara", "Nordlicht", "Pinewood", "Sungrove", "Redstone", "Ölmühle")
STREETS = ("Dock Road", "Long Lane", "First Avenue", "Tulip Street", "Hafenstraße", "Västra Gatan")
CITIES = (("Kunshan", "CN"), ("Suzhou", "CN"), ("Hanoi", "VN"), ("Malmö", "SE"), ("Gent", "BE"), ("Penang", "MY"))


@st.composite
def sites(draw: Callable[[Any], Any]) -> Rows:
    """Sites as a supplier may list them: some without a postcode, some of one company, some alike but for a number."""
    rows = []
    for _n in range(draw(st.integers(1, 12))):
        city, country = draw(st.sampled_from(CITIES))
        plant = draw(st.sampled_from(["", " Plant 1", " Plant 2", " Unit 12"]))
        form = draw(st.sampled_from(["Co., Ltd.", "GmbH", "AB", ""]))
        number, letter = draw(st.integers(1, 400)), draw(st.sampled_from(["", "A", "b", "-2"]))
        rows.append(
            {
                "site_legal_name": f"{draw(st.sampled_from(NAMES))} {draw(st.sampled_from(NAMES))}{plant} {form}".strip(),
                "address_line": f"{number}{letter} {draw(st.sampled_from(STREETS))}",
                "city": city,
                "postcode": draw(st.sampled_from([None, "2100", "21518", "SE-215 32"])),
                "country": country,
                "workers_total": draw(st.sampled_from([None, 12, 1500])),
                "parent_company": draw(st.sampled_from([None, "Lakeside Holding", "Voltara Group"])),
            }
        )
    return rows


def written(path: Path, rows: Rows, columns: list[str], language: int) -> Path:
    heads = [HEADERS[name][language] for name in columns]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([heads, *([row[name] for name in columns] for row in rows)])
        return path
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Sites")
    for line, cells in enumerate([heads, *([row[name] for name in columns] for row in rows)]):
        for place, cell in enumerate(cells):
            sheet.write(line, place, cell)
    book.close()
    return path


def spaced(text: Any, chance: random.Random) -> Any:
    if not isinstance(text, str):
        return text
    return f"{' ' * chance.randint(0, 2)}{text.replace(' ', ' ' * chance.randint(1, 3))}{' ' * chance.randint(0, 2)}"


def cased(text: Any, chance: random.Random) -> Any:
    return chance.choice([str.upper, str.lower, str.title, str.swapcase])(text) if isinstance(text, str) else text


def reformed(rows: Rows, chance: random.Random) -> Rows:
    """The same rows in another order, case and spacing; a country keeps its code."""
    shuffled = [
        {name: spaced(value if name == "country" else cased(value, chance), chance) for name, value in row.items()}
        for row in rows
    ]
    chance.shuffle(shuffled)
    return shuffled


def tables(path: Path) -> Any:
    found = check(read(path), None, today=TODAY)
    assume(found.verdict == "countable")  # of a list of a line or two the meaning of a column may have to be asked
    return found.tables


@settings(
    max_examples=60, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=sites(),
    before=st.sampled_from(["csv", "xlsx"]),
    after=st.sampled_from(["csv", "xlsx"]),
    languages=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    chance=st.randoms(use_true_random=False),
)
def test_another_form_of_a_list_is_no_difference(
    tmp_path: Path, rows: Rows, before: str, after: str, languages: tuple[int, int], chance: random.Random
):
    columns = list(HEADERS)
    other = chance.sample(columns, len(columns))
    old = tables(written(tmp_path / f"before.{before}", rows, columns, languages[0]))
    new = tables(written(tmp_path / f"after.{after}", reformed(rows, chance), other, languages[1]))

    found = compare(old, new)

    assert [(one.kind, one.changes) for one in found.found] == []
    assert found.unchanged >= len(rows)
    assert compare(new, old).found == ()


@settings(
    max_examples=60, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=sites(), place=st.integers(0, 11), chance=st.randoms(use_true_random=False))
def test_one_change_among_others_of_form_is_the_only_one_told(
    tmp_path: Path, rows: Rows, place: int, chance: random.Random
):
    changed = [dict(row) for row in rows]
    one = changed[place % len(rows)]
    one["workers_total"] = 77
    old = tables(written(tmp_path / "before.csv", rows, list(HEADERS), 0))
    new = tables(written(tmp_path / "after.xlsx", reformed(changed, chance), list(HEADERS), 1))

    found = compare(old, new)

    assert [one.kind for one in found.found] == ["changed"]
    assert [change.column for change in found.found[0].changes] == ["workers_total"]
    assert found.found[0].sheet == SITES
