"""What the law of a round leaves to its settings, and the confirmation that a changed standstill voids."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from framework.ground.errors import InvalidInput
from framework.ground.jurisdictions import round_defaults
from framework.rounds import editing, limits, readiness, readiness_facts
from framework.rounds.settings import value
from tests.memory import remembered
from tests.rounds.ready import Ready
from views.rounds.setup import RULES


@pytest.fixture
@remembered
def ready(build: Any) -> Ready:
    return Ready(build)


def set_rules(ready: Ready, *, confirms: bool = True, **values: Any) -> None:
    editing.edit_rules(
        ready.build.session,
        ready.round,
        values,
        confirms_standstill=confirms,
        version=ready.round.version,
        actor=ready.first,
        now=ready.build.clock(),
    )
    ready.build.session.flush()


def row(ready: Ready, number: str) -> str:
    facts = readiness_facts.gather(ready.build.session, ready.round)
    return next(row.status for row in readiness.rows(facts) if row.number == number)


def test_a_stored_limit_above_the_law_leaves_a_long_term_to_be_justified(ready: Ready) -> None:
    ready.round.settings = {"framework_max_months": 96}
    ready.round.term_ends_on = dt.date(2031, 12, 31)

    assert row(ready, "R1") == readiness.MISSING


@pytest.mark.parametrize(
    ("jurisdiction", "values", "field"),
    [
        ("eu", {"framework_max_months": 49}, "framework_max_months"),
        ("nl", {"standstill_days": 19}, "standstill_days"),
        ("nl", {"standstill_days": 0}, "standstill_days"),
        ("eu", {"standstill_other_means_days": 14}, "standstill_other_means_days"),
        ("uk_2023", {"standstill_kind": "calendar"}, "standstill_kind"),
        ("eu", {"standstill_roll": False}, "standstill_roll"),
        ("eu", {"accession_after_publication": "open_framework"}, "accession_after_publication"),
        ("eu", {"open_framework": True}, "open_framework"),
        ("eu", {"fee_pct": "1"}, "fee_pct"),
        ("scotland", {"price_only_allowed": True}, "price_only_allowed"),
    ],
)
def test_what_the_law_does_not_leave_open_is_refused_at_its_field(
    build: Any, jurisdiction: str, values: dict[str, Any], field: str
) -> None:
    ready = Ready(build, jurisdiction=jurisdiction, settings=settings_of(jurisdiction))

    with pytest.raises(InvalidInput) as refused:
        set_rules(ready, **values)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("jurisdiction", "values"),
    [
        ("eu", {"framework_max_months": 36}),
        ("nl", {"standstill_days": 25}),
        ("nl", {"standstill_days": 0, "standstill_reason": "Below the threshold, article 2.131."}),
        ("eu", {"standstill_kind": "working"}),
        ("eu", {"seal_mode": "shares"}),
        ("uk_2023", {"open_framework": True, "accession_after_publication": "open_framework"}),
    ],
)
def test_what_the_law_leaves_open_is_saved(build: Any, jurisdiction: str, values: dict[str, Any]) -> None:
    ready = Ready(build, jurisdiction=jurisdiction, settings=settings_of(jurisdiction))

    set_rules(ready, **values)

    assert {key: value(ready.round, key) for key in values} == values


@pytest.mark.parametrize("values", [{"standstill_days": 12}, {"standstill_kind": "working"}])
def test_a_changed_standstill_is_to_be_confirmed_anew(ready: Ready, values: dict[str, Any]) -> None:
    set_rules(ready, **values)
    after_the_change = row(ready, "R14")
    set_rules(ready, **values)

    assert after_the_change == readiness.MISSING
    assert row(ready, "R14") == readiness.OK


def test_a_standstill_that_was_shortened_before_makes_its_row_missing(ready: Ready) -> None:
    ready.round.settings = {"standstill_days": 0}

    assert row(ready, "R14") == readiness.MISSING


def test_another_law_brings_its_own_figures_and_voids_the_confirmation(build: Any) -> None:
    ready = Ready(build, settings={"standstill_days": 30, "open_framework": True, "min_members": 3}, state="set_up")

    editing.edit(
        build.session,
        ready.round,
        "scope",
        {"jurisdiction": "nl"},
        version=ready.round.version,
        actor=ready.first,
        now=build.clock(),
    )

    assert [value(ready.round, key) for key in ("standstill_days", "open_framework", "min_members")] == [20, False, 3]
    assert not ready.round.standstill_confirmed


def test_the_page_offers_only_what_can_be_kept(ready: Ready, sign_in: Any) -> None:
    browser = sign_in(ready.person_of(ready.first), ready.lead)

    shown = browser.page(f"/rounds/{ready.round.public_id}/set-up/rules").text

    assert "Bodies admitted at a re-opening" not in shown
    assert "shares held by the openers" in shown


def test_the_page_says_that_a_changed_standstill_is_to_be_confirmed(ready: Ready, sign_in: Any) -> None:
    browser = sign_in(ready.person_of(ready.first), ready.lead)
    path = f"/rounds/{ready.round.public_id}/set-up/rules"
    typed = {key: "on" if held is True else "off" if held is False else held for key, held in _values(ready).items()}

    shown = browser.send(path, typed | {"standstill_days": "21", "standstill_confirmed": "y"})

    assert "confirm it anew" in shown.text


def _values(ready: Ready) -> dict[str, Any]:
    offered = [key for key in RULES if limits.is_offered(ready.round, key)]
    return {key: value(ready.round, key) for key in offered} | {"version": ready.round.version}


def settings_of(jurisdiction: str) -> dict[str, Any]:
    return dict(round_defaults(jurisdiction))
