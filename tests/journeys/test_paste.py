"""Pasting into the grid in a browser: a cell is replaced, rows are added, what does not fit goes to the preview."""

from __future__ import annotations

import re

import pytest

from tests.journeys.conftest import Served
from tests.journeys.test_pages import open_grid

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASTE = """([name, text]) => {
  const data = new DataTransfer();
  data.setData("text", text);
  document.querySelector(`[name=${name}]`).dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def member(served_demo: Served):
    with served_demo.walk("officer@mistdijk.example") as walker:
        walker.page.evaluate("localStorage.clear()")  # rows that another test left half typed
        open_grid(walker)
        yield walker


def test_one_cell_copied_from_a_sheet_replaces_what_stood_there(member):
    member.page.fill("[name=firm-1-1]", "500")

    member.page.evaluate(PASTE, ["firm-1-1", "1 234\r\n"])

    assert member.page.input_value("[name=firm-1-1]") == "1 234"


def test_more_rows_than_the_grid_has_are_added_and_taken_back(member):
    count = member.page.locator("[data-demand-grid] tbody tr").count()

    member.page.evaluate(PASTE, ["firm-1-1", "1\t2\t3\n" * (count + 4)])

    last = count + 4
    assert member.page.input_value(f"[name=max-{last}-1]") == "3"
    assert member.page.input_value("#demand-form [name=rows]") == str(last)
    assert str(last) in member.page.get_attribute(f"[name=max-{last}-1]", "aria-label")
    member.page.click("[data-undo]")
    assert member.page.input_value(f"[name=max-{last}-1]") == ""


def test_a_block_with_its_header_goes_to_the_preview(member):
    with member.page.expect_navigation():
        member.page.evaluate(PASTE, ["country-1", "Country\tFirm\tExpected\nNL\t1\t2"])

    assert re.search(r"/demand/preview/[a-z2-7]{16}$", member.page.url)


def test_what_was_typed_is_not_lost_for_a_block_that_does_not_fit(member):
    member.page.fill("[name=firm-1-1]", "7")

    member.page.evaluate(PASTE, ["country-1", "Country\tFirm\tExpected\nNL\t1\t2"])

    assert member.page.input_value("[name=firm-1-1]") == "7"
    assert member.page.input_value("#block").startswith("Country\tFirm")


def test_enter_goes_to_the_next_row_and_sends_nothing(member):
    place = member.page.url
    member.page.focus("[name=expected-1-1]")

    member.page.keyboard.press("Enter")

    assert member.page.evaluate("document.activeElement.name") == "expected-2-1"
    assert member.page.url == place
