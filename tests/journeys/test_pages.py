"""The main pages of the demonstration: accessible, narrow, without a mouse, without scripts."""

from __future__ import annotations

import re

import pytest

from tests.journeys.conftest import Served, Walker
from views.demo import workbooks

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GRID = "/rounds/demotablets2027/demand"
PAGES = {
    "lead@waterpoort.example": [
        "/rounds",
        "/rounds/demoscreens2028",
        "/rounds/demoscreens2028/set-up",
        "/rounds/demoscreens2028/set-up/criteria",
        "/rounds/demoscreens2028/readiness",
        "/rounds/demotablets2027",
        "/rounds/demotablets2027/sign-ons",
        "/rounds/demotablets2027/demand",
        "/rounds/demotablets2027/pool",
        "/rounds/demodesktops2027",
        "/rounds/demodesktops2027/suppliers",
        "/rounds/demodesktops2027/opening",
        "/rounds/demolaptops2026",
        "/rounds/demolaptops2026/comparison",
        "/rounds/demolaptops2026/leverage",
        "/rounds/demolaptops2026/leverage?by=countries",
        "/rounds/demolaptops2026/leverage?by=components",
        "/rounds/demolaptops2026/leverage?by=members",
        "/rounds/demolaptops2026/leverage?by=flow",
        "/rounds/demolaptops2026/submissions",
        "/rounds/demolaptops2026/terms",
        "/rounds/demolaptops2026/record",
        "/account",
    ],
    "officer@zilverduin.example": [
        "/rounds/demotablets2027",
        "/rounds/demotablets2027/sign-on",
        "/rounds/demotablets2027/demand",
        "/rounds/demotablets2027/pool",
        "/rounds/demolaptops2026/comparison",
    ],
    "supplier@zeewind.example": [
        "/rounds",
        "/rounds/demodesktops2027",
        "/rounds/demodesktops2027/disclosure",
        "/rounds/demolaptops2026/disclosure",
    ],
    "monitor@open-window.example": ["/rounds/demolaptops2026/comparison", "/rounds/demolaptops2026/leverage"],
    "operator@hefboom.example": ["/organisations", "/rounds/demolaptops2026"],
}
EVERY = [(email, path) for email, paths in PAGES.items() for path in paths]


@pytest.mark.parametrize(("email", "path"), EVERY)
def test_a_page_is_accessible_and_fits_a_telephone(served_demo: Served, email: str, path: str):
    with served_demo.walk(email, width=320) as walker:
        status = walker.visit(path)

        assert status == 200
        assert walker.page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", ["/", "/sign-in", "/public/rounds/demodesktops2027"])
def test_a_public_page_is_accessible_and_fits_a_telephone(served_demo: Served, path: str):
    page = served_demo.browser.new_context(viewport={"width": 320, "height": 900}).new_page()
    walker = Walker(served_demo, page, script=True)

    walker.visit(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()
    assert walker.faults == []


def test_a_supplier_uploads_by_keyboard_alone(served_demo: Served):
    with served_demo.walk("supplier@zeewind.example") as supplier:
        supplier.visit("/rounds/demodesktops2027/disclosure")
        tab_to(supplier, "#file")
        with supplier.page.expect_navigation():
            supplier.page.set_input_files("#file", str(workbooks.FOLDER / "desktops-2027-zeewind-with-errors.xlsx"))

        assert re.search(r"/disclosure/[a-z2-7]{16}$", supplier.page.url)
        assert "Chyna" in supplier.page.inner_text("body")


def test_a_supplier_uploads_without_scripts(served_demo: Served):
    with served_demo.walk("supplier@vuurtoren.example", script=False) as supplier:
        supplier.visit("/rounds/demodesktops2027/disclosure")
        supplier.page.set_input_files("#file", str(workbooks.FOLDER / workbooks.SITE_LIST))
        supplier.press("form[enctype] button")

        assert "Receipt" in supplier.text()


def test_a_member_declares_without_scripts(served_demo: Served):
    with served_demo.walk("officer@westerlicht.example", script=False) as member:
        open_grid(member)
        for name in ("firm", "expected", "max"):
            member.page.fill(f"input[name={name}-1-1]", "120")
        member.page.select_option("select[name=category-1]", "tablet")
        member.page.fill("input[name=country-1]", "NL")
        member.press("#demand-form button[value=save]")

        assert member.page.input_value("input[name=expected-1-1]") == "120"


def test_a_member_declares_by_keyboard_alone(served_demo: Served):
    with served_demo.walk("officer@mistdijk.example") as member:
        open_grid(member)
        tab_to(member, "select[name=category-1]")
        member.page.keyboard.type("Smart")
        tab_to(member, "input[name=country-1]")
        member.page.keyboard.type("BE")
        for name in ("firm", "expected", "max"):
            tab_to(member, f"input[name={name}-1-1]")
            member.page.keyboard.type("75")
        tab_to(member, "#demand-form button[value=save]")
        with member.page.expect_navigation():
            member.page.keyboard.press("Enter")

        assert member.page.input_value("input[name=expected-1-1]") == "75"


def open_grid(member: Walker) -> None:
    """Go to the grid of the first lot that can be declared."""
    member.visit(f"{GRID}?view=own")
    member.page.locator("main a[href*='/lots/'][href$='/demand']").first.click()
    member.page.wait_for_url(re.compile(r"/lots/[a-z2-7]{16}/demand$"))


def tab_to(walker: Walker, selector: str, most: int = 120) -> None:
    """Press the tabulator until the element has the focus."""
    place = walker.page.locator(selector).first
    for _press in range(most):
        if place.evaluate("element => element === document.activeElement"):
            return
        walker.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the keyboard")
