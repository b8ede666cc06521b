"""A lead sets a joint round up from one workbook of bodies and lots: the presses are counted, the pages fit a telephone."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest

from tests.journeys.conftest import Served, Walker
from tests.journeys.hands import Hands, shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEAD = "lead@waterpoort.example"
BODIES = [
    ("Naam", "Registratienummer", "Land", "Soort", "Contactpersoon", "E-mail", "Taal", "Aangesloten via"),
    ("Gemeente Nieuwdorp", "30000001", "Nederland", "gemeente", "A. Jansen", "a@nieuwdorp.example", "nl", None),
    ("Nystads kommun", "212000-9999", "Sverige", "kommun", "B. Berg", "b@nystad.example", "sv", "Gemeente Nieuwdorp"),
    ("Gemeente Mistdijk", None, "Nederland", "gemeente", "C. Mist", "c@mistdijk-elders.example", "nl", None),
    ("Provincie Verweg", None, "Nederland", "provincie", "D. Verre", "geen adres", "nl", None),
]
LOTS = [
    ("Code", "Perceel", "Categorie", "Geraamd aantal", "Maximaal aantal"),
    ("L1", "Laptops", "laptop", 4000, 6000),
    ("L2", "Beeldschermen", "scherm", 2500, 3500),
]
MOST_PRESSES = 11


def workbook(path: Path) -> Path:
    """Bodies in one sheet, lots in another, as a lead keeps them."""
    book = openpyxl.Workbook()
    book.active.title = "Deelnemers"
    for row in BODIES:
        book.active.append(row)
    lots = book.create_sheet("Percelen")
    for row in LOTS:
        lots.append(row)
    content = io.BytesIO()
    book.save(content)
    path.write_bytes(content.getvalue())
    return path


def set_up(lead: Walker, sheet: Path, name: str) -> tuple[Hands, str]:
    """A round made, its bodies invited and its lots added from one workbook; the presses and the round's address."""
    hands = Hands(lead)
    hands.follow("/rounds/new")
    hands.type("input[name=name]", name)
    hands.click("input[name=jurisdiction][value=nl]", leads_on=False)
    hands.click("main form button")
    found = re.search(r"/rounds/[a-z2-7]{16}", lead.page.url)
    assert found
    here = found[0]
    hands.click("nav.tabs a[href$='/sign-ons']")
    hands.click("main a[href$='/sign-ons/sheet']")
    hands.choose(sheet, sends=False)
    hands.click("main form button[type=submit], main form button.govuk-button")
    return hands, here


def test_a_round_is_set_up_from_one_workbook_in_few_presses(served_demo: Served, tmp_path: Path):
    sheet = workbook(tmp_path / "deelnemers.xlsx")
    with served_demo.walk(LEAD) as lead:
        hands, here = set_up(lead, sheet, "Laptops for all 2028")
        shoot(lead, "sheet-preview")
        assert "To mend: 1" in lead.text()
        assert "F5: “geen adres” is no mail address." in lead.text()
        preview = lead.page.url
        if lead.page.locator("select[name=row-4]").count():
            lead.page.select_option("select[name=row-4]", index=1)
            hands.clicks += 1
            hands.click("form[action*='/sign-ons/sheet/'] button[value=show]")
            assert "This is the list with your answers." in lead.text()
            shoot(lead, "sheet-answered")
        hands.click("form[action*='/sign-ons/sheet/'] button.govuk-button:not([value=show])")
        shoot(lead, "sheet-outcome")
        assert "Of 4 rows 3 were invited" in lead.text()
        hands.click("main a[href*='/set-up/lots/sheet/']")
        shoot(lead, "lots-preview")
        lots = lead.page.url
        hands.click("form[action*='/set-up/lots/sheet/'] button.govuk-button")
        assert "2 lots added." in lead.text()
        assert hands.clicks <= MOST_PRESSES
        lead.visit(f"{here}/sign-ons")
        lead.send("/public-page")
    with served_demo.walk(LEAD, width=320) as narrow:
        for place in (
            f"{here}/sign-ons",
            f"{here}/sign-ons/sheet",
            preview.removeprefix(served_demo.address),
            f"{here}/set-up/lots/sheet",
            lots.removeprefix(served_demo.address),
            f"/public{here}/members",
        ):
            assert narrow.visit(place) == 200, place
            assert narrow.page.evaluate("document.documentElement.scrollWidth") <= 320, place
        shoot(narrow, "public-members")


def test_the_sheet_is_read_and_taken_over_without_scripts(served_demo: Served, tmp_path: Path):
    sheet = workbook(tmp_path / "deelnemers.xlsx")
    with served_demo.walk(LEAD, script=False) as lead:
        hands, here = set_up(lead, sheet, "Laptops without scripts 2028")
        hands.click("form[action*='/sign-ons/sheet/'] button.govuk-button")
        assert "were invited" in lead.text()
        lead.visit(f"{here}/sign-ons")
        assert "Invited" in lead.text()
