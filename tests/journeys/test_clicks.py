"""Flows whose presses are counted on the demonstration; those of a judged round are counted in `test_judged_round.py`."""

from __future__ import annotations

import re

import pytest

from tests.journeys.conftest import Served
from tests.journeys.hands import Hands

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROUND = "/rounds/demotablets2027"
FIRST, SECOND = "officer@westerlicht.example", "approver@westerlicht.example"


@pytest.mark.parametrize("script", [True, pytest.param(False, id="without scripts")])
def test_a_member_declares_in_three_presses_and_a_second_person_approves_in_two(served_demo: Served, script: bool):
    with served_demo.walk(FIRST, script=script) as member:
        hands = Hands(member)
        hands.follow(f"{ROUND}/demand")
        hands.click("main a[href*='/lots/'][href$='/demand']")
        for name in ("firm", "expected", "max"):
            for year in (1, 2, 3, 4):
                hands.type(f"input[name={name}-1-{year}]", "120")
                hands.type(f"input[name=value-1-{year}]", "60000")
        member.page.select_option("select[name=category-1]", index=1)
        hands.type("input[name=country-1]", "NL")
        hands.click("#demand-form button[value=submit]")
        assert "Submitted" in member.text()
        assert hands.clicks == 3
        declared = re.search(r"/demand/[a-z2-7]{16}", member.page.content())
    with served_demo.walk(SECOND, script=script) as approver:
        hands = Hands(approver)
        hands.follow(f"{ROUND}{declared[0]}")
        hands.click("form[action$='/approve'] button")
        assert hands.clicks == 2
