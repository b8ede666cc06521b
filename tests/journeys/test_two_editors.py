"""Two people of one member at the same grid in two browsers: saved while they type, each sees the other, nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.demand import Demand
from models.people import RoleGrant, User
from tests.journeys.conftest import Served
from tests.journeys.test_judging import stage
from tests.journeys.test_pages import open_grid

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ONE, OTHER = "officer@mistdijk.example", "opener2@mistdijk.example"
SOON = 15_000
"""Milliseconds within which a page has saved, or has asked what others changed."""


@dataclass
class Desk:
    """The grid of one lot, open before two people of a member."""

    served: Served
    one: Page
    other: Page

    def stored(self, column: str, row: int = 0) -> int | None:
        """A figure of a line of the draft."""
        with stage(self.served) as session:
            member = session.scalars(
                select(RoleGrant.organisation_id).join(User, User.id == RoleGrant.user_id).where(User.email == ONE)
            ).first()
            query = select(Demand).where(Demand.member_id == member, Demand.state == "draft")
            return getattr(session.scalars(query.order_by(Demand.id.desc())).first().lines[row], column)


@pytest.fixture
def desk(served_demo: Served) -> Iterator[Desk]:
    with stage(served_demo) as session:
        first, second = (session.scalars(select(User).where(User.email == email)).one() for email in (ONE, OTHER))
        grant = session.scalars(
            select(RoleGrant).where(RoleGrant.user_id == first.id, RoleGrant.role == "member")
        ).first()
        held = select(RoleGrant).where(RoleGrant.user_id == second.id, RoleGrant.role == "member")
        if session.scalars(held).first() is None:
            facts = {"organisation_id": grant.organisation_id, "granted_at": grant.granted_at}
            session.add(RoleGrant(user_id=second.id, role="member", **facts))
    with served_demo.walk(ONE) as one, served_demo.walk(OTHER) as other:
        open_grid(one)
        begin(one.page)
        type_in(one.page, {"firm-1-1": "10", "expected-1-1": "20", "max-1-1": "90"})
        expect(one.page.locator("[data-saving]")).to_contain_text(re.compile(r"Saved \d|is saved"), timeout=SOON)
        here = one.page.url.removeprefix(served_demo.address)
        one.visit(here)
        other.visit(here)
        yield Desk(served_demo, one.page, other.page)


def begin(page: Page) -> None:
    """Choose what is bought in the first row where nothing stands there yet."""
    for name in ("category", "tier"):
        field = page.locator(f"[name={name}-1]")
        if field.count() and not field.input_value():
            field.select_option(index=1)


def type_in(page: Page, values: dict[str, str]) -> None:
    for name, value in values.items():
        page.fill(f"[name={name}]", value)


def saved(page: Page) -> None:
    expect(page.locator("[data-saving]")).to_contain_text(re.compile(r"Saved \d\d:\d\d"), timeout=SOON)


def test_what_one_types_is_saved_and_comes_to_the_other(desk: Desk) -> None:
    type_in(desk.one, {"firm-1-1": "11"})
    saved(desk.one)
    type_in(desk.other, {"max-1-1": "99"})
    saved(desk.other)

    expect(desk.other.locator("[name=firm-1-1]")).to_have_value("11", timeout=SOON)
    expect(desk.one.locator("[name=max-1-1]")).to_have_value("99", timeout=SOON)
    expect(desk.one.locator("td:has([name=max-1-1]) [data-by]")).to_contain_text("was 90, now 99")
    assert (desk.stored("qty_firm"), desk.stored("qty_max")) == (11, 99)


@pytest.mark.parametrize(("choice", "kept"), [("Keep mine", 44), ("Take the saved one", 33)])
def test_a_cell_that_both_changed_is_chosen_by_a_person(desk: Desk, choice: str, kept: int) -> None:
    desk.other.context.set_offline(True)
    type_in(desk.other, {"expected-1-1": "44"})
    expect(desk.other.locator("[data-saving]")).to_contain_text("No connection", timeout=SOON)
    type_in(desk.one, {"expected-1-1": "33"})
    saved(desk.one)
    desk.other.context.set_offline(False)

    expect(desk.other.locator("[data-clashes] li")).to_contain_text("33", timeout=SOON)
    assert desk.stored("qty_expected") == 33
    assert desk.other.input_value("[name=expected-1-1]") == "44"
    desk.other.click(f"[data-clashes] button:has-text('{choice}')")

    expect(desk.one.locator("[name=expected-1-1]")).to_have_value(str(kept), timeout=SOON)
    assert desk.stored("qty_expected") == kept
    expect(desk.other.locator("[data-clashes]")).to_be_hidden()


def test_a_row_that_is_not_whole_is_there_again_after_the_page_was_closed(desk: Desk) -> None:
    type_in(desk.one, {"firm-1-1": "", "max-1-1": "80"})
    expect(desk.one.locator("[data-saving]")).to_contain_text("not whole yet stay on this page: 1", timeout=SOON)
    desk.one.reload()

    expect(desk.one.locator("[name=max-1-1]")).to_have_value("80")
    expect(desk.one.locator("[name=firm-1-1]")).to_have_value("")
    type_in(desk.one, {"firm-1-1": "7"})
    saved(desk.one)
    expect(desk.one.locator("[data-saving]")).not_to_contain_text("whole")
    assert (desk.stored("qty_firm"), desk.stored("qty_max")) == (7, 80)


def test_steps_are_taken_back_and_filled_down_with_the_keyboard(desk: Desk) -> None:
    page = desk.one
    page.fill("[name=firm-1-1]", "3")
    page.press("[name=firm-1-1]", "Enter")
    page.fill("[name=firm-2-1]", "5")
    page.press("[name=firm-2-1]", "Control+d")

    assert page.input_value("[name=firm-2-1]") == "3"
    page.press("[name=firm-2-1]", "Control+z")
    assert page.input_value("[name=firm-2-1]") == "5"
    page.focus("[name=max-1-1]")
    for _step in range(2):
        page.press("[name=max-1-1]", "Control+z")
    assert (page.input_value("[name=firm-2-1]"), page.input_value("[name=firm-1-1]")) == ("", "10")
    assert page.is_disabled("[data-undo]")


def test_more_rows_come_without_the_server_and_a_row_of_the_other_comes_by_itself(desk: Desk) -> None:
    count = desk.other.locator("[data-demand-grid] tbody tr").count()
    desk.other.click("button[value=rows]")
    assert desk.other.locator("[data-demand-grid] tbody tr").count() == count + 5

    choice = desk.other.locator(f"[name=category-{count + 1}] option").nth(1).get_attribute("value")
    desk.other.select_option(f"[name=category-{count + 1}]", choice)
    if desk.other.locator(f"[name=tier-{count + 1}]").count():
        desk.other.select_option(f"[name=tier-{count + 1}]", index=1)
    type_in(
        desk.other, {f"country-{count + 1}": "SE", **{f"{n}-{count + 1}-1": "6" for n in ("firm", "expected", "max")}}
    )
    saved(desk.other)

    desk.one.wait_for_function(
        "() => [...document.querySelectorAll('[data-demand-grid] input.code')].some((f) => f.value === 'SE')",
        timeout=SOON,
    )


def test_what_is_being_typed_is_not_rewritten_under_the_hand(desk: Desk) -> None:
    page, field = desk.one, "[name=value-1-1]"
    page.fill(field, "")
    page.type(field, "12.")
    saved(page)
    assert page.input_value(field) == "12."
    page.type(field, "5")
    page.wait_for_function("() => !document.querySelector('[data-saving]').textContent.includes('…')", timeout=SOON)
    page.wait_for_timeout(1500)
    assert desk.stored("value_expected") == Decimal("12.50")
    page.focus("[name=firm-1-1]")
    expect(page.locator(field)).to_have_value("12.50")


def test_what_was_not_sent_comes_back_to_its_person_alone_and_never_unseen_over_what_came_since(desk: Desk) -> None:
    page = desk.one
    type_in(page, {"firm-1-1": "", "max-1-1": "80"})
    expect(page.locator("[data-saving]")).to_contain_text("not whole yet", timeout=SOON)
    kept = page.evaluate("() => Object.entries(localStorage).filter(([key]) => key.startsWith('hefboom-demand:'))")
    assert len(kept) == 1
    desk.other.evaluate("([key, text]) => localStorage.setItem(key, text)", kept[0])
    desk.other.reload()
    assert desk.other.input_value("[name=max-1-1]") == "90", "somebody else at the same device"

    type_in(desk.other, {"expected-1-1": "21"})
    saved(desk.other)
    page.reload()
    expect(page.locator("[data-clashes] li").first).to_be_visible()
    assert desk.stored("qty_max") == 90


def test_a_page_that_may_save_no_more_says_so_and_asks_no_more(desk: Desk) -> None:
    with stage(desk.served) as session:
        round_ = session.scalars(select(Demand).order_by(Demand.id.desc())).first().round
        was, round_.state = round_.state, "demand_locked"
    try:
        type_in(desk.one, {"firm-1-1": "12"})
        expect(desk.one.locator("[data-saving]")).to_contain_text("no longer saves by itself", timeout=SOON)
        assert desk.one.input_value("[name=firm-1-1]") == "12"
    finally:
        with stage(desk.served) as session:
            session.scalars(select(Demand).order_by(Demand.id.desc())).first().round.state = was
