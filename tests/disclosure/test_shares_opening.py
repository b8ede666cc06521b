"""The opening of a round whose key its openers hold in shares: two of three open, one never; windows, restarts, revocation."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from sqlalchemy import func, select

from framework.disclosure import opening, sealing
from framework.ground import shares
from framework.ground.deposits import Deposits
from framework.ground.errors import MoveRefused, NotAllowed, Stale, WrongPhase
from framework.ground.files import FileStore
from framework.rounds import opener_keys, parts
from models.boxes import PrivateBox
from models.disclosure import OpenerKey, Opening
from models.people import User
from models.records import AuditEvent, StoredFile
from models.sealing import KeyMissing, Wrap, WrongMasterKey, ring
from tests.disclosure.sharing import CHEAP, Shared, nobody_holds_keys
from views import beat


@pytest.fixture(autouse=True)
def in_memory(session, clock, tmp_path, monkeypatch):
    """A place for shares, and passphrases that cost little."""
    monkeypatch.setattr(shares, "COST", CHEAP)
    ring().deposits = Deposits(tmp_path / "deposits", clock)


@pytest.fixture
def scene(session, build, clock, tmp_path):
    return Shared(session, build, clock, FileStore(tmp_path / "files"))


def test_two_of_three_open_and_the_shares_are_forgotten(scene):
    submission = scene.count_one()
    with nobody_holds_keys():
        first = scene.confirm(scene.people[2])
        assert scene.round.state == "receipt_closed"
        assert first.opened_at is None
        assert len(scene.in_memory()) == 1

        scene.confirm(scene.people[0])

    assert scene.round.state == "opened"
    assert submission.file.released_key
    assert submission.file.name == "sheet.xlsx"
    assert ring().boxes == {}
    opening.forget_shares(scene.round.public_id, now=scene.clock())
    assert scene.in_memory() == []


def test_until_the_opening_the_platform_does_not_hold_what_opens(scene):
    submission = scene.count_one()
    scene.confirm(scene.people[0])

    with pytest.raises(KeyMissing):
        sealing.unwrapped(submission)
    assert not submission.file.released_key


def test_one_person_opens_nothing_however_often(scene):
    scene.count_one()
    scene.confirm(scene.people[0])

    for _again in range(3):
        with pytest.raises(MoveRefused) as refused:
            scene.confirm(scene.people[0])
        assert refused.value.code == "same-person"
    assert scene.round.state == "receipt_closed"


def test_a_single_person_never_opens_although_the_round_asks_for_one(session, build, clock, tmp_path):
    scene = Shared(session, build, clock, FileStore(tmp_path / "files"), opening_persons=1)
    scene.count_one()

    scene.confirm(scene.people[0])

    assert opening.persons_needed(scene.round) == 2
    assert scene.round.state == "receipt_closed"


def test_three_of_five_where_the_round_asks_for_three(session, build, clock, tmp_path):
    scene = Shared(session, build, clock, FileStore(tmp_path / "files"), openers=5, opening_persons=3)
    scene.count_one()

    for person in scene.people[1:4]:
        assert scene.round.state == "receipt_closed"
        scene.confirm(person)

    assert scene.round.state == "opened"


def test_without_the_private_key_nobody_confirms(scene):
    scene.count_one()
    for private, code in ((None, "passphrase-missing"), (b"x" * 32, "opener-key-damaged")):
        with pytest.raises(MoveRefused) as refused:
            opening.confirm(scene.session, scene.round, actor=scene.people[0], clock=scene.clock, private=private)
        assert refused.value.code == code
        scene.session.rollback()
    assert scene.session.scalar(select(func.count()).select_from(Opening)) == 0
    assert scene.in_memory() == []


def test_the_key_of_one_opener_does_not_open_the_share_of_another(scene):
    scene.count_one()

    with pytest.raises(MoveRefused) as refused:
        scene.confirm(scene.people[0], private=scene.private[scene.people[1].user_id])

    assert refused.value.code == "opener-key-damaged"


def test_after_a_restart_whoever_confirmed_confirms_again_and_that_opens(scene):
    scene.count_one()
    running = scene.confirm(scene.people[0])
    scene.restart()
    scene.confirm(scene.people[1])

    assert scene.round.state == "receipt_closed"
    lost = opening.shares_lost(scene.session, running, now=scene.clock())
    assert [one.user_id for one in lost] == [scene.people[0].user_id]
    scene.confirm(scene.people[0])

    assert scene.round.state == "opened"
    kinds = scene.session.scalars(
        select(AuditEvent.kind).where(AuditEvent.kind.like("opening.%")).order_by(AuditEvent.seq)
    ).all()
    assert kinds == ["opening.confirmed", "opening.confirmed", "opening.share_given_again"]
    assert len(opening.record_of(scene.session, scene.round).record["confirmed"]) == 2


def test_a_third_opener_takes_the_place_of_a_share_that_a_restart_lost(scene):
    scene.count_one()
    scene.confirm(scene.people[0])
    scene.restart()
    scene.confirm(scene.people[1])

    scene.confirm(scene.people[2])

    assert scene.round.state == "opened"


def test_the_window_ends_for_shares_too(scene):
    scene.count_one()
    scene.confirm(scene.people[0])
    scene.clock.forward(minutes=11)

    scene.confirm(scene.people[1])

    assert scene.round.state == "receipt_closed"
    assert len(scene.in_memory()) == 1
    scene.confirm(scene.people[0])
    assert scene.round.state == "opened"


def test_a_share_of_an_earlier_window_is_not_taken_for_one_of_this(scene):
    scene.count_one()
    running = scene.confirm(scene.people[0])
    number = scene.key_of(scene.people[0]).share_number
    held = ring().deposits.get(f"opening-{scene.round.public_id}-{number}", now=scene.clock())
    ring().deposits.put(
        f"opening-{scene.round.public_id}-{number}",
        held | {"opening": "another"},
        until=scene.clock.now + dt.timedelta(days=1),
    )

    assert len(opening.shares_lost(scene.session, running, now=scene.clock())) == 1


def test_the_share_of_an_opener_who_was_revoked_meanwhile_opens_nothing(scene):
    scene.count_one()
    scene.confirm(scene.people[0])
    scene.revoke(scene.people[0])

    scene.confirm(scene.people[1])
    assert scene.round.state == "receipt_closed"
    with pytest.raises(NotAllowed):
        scene.confirm(scene.people[0])

    scene.confirm(scene.people[2])
    assert scene.round.state == "opened"


def test_one_damaged_share_of_three_does_not_matter(scene):
    scene.count_one()
    scene.key_of(scene.people[0]).sealed_share = "bG9zdA=="
    scene.confirm(scene.people[1])
    scene.session.commit()

    with pytest.raises(MoveRefused) as refused:
        scene.confirm(scene.people[0])

    assert refused.value.code == "opener-key-damaged"
    scene.session.rollback()
    scene.confirm(scene.people[2])
    assert scene.round.state == "opened"


def test_shares_that_give_another_key_open_nothing_and_leave_no_confirmation(scene):
    submission = scene.count_one()
    scene.round.seal_public_key = PrivateBox(b"another key of somebody, 32 byte").public
    scene.session.commit()
    scene.confirm(scene.people[0])
    scene.session.commit()

    with pytest.raises(MoveRefused) as refused:
        scene.confirm(scene.people[1])

    scene.session.rollback()
    assert refused.value.code == "shares-do-not-fit"
    assert len(scene.in_memory()) == 1
    assert (scene.round.state, submission.state) == ("receipt_closed", "counted")
    assert len(scene.session.scalars(select(Opening)).one().confirmations) == 1


def test_a_changed_wrap_opens_nothing_and_says_of_which_receipt(scene):
    submission = scene.count_one()
    submission.file.wrapped_key = submission.file.wrapped_key[:-8] + "AAAAAAA="
    scene.session.commit()
    scene.confirm(scene.people[0])
    scene.session.commit()

    with pytest.raises(MoveRefused) as refused:
        scene.confirm(scene.people[1])

    assert refused.value.code == "seal-broken"
    assert refused.value.params == {"receipt": submission.receipt_number}
    assert ring().boxes == {}


def test_without_a_place_in_memory_nobody_confirms_and_nothing_is_lost(scene, tmp_path):
    scene.count_one()
    (tmp_path / "file").write_text("x")
    for place in (None, Deposits(tmp_path / "file", scene.clock)):
        ring().deposits = place
        with pytest.raises(MoveRefused) as refused:
            scene.confirm(scene.people[0])
        assert refused.value.code == "no-place-in-memory"
        scene.session.rollback()


def test_nothing_that_is_stored_tells_a_share_or_a_private_key(scene):
    scene.count_one()
    scene.confirm(scene.people[0])
    scene.session.commit()

    kept = scene.session.scalars(select(OpenerKey)).all()
    stored = "".join(key.sealed_private_key + key.sealed_share for key in kept)
    events = repr([(e.kind, e.data) for e in scene.session.scalars(select(AuditEvent))])
    for private in scene.private.values():
        for said in (stored, events):
            assert shares.written_code(private) not in said
            assert private.hex() not in said


def test_a_key_is_chosen_by_openers_only_before_publication_and_once_per_window(session, build, clock, tmp_path):
    scene = Shared(session, build, clock, FileStore(tmp_path / "files"))
    with pytest.raises(WrongPhase):
        scene.choose(scene.people[0], "another sentence of mine", replaces=scene.key_of(scene.people[0]).public_key)
    other = Shared.__new__(Shared)
    other.session, other.build, other.clock, other.files = session, build, clock, scene.files
    other.round = build.round(state="ready", settings={"seal_mode": "shares"})
    stranger, opener = build.person(other.round.organisation), other.openers(1)[0]

    with pytest.raises(NotAllowed):
        other.choose(stranger, "another sentence of mine")
    other.choose(opener, "the first sentence of mine")
    with pytest.raises(Stale):
        other.choose(opener, "typed in another window")
    before = other.key_of(opener).public_key
    other.choose(opener, "the second sentence of mine", replaces=before)

    assert other.key_of(opener).public_key != before
    last = session.scalars(select(AuditEvent).where(AuditEvent.kind == "opener_key.made_anew")).one()
    assert last.data == {"public_key": other.key_of(opener).public_key, "before": before}


def test_who_is_withdrawn_as_opener_before_publication_loses_the_key(session, build, clock, tmp_path):
    scene = Shared.__new__(Shared)
    scene.session, scene.build, scene.clock, scene.files = session, build, clock, FileStore(tmp_path / "files")
    scene.round = build.round(state="demand_locked", settings={"seal_mode": "shares"})
    opener = scene.openers(1)[0]
    scene.choose(opener, "the first sentence of mine")
    lead = build.person(scene.round.organisation)

    parts.withdraw_opener(session, scene.round, session.get_one(User, opener.user_id), actor=lead, now=clock())

    assert opener_keys.of_round(session, scene.round) == {}
    assert session.scalar(select(func.count()).where(AuditEvent.kind == "opener_key.removed")) == 1


@pytest.mark.parametrize("seed", range(6))
def test_no_sequence_opens_with_one_share_outside_the_window_or_with_one_that_was_lost(
    session, build, clock, tmp_path, seed
):
    """Random acts: confirm, wait, restart, revoke; at the end it is open only if two held shares were together in memory."""
    chance = random.Random(seed)
    scene = Shared(session, build, clock, FileStore(tmp_path / "files"))
    scene.count_one()
    held: dict[int, dt.datetime] = {}
    """User to the end of the window in which the share lies in memory."""
    revoked: set[int] = set()
    for _act in range(30):
        act = chance.choice(["confirm", "confirm", "wait", "restart", "revoke"])
        if act == "wait":
            clock.forward(minutes=chance.choice([1, 4, 11]))
        elif act == "restart" and chance.random() < 0.4:
            scene.restart()
            held = {}
        elif act == "revoke" and not revoked and chance.random() < 0.2:
            person = chance.choice(scene.people)
            scene.revoke(person)
            revoked.add(person.user_id)
        elif act == "confirm":
            person = chance.choice(scene.people)
            try:
                found = scene.confirm(person)
            except (MoveRefused, NotAllowed):
                continue
            held = {user: until for user, until in held.items() if until == found.window_ends_at}
            held[person.user_id] = found.window_ends_at
            session.commit()
            assert (scene.round.state == "opened") == (len(set(held) - revoked) >= 2)
            if scene.round.state == "opened":
                return


def test_shares_that_nobody_asks_for_any_more_are_forgotten_when_the_window_ends(scene, app, monkeypatch):
    monkeypatch.setitem(app.extensions, "deposits", ring().deposits)
    scene.count_one()
    scene.confirm(scene.people[0])
    folder = ring().deposits.folder
    beat.forget_deposits(scene.session, scene.clock)
    assert len(list(folder.glob("opening-*"))) == 1

    scene.clock.forward(minutes=11)
    beat.forget_deposits(scene.session, scene.clock)

    assert list(folder.glob("opening-*")) == []


def test_database_files_and_master_key_together_give_no_content_key_before_the_opening(scene, app, tmp_path):
    submission = scene.count_one(b"a canary")
    master = app.extensions["master"]
    wanted = StoredFile.key_id != ""

    assert sealing.keys_where(scene.session, master, wanted) == {}
    what = f"content key {submission.file.key_id} of round {scene.round.public_id}"
    for wrap in (master, Wrap(b"\0" * 32)):
        with pytest.raises(WrongMasterKey):
            wrap.unwrap(submission.file.wrapped_key, what)
    for path in (tmp_path / "files").rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes()
