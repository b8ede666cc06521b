"""Publication of a round that is sealed with shares: every opener has chosen a passphrase, a share is dealt to each, terms name the keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from framework.ground import shares
from framework.ground.deposits import Deposits
from framework.ground.errors import MoveRefused, Stale
from framework.rounds import opener_keys, publication, readiness, readiness_facts, tasks
from models.disclosure import OpenerKey
from models.records import AuditEvent
from models.rounds import Round
from models.sealing import ring
from tests.memory import remembered
from tests.rounds.ready import Ready
from tests.rounds.test_publication import approved, published, who


@pytest.fixture(autouse=True)
def in_memory(session: Any, clock: Any, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(shares, "COST", shares.Cost(passes=1, memory=8, lanes=1))
    ring().deposits = Deposits(tmp_path / "deposits", clock)


@pytest.fixture
@remembered
def ready(build: Any) -> Ready:
    return Ready(build, settings={"seal_mode": "shares"})


def openers(ready: Ready) -> list[Any]:
    return readiness_facts.gather(ready.build.session, ready.round).openers


def choose(ready: Ready, user: Any, passphrase: str = "paper boats on dry land", replaces: str = "") -> bytes:
    made = shares.make(passphrase, shares.of_opener(user.public_id, ready.round.public_id))
    actor, now = ready.build.actor(user, ready.lead), ready.build.clock()
    opener_keys.keep(ready.build.session, ready.round, made, replaces=replaces, actor=actor, now=now)
    ready.build.session.commit()
    return made.private


def row(ready: Ready) -> readiness.Row:
    return next(
        r for r in readiness.rows(readiness_facts.gather(ready.build.session, ready.round)) if r.number == "R12"
    )


def test_the_list_says_which_openers_have_chosen_no_passphrase(ready: Ready) -> None:
    named = openers(ready)
    choose(ready, named[1].user)

    found = row(ready)

    assert found.status == readiness.MISSING
    assert found.params == {"names": f"{named[0].user.name}, {named[2].user.name}"}
    assert found.page == "rounds.rules"
    facts = readiness_facts.gather(ready.build.session, ready.round)
    assert [one.done for one in tasks.tasks(facts) if one.page == "rounds.rules"] == [False]
    with pytest.raises(MoveRefused) as refused:
        publication.propose_readiness(ready.build.session, ready.round, **who(ready))
    assert refused.value.code == "not-ready-R12"


def test_the_list_says_that_the_installation_has_no_place_in_memory(ready: Ready) -> None:
    for one in openers(ready):
        choose(ready, one.user)
    assert row(ready).status == readiness.OK

    ring().deposits = None

    assert "HEFBOOM_DEPOSIT_DIR" in row(ready).sentence


@pytest.mark.parametrize(("persons", "needed"), [(1, 3), (2, 3), (3, 4)])
def test_three_openers_at_least_are_named(build: Any, persons: int, needed: int) -> None:
    ready = Ready(build, settings={"seal_mode": "shares", "opening_persons": persons})

    assert readiness.openers_needed(ready.round) == needed


def test_a_round_that_the_server_seals_asks_for_no_passphrase(build: Any) -> None:
    ready = Ready(build)
    ring().deposits = None

    assert row(ready).status == readiness.OK
    published(ready)
    assert ready.round.seal_public_key == ""
    assert "opener_keys" not in json.loads(ready.round.frozen_text or "")


def test_publication_freezes_the_keys_of_the_openers_and_deals_a_share_to_each(ready: Ready) -> None:
    session, named = ready.build.session, openers(ready)
    private = {one.user_id: choose(ready, one.user) for one in named}
    preview = publication.preview_hash(session, ready.round)

    frozen = published(ready)

    keys = opener_keys.of_round(session, ready.round)
    assert frozen == preview
    assert publication.verify(session, ready.round).holds
    kept = json.loads(ready.round.frozen_text or "")["opener_keys"]
    assert kept == sorted(
        ({"opener": one.user.public_id, "public_key": keys[one.user_id].public_key} for one in named),
        key=lambda one: one["opener"],
    )
    assert sorted(key.share_number for key in keys.values()) == [1, 2, 3]
    opened = {
        key.share_number: shares.opened_share(private[user], key.sealed_share, key.share_number, ready.round.public_id)
        for user, key in keys.items()
    }
    assert shares.joined(opened, 2, ready.round.seal_public_key).public == ready.round.seal_public_key
    dealt = session.scalars(select(AuditEvent).where(AuditEvent.kind == "opener_key.dealt")).one()
    assert dealt.data == {"public_key": ready.round.seal_public_key, "shares": 3, "needed": 2}


def test_a_passphrase_chosen_anew_after_the_proposal_makes_the_confirmation_stale(ready: Ready) -> None:
    session, named = ready.build.session, openers(ready)
    for one in named:
        choose(ready, one.user)
    approved(ready)
    publication.propose_publication(session, ready.round, notice_reference="2026/S 1-1", **who(ready))
    session.commit()
    before = opener_keys.of_round(session, ready.round)[named[0].user_id].public_key
    choose(ready, named[0].user, "another sentence of mine", replaces=before)

    with pytest.raises(Stale):
        publication.publish(session, ready.round, **who(ready, second=True))


def test_a_key_that_was_exchanged_in_the_database_is_found_by_verifying(ready: Ready) -> None:
    session = ready.build.session
    for one in openers(ready):
        choose(ready, one.user)
    published(ready)

    session.scalars(select(OpenerKey)).first().public_key = "A" * 44
    session.commit()

    found = publication.verify(session, ready.round)
    assert not found.holds
    assert found.differing == ("opener_keys",)


def test_two_publications_have_two_keys(build: Any) -> None:
    found = set()
    for _number in range(2):
        ready = Ready(build, settings={"seal_mode": "shares"})
        for one in openers(ready):
            choose(ready, one.user)
        published(ready)
        found.add(build.session.get_one(Round, ready.round.id).seal_public_key)

    assert len(found) == 2
