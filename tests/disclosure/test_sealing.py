"""Seals: what opens and what does not, who holds keys, the opening, the master key, what lay open before."""

from __future__ import annotations

import base64
import datetime as dt
import io
from collections import Counter

import pytest
from flask_migrate import downgrade
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from framework.disclosure import checking, comparisons, counting, opening, receiving, releasing, sealing
from framework.disclosure.checked import Checked, SheetAccount
from framework.ground import master_key
from framework.ground.cipher import HEAD, PIECE, decrypted, encrypted
from framework.ground.errors import MoveRefused
from framework.ground.files import FileStore
from framework.ground.sheets.reader import ChildResult
from models.disclosure import Comparison, Correction, SubmissionIssue, SubmissionRow
from models.sealing import (
    MARK,
    Key,
    KeyMissing,
    Ring,
    SealBroken,
    Wrap,
    WrongMasterKey,
    forms,
    holding,
    open_object,
    open_text,
    plain_text,
)
from tests.disclosure.test_pages import Tender
from tests.memory import remembered
from views import create_app, keyring
from views.disclosure.enveloping import seal_what_lies_open
from views.settings import Settings

KEY, OTHER = Key("one", b"1" * 32), Key("two", b"2" * 32)


def holding_both():
    held = Ring()
    held.add(KEY)
    held.add(OTHER)
    return holding(held)


@given(st.text(), st.sampled_from(["row.sheet", "correction.found"]))
def test_a_text_opens_as_it_was_and_equal_texts_look_equal(value, field):
    with holding_both():
        assert open_text(field, KEY.text(field, value)) == value
        assert open_text(field, plain_text(value)) == value
        assert KEY.text(field, value) == Key("one", b"1" * 32).text(field, value)
        assert len(set(forms(field, value))) == 3


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text()))))
def test_an_object_opens_as_it_was_and_never_looks_the_same_twice(value):
    first, second = KEY.object("row.values", value, 7), KEY.object("row.values", value, 7)
    with holding_both():
        found = open_object("row.values", first)

    assert (found, found.row, first != second) == (value, 7, True)


@given(st.binary(max_size=40), st.sampled_from([0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE]))
def test_bytes_of_any_length_open_as_they_were(some, length):
    content = (some or b"x") * (length // len(some or b"x") + 1)
    content = content[:length]
    pieces = (content[at : at + 1000] for at in range(0, length, 1000))
    stored = b"".join(encrypted(pieces, KEY.of_file))

    assert b"".join(decrypted(io.BytesIO(stored), KEY.of_file)) == content


def _sealed_bytes(count=3):
    return b"".join(encrypted(iter([bytes([n]) * PIECE for n in range(count)]), KEY.of_file))


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b[: len(HEAD) + PIECE + 16],  # the rest cut off
        lambda b: b[: len(HEAD)] + b[len(HEAD) + PIECE + 16 :],  # the first piece taken out
        lambda b: b[: len(HEAD)] + b[len(HEAD) :][PIECE + 16 :][: PIECE + 16] + b[len(HEAD) :][: PIECE + 16],
        lambda b: b[:-1] + bytes([b[-1] ^ 1]),
        lambda b: b + b"x",
        lambda b: b"x" + b[1:],
        lambda b: b"",
    ],
)
def test_changed_moved_or_shortened_bytes_do_not_open(change):
    with pytest.raises(SealBroken):
        b"".join(decrypted(io.BytesIO(change(_sealed_bytes())), KEY.of_file))


def test_the_bytes_of_another_version_do_not_open():
    with pytest.raises(SealBroken):
        b"".join(decrypted(io.BytesIO(_sealed_bytes()), OTHER.of_file))


def test_what_was_moved_to_another_field_or_version_does_not_open():
    said = KEY.text("submission_issue.sheet", "Sites")
    moved = f"{MARK}two.{said.partition('.')[2]}"
    with holding_both():
        for field, token in (("submission_issue.code", said), ("submission_issue.sheet", moved)):
            with pytest.raises(SealBroken):
                open_text(field, token)
        with pytest.raises(SealBroken):
            open_object("row.found", KEY.object("row.values", {}))


def test_a_session_without_the_key_gets_an_error_and_never_the_sealed_text():
    with holding(Ring()), pytest.raises(KeyMissing):
        open_text("row.sheet", KEY.text("row.sheet", "Sites"))


def test_nobody_writes_a_seal_into_a_file():
    forged = KEY.text("row.sheet", "Sites")
    with holding_both():
        assert open_text("row.sheet", plain_text(str(forged))) == forged


def test_a_wrapped_key_opens_in_its_place_alone():
    wrap = Wrap(b"m" * 32)
    wrapped = wrap.wrap(b"k" * 32, "key of round a")

    assert wrap.unwrap(wrapped, "key of round a") == b"k" * 32
    for other, what in ((wrap, "key of round b"), (Wrap(b"n" * 32), "key of round a")):
        with pytest.raises(WrongMasterKey):
            other.unwrap(wrapped, what)


class Desk:
    """A sealed round with one supplier and two openers; `keep` sends rows and keeps them as read."""

    @remembered
    def __init__(self, session, build, clock, files):
        self.session, self.build, self.clock, self.files = session, build, clock, files
        self.round = build.round(state="published", tender_deadline=clock.now + dt.timedelta(hours=1))
        build.lot(self.round)
        self.supplier = build.organisation("supplier")
        self.person = build.person(self.supplier)

    def keep(self, rows=5, content=b"secret bytes"):
        blob = self.files.put(io.BytesIO(content), max_bytes=10**6, key=sealing.new_key(self.round))
        submission = receiving.receive(
            *(self.session, self.round, self.supplier, blob, "secret name.csv"),
            actor=self.person,
            clock=self.clock,
            first_byte_at=self.clock(),
        )
        records = [{"row": n, "values": {"site": f"secret {n}"}, "found": {}} for n in range(rows)]
        checked = Checked("countable", "site-list", sheets=[SheetAccount("Secret", "3_sites", rows, rows, [])])
        checked.tables = {"3_sites": records}
        checking.keep(self.session, submission, checked, 1, clock=self.clock, files=self.files)
        self.session.flush()
        return submission

    def close(self):
        self.clock.forward(hours=2)
        counting.close_receipt(self.session, self.round, clock=self.clock, files=self.files)
        self.session.flush()

    def open(self):
        for _ in range(2):
            user = self.build.user(self.round.organisation)
            self.build.appoint(self.round, user, self.round.organisation, "opener")
            opener = self.build.actor(user, self.round.organisation)
            opening.confirm(self.session, self.round, actor=opener, clock=self.clock)


@pytest.fixture
def desk(session, build, clock, tmp_path):
    return Desk(session, build, clock, FileStore(tmp_path / "files"))


def raw(session, statement):
    return [tuple(row) for row in session.execute(text(statement))]


def test_the_opening_lays_open_what_counts_and_nothing_that_was_replaced(desk, session):
    first = desk.keep(content=b"the first")
    second = desk.keep()
    desk.close()
    desk.open()
    session.commit()

    with holding(Ring()):
        session.expire_all()
        query = select(SubmissionRow).where(SubmissionRow.submission_id == second.id).order_by(SubmissionRow.id)
        rows = session.scalars(query).all()
        assert [row.read_values["site"] for row in rows] == [f"secret {n}" for n in range(5)]
        assert (second.state, second.rows_in, second.file.name) == ("opened", 5, "secret name.csv")
        key = sealing.key_of_file(second.file)
        assert b"".join(desk.files.pieces(second.file.sha256, key)) == b"secret bytes"
        assert (first.state, first.file.released_key) == ("replaced", "")
        for ask in (lambda: first.rows_in, lambda: first.file.name, lambda: sealing.key_of_file(first.file)):
            with pytest.raises(KeyMissing):
                ask()
        with pytest.raises(KeyMissing):
            session.scalars(select(SubmissionRow).where(SubmissionRow.submission_id == first.id)).all()
    assert not any(
        "secret" in repr(one) for one in raw(session, f"SELECT * FROM submission_row WHERE submission_id = {first.id}")
    )


def test_the_opening_tells_no_cell_of_a_version_that_stays_sealed(desk, session):
    first, second = desk.keep(content=b"the first"), desk.keep()
    second.made_from, second.returned = first, {"changes": {"cells": ["secret 1"]}}
    session.flush()
    desk.close()
    desk.open()
    session.commit()
    assert (second.state, second.made_from, second.returned, second.rows_in) == ("opened", first, {}, 5)

    read = {"before_checked_at": first.checked_at, "after_checked_at": second.checked_at}
    found = Comparison(before=first, after=second, created_at=desk.clock(), counts=[], **read)
    session.add(found)
    session.flush()
    counts = Counter({("Secret", "gone"): 2})
    comparisons.keep(session, found.id, ChildResult(value={"unchanged": 1}), counts, now=desk.clock())
    session.flush()

    [(stored,)] = raw(session, "SELECT CAST(counts AS TEXT) FROM comparison")
    session.expire_all()
    assert "Secret" not in stored
    assert found.counts == [["Secret", "gone", 2]]


def test_rows_that_were_exchanged_in_the_database_are_noticed_by_their_owner_and_at_the_opening(desk, session):
    submission = desk.keep()
    first, second = session.scalars(select(SubmissionRow.id).order_by(SubmissionRow.id).limit(2))
    [(one,), (two,)] = raw(
        session, f"SELECT CAST(read_values AS TEXT) FROM submission_row WHERE id IN ({first}, {second}) ORDER BY id"
    )
    for number, value in ((first, two), (second, one)):
        session.execute(text(f"UPDATE submission_row SET read_values = '{value}' WHERE id = {number}"))
    session.expire_all()

    with pytest.raises(SealBroken):
        session.scalars(select(SubmissionRow)).all()
    desk.close()
    with pytest.raises(MoveRefused, match="seal-broken"):
        desk.open()
    session.rollback()
    assert submission is not None


def test_nothing_is_opened_with_another_master_key(desk, session):
    desk.keep()
    desk.close()

    with holding(Ring(master=Wrap(b"another" * 5))), pytest.raises(MoveRefused, match="master-key-wrong"):
        desk.open()


def test_what_is_added_to_a_sealed_version_is_sealed_whoever_adds_it(desk, session):
    submission = desk.keep()
    words = {
        "sheet": "Secret",
        "row": 1,
        "column": "A",
        "found": "secret",
        "corrected": "better",
        "code": "secret-code",
    }
    session.add(Correction(submission=submission, batch="b", created_at=desk.clock(), **words))
    session.add(
        SubmissionIssue(submission_id=submission.id, position=0, code="secret", severity="note", params={"a": "secret"})
    )
    session.flush()

    stored = raw(session, "SELECT * FROM correction") + raw(session, "SELECT * FROM submission_issue")
    session.expire_all()
    assert "secret" not in repr(stored)
    assert "better" not in repr(stored)
    assert session.scalars(select(Correction).where(Correction.code == "secret-code")).one().found == "secret"
    assert session.scalars(select(Correction).where(Correction.code != "secret-code")).all() == []
    assert session.scalars(select(SubmissionIssue).where(SubmissionIssue.severity.in_(["note"]))).one().params == {
        "a": "secret"
    }
    session.add(Correction(submission=submission, batch="c", created_at=desk.clock(), **words))
    with holding(Ring()), pytest.raises(KeyMissing):
        session.flush()
    session.rollback()


def test_the_same_file_is_known_again_though_its_bytes_never_lie_the_same(desk):
    first = desk.keep()
    again = desk.keep()

    assert again is first
    assert len(set(desk.files.addresses())) == 2


def test_what_lay_open_before_there_were_envelopes_is_sealed_by_the_worker(desk, session, app):
    submission = desk.keep()
    desk.files = app.extensions["files"]
    blob = desk.files.put(io.BytesIO(b"secret bytes"), max_bytes=100)
    _as_before_envelopes(session, submission, blob)
    before = repr(raw(session, "SELECT * FROM submission_row") + raw(session, "SELECT * FROM submission"))

    seal_what_lies_open(session, desk.clock)
    session.expire_all()

    after = repr(
        raw(session, "SELECT * FROM submission_row") + raw(session, "SELECT sheets, format, seal_id FROM submission")
    )
    assert "secret 1" in before
    assert "secret" not in after.casefold()
    assert (submission.rows_in, submission.format, submission.file.name) == (5, "site-list", "secret name.csv")
    assert b"".join(desk.files.pieces(submission.file.sha256, sealing.key_of_file(submission.file))) == b"secret bytes"
    assert [row.read_values for row in session.scalars(select(SubmissionRow).order_by(SubmissionRow.id))][1] == {
        "site": "secret 1"
    }


def _as_before_envelopes(session, submission, blob):
    """The version as a program before migration 0022 stored it."""
    releasing.release(session, submission)
    file = submission.file
    file.key_id = file.wrapped_key = file.released_key = file.same_hash = ""
    file.content_sha256, file.sha256 = "", blob.sha256
    if submission.job is not None:
        submission.job.state = "done"
    session.commit()


def test_a_version_that_cannot_be_sealed_as_it_came_stays_as_it_lies_and_keeps_no_other_open(
    desk, session, app, caplog
):
    desk.files = app.extensions["files"]
    lying = {name: _open(desk, session, name) for name in ("gone", "changed", "whole")}
    desk.files.path(lying["gone"].file.sha256).unlink()
    path = desk.files.path(lying["changed"].file.sha256)
    path.chmod(0o600)
    path.write_bytes(b"CHANGED")

    seal_what_lies_open(session, desk.clock)
    session.expire_all()

    assert [name for name, one in lying.items() if one.seal_id] == ["whole"]
    assert (lying["changed"].file.key_id, lying["changed"].rows_in) == ("", 5)
    assert "were changed" in caplog.text
    assert f"version {lying['gone'].id} lies open still" in caplog.text


def test_a_version_whose_job_began_meanwhile_is_not_sealed_under_it(desk, session, app, monkeypatch):
    desk.files = app.extensions["files"]
    submission, stored_anew = _open(desk, session, "busy"), sealing.stored_anew

    def meanwhile(*given):
        session.execute(text(f"UPDATE job SET state = 'running' WHERE id = {submission.job_id}"))
        return stored_anew(*given)

    monkeypatch.setattr(sealing, "stored_anew", meanwhile)
    seal_what_lies_open(session, desk.clock)
    session.expire_all()
    assert submission.seal_id == ""
    monkeypatch.undo()
    submission.job.state = "done"
    session.commit()

    seal_what_lies_open(session, desk.clock)
    session.expire_all()
    assert submission.seal_id


def _open(desk, session, content):
    """A version of these bytes that lies open."""
    submission = desk.keep(content=content.encode())
    _as_before_envelopes(session, submission, desk.files.put(io.BytesIO(content.encode()), max_bytes=100))
    return submission


def test_a_key_file_is_made_once_for_its_owner_alone_and_read_again(tmp_path):
    path = tmp_path / "keys" / "master.key"
    master_key.make_master(path)
    made = path.read_text()
    master_key.make_master(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == made
    assert master_key.read_master(path).unwrap(master_key.read_master(path).wrap(b"k", "x"), "x") == b"k"


@pytest.mark.parametrize("fault", ["missing", "open", "short", "words"])
def test_the_product_does_not_start_with_an_unsafe_key(tmp_path, fault):
    path = tmp_path / "master.key"
    path.write_text(
        {"short": base64.b64encode(b"k").decode(), "words": "no key"}.get(fault, base64.b64encode(b"k" * 32).decode())
    )
    path.chmod(0o644 if fault == "open" else 0o600)
    if fault == "missing":
        path.unlink()

    with pytest.raises(master_key.UnsafeKey, match="chmod 600" if fault == "open" else "master key"):
        master_key.read_master(path)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_product_does_not_start_with_another_key_or_none_where_something_is_sealed(
    desk, session, installation, tmp_path
):
    desk.keep()
    session.commit()
    url = installation.app.extensions["settings"].url()
    for which in ("none", "other"):
        path = tmp_path / f"{which}.key"
        if which == "other":
            master_key.make_master(path)
        with pytest.raises(master_key.UnsafeKey, match="backup"):
            create_app(
                Settings(
                    data_dir=tmp_path, database_url=url, secret_key="x" * 40, master_key_file=path, check_database=False
                )
            )


def test_with_another_master_key_a_page_says_so_in_plain_words(session, build, clock, sign_in, app, monkeypatch):
    tender = Tender(session, build, clock, sign_in)
    tender.send()
    page = tender.version()
    monkeypatch.setitem(app.extensions, "master", Wrap(b"another key" * 3))
    tender.session.rollback()

    answers = [tender.browser.get(path, buffered=True) for path in (page, f"{page}/original", tender.home)]

    assert {answer.status_code for answer in answers} == {503}
    assert all("its key is not at hand" in answer.get_data(as_text=True) for answer in answers)


def test_going_back_before_envelopes_is_refused_once_something_is_encrypted(desk, session):
    desk.keep()
    session.commit()
    session.close()

    with pytest.raises(SystemExit):
        downgrade(revision="0019")

    assert session.scalar(text("SELECT version_num FROM alembic_version")) >= "0022"
    assert session.scalar(text("SELECT count(*) FROM submission_row")) == 5


def test_a_reading_folder_that_somebody_else_may_look_into_stops_the_start(tmp_path, monkeypatch):
    folder = tmp_path / "reading"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    monkeypatch.setattr(keyring, "IN_MEMORY", tmp_path)

    with pytest.raises(master_key.UnsafeKey, match="HEFBOOM_READING_DIR"):
        create_app(Settings(data_dir=tmp_path / "d", reading_dir=folder, secret_key="x" * 40, check_database=False))
