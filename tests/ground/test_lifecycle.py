"""The table of states and moves: every pair tried, every role, two persons, guards, one event for each; random walks."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import random
from pathlib import Path

import pytest
from sqlalchemy import select

from framework.ground import audit, lifecycle
from framework.ground.actors import SYSTEM, Actor
from framework.ground.docs import lifecycle_page
from framework.ground.errors import MoveRefused, NotAllowed, RuleBroken
from framework.ground.labels import PHASES, STATE_LABELS
from framework.ground.lifecycle import Hooks, Move
from models.records import AuditEvent

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted({role for move in lifecycle.moves() for role in move.who})
PLAIN = [move for move in lifecycle.moves() if move.source]


class Thing:
    """A record of any entity: nothing but its state."""

    def __init__(self, state: str) -> None:
        self.state = state


class AnyGuardHolds(dict[tuple[str, str, str], Hooks]):
    """Hooks registered for every act, none of which objects."""

    def get(self, key, default=None):  # type: ignore[no-untyped-def,override]
        return Hooks()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every guard holds; events are collected instead of stored."""
    kinds: list[str] = []
    monkeypatch.setattr(lifecycle, "_hooks", AnyGuardHolds())
    monkeypatch.setattr(lifecycle.audit, "record", lambda _session, kind, **_facts: kinds.append(kind))
    return kinds


def person(number: int, role: str) -> Actor:
    return SYSTEM if role == "system" else Actor(number, 1, frozenset({role}))


def attempt(thing: Thing, move: Move, *, target: str | None = None, role: str = "", proposer: int | None = 2) -> Move:
    """Make a move of a thing as its first role, confirmed by a second person."""
    role = role or move.who[0]
    return lifecycle.move(
        None,  # type: ignore[arg-type]
        thing,
        move.act,
        actor=person(1, role),
        now=NOW,
        target=target or move.target,
        proposer_id=proposer,
        roles=frozenset({role}),
        entity=move.entity,
    )


def test_the_table_of_the_product_is_the_table_of_the_specification() -> None:
    shelf = ROOT.parent / "shared" / "spec" / "lifecycle.csv"
    if not shelf.exists():
        pytest.skip("the specification does not lie beside this checkout")

    with shelf.open(encoding="utf-8", newline="") as wanted, lifecycle.TABLE.open(encoding="utf-8", newline="") as held:
        assert list(csv.DictReader(held)) == list(csv.DictReader(wanted))


def test_every_state_has_a_label_and_every_round_state_a_phase() -> None:
    named = {(entity, state) for entity in lifecycle.entities() for state in lifecycle.states(entity)}

    assert named == set(STATE_LABELS)
    assert set(PHASES) == set(lifecycle.states("round"))


@pytest.mark.parametrize("entity", lifecycle.entities())
def test_exactly_the_listed_pairs_of_states_can_be_moved_between(entity: str, written: list[str]) -> None:
    listed = {(m.source, m.target, m.act) for m in lifecycle.moves() if m.entity == entity}
    acts = {m.act: m for m in lifecycle.moves() if m.entity == entity}
    for source, target in itertools.product(lifecycle.states(entity), repeat=2):
        for act, any_move in acts.items():
            thing = Thing(source)
            move = next(
                (m for m in PLAIN if (m.entity, m.source, m.target, m.act) == (entity, source, target, act)), any_move
            )
            if (source, target, act) in listed:
                attempt(thing, move)
                assert thing.state == target
                continue
            with pytest.raises(MoveRefused) as refused:
                attempt(thing, move, target=target)
            assert refused.value.code == "move-not-listed"
            assert thing.state == source


@pytest.mark.parametrize("move", lifecycle.moves(), ids=lambda m: f"{m.entity}:{m.source}-{m.act}")
def test_a_move_is_refused_to_every_role_that_is_not_listed(move: Move, written: list[str]) -> None:
    for role in ROLES:
        thing = Thing(move.source)
        if role in move.who:
            attempt(thing, move, role=role)
            assert thing.state == move.target
        else:
            with pytest.raises(NotAllowed):
                attempt(thing, move, role=role)
            assert thing.state == move.source


@pytest.mark.parametrize(
    "move", [m for m in lifecycle.moves() if m.four_eyes], ids=lambda m: f"{m.entity}:{m.source}-{m.act}"
)
@pytest.mark.parametrize(("proposer", "code"), [(None, "second-person-needed"), (1, "same-person")])
def test_a_move_of_two_persons_is_refused_to_one(
    move: Move, proposer: int | None, code: str, written: list[str]
) -> None:
    thing = Thing(move.source)
    role = next(r for r in move.who if r != "system")

    with pytest.raises(MoveRefused) as refused:
        attempt(thing, move, role=role, proposer=proposer)

    assert refused.value.code == code
    assert thing.state == move.source
    assert written == []


def test_a_move_whose_guard_nobody_registered_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "_hooks", {})
    for move in lifecycle.moves():
        if not move.guard:
            continue
        with pytest.raises(MoveRefused) as refused:
            attempt(Thing(move.source), move)
        assert refused.value.code == "guard-missing"


NOTED = {
    "submission_tender.stage": {"commitment"},
    "submission_tender.store_late": {"commitment"},
    "submission_contract.request": {"cause"},
    "submission_contract.upload": {"commitment"},
    "submission_contract.notify_change": {"commitment"},
    "agreement.cancel": {"ground"},
    "agreement.terminate": {"ground", "evidence"},
}


@pytest.mark.parametrize("move", lifecycle.moves(), ids=lambda m: f"{m.entity}:{m.source}-{m.act}")
def test_every_move_leaves_one_event(move: Move, written: list[str]) -> None:
    attempt(Thing(move.source), move)

    assert written == [f"{move.entity}.{move.act}"]
    assert audit.KEYS[written[0]] == {"motive", "proposer"} | NOTED.get(written[0], set())


@pytest.mark.parametrize("entity", lifecycle.entities())
def test_a_random_walk_stays_on_listed_pairs_and_never_leaves_a_final_state(entity: str, written: list[str]) -> None:
    chance = random.Random(entity)
    listed = {(m.source, m.target) for m in lifecycle.moves() if m.entity == entity}
    births = [m for m in lifecycle.moves() if m.entity == entity and not m.source]
    acts = [m for m in lifecycle.moves() if m.entity == entity and m.source]
    thing = Thing("")
    attempt(thing, chance.choice(births))
    for _step in range(2000):
        before, move = thing.state, chance.choice(acts)
        is_final = not lifecycle.possible(entity, before)
        try:
            attempt(thing, move, role=chance.choice(ROLES), proposer=chance.choice((None, 1, 2)))
        except RuleBroken:
            assert thing.state == before
        else:
            assert (before, thing.state) in listed
            assert not is_final
        if is_final:
            thing = Thing("")
            attempt(thing, chance.choice(births))


def test_a_real_move_leaves_one_event_and_a_refusal_one_of_its_own(build, session) -> None:  # type: ignore[no-untyped-def]
    import framework.rounds  # noqa: F401 - its import registers the guards

    lead = build.organisation("lead")
    actor = build.person(lead)
    round_ = build.round(lead)

    with pytest.raises(MoveRefused) as refused:
        lifecycle.move(session, round_, "open_signons", actor=actor, now=NOW)
    audit.record_denied(session, "round.open_signons", refused.value, actor=actor, now=NOW, subject=round_)
    lifecycle.move(session, round_, "cancel", actor=actor, now=NOW, motive="No money.")

    found = session.execute(
        select(AuditEvent.kind, AuditEvent.outcome, AuditEvent.to_state).order_by(AuditEvent.seq)
    ).all()
    assert [tuple(row) for row in found] == [
        ("round.open_signons.denied", "denied", ""),
        ("round.cancel", "done", "cancelled"),
    ]


def test_the_page_of_lifecycles_is_up_to_date() -> None:
    assert (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8") == lifecycle_page()
