"""Heads of the record: one a day, out by mail and file; the page says in one line how the record stands."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile

import pytest
from sqlalchemy import func, select, text, update

from framework.ground import audit, audit_ddl, heads, mail, signing, verifying
from framework.ground.actors import SYSTEM
from models.base import db
from models.receipts import LogHead, PublicKey
from models.records import AuditEvent, Mail
from tests.audit.test_verifier import EVENTS, verify
from tests.memory import remembered
from tests.operations.sink import sink
from views import sending, worker
from views.audit import outside


@pytest.fixture
@remembered
def noted(session, build, clock):
    """A round with its lead, and ten entries, three of them of the round."""
    round_ = build.round(state="demand")
    lead = build.user(round_.organisation)
    for number in range(10):
        subject = round_ if number < 3 else None
        audit.record(session, EVENTS, actor=SYSTEM, now=clock(), subject=subject, n=number, text="x", list=[])
    session.commit()
    return round_, lead


@pytest.fixture
def settings(app, monkeypatch):
    """Set a setting for this test."""
    return lambda **values: [monkeypatch.setattr(app.extensions["settings"], *pair) for pair in values.items()]


def tick(clock, what=outside.daily_head):
    db.session.rollback()
    with worker.writing_session() as own:
        what(own, clock)
        own.commit()


def forge(session, seq=2):
    for ddl in audit_ddl.unprotect(session.get_bind().dialect.name):
        session.execute(text(ddl))
    session.execute(update(AuditEvent).where(AuditEvent.seq == seq).values(kind="forged"))
    for ddl in audit_ddl.protect(session.get_bind().dialect.name):
        session.execute(text(ddl))
    session.commit()


def sizes(session):
    session.expire_all()
    return list(session.scalars(select(LogHead.size).order_by(LogHead.size)))


def test_one_head_is_signed_a_day_and_stands_in_the_record(session, noted, clock):
    for hours in (0, 1, 5, 20, 1):
        clock.forward(hours=hours)
        tick(clock)

    made = session.scalars(select(AuditEvent).where(AuditEvent.kind == heads.MADE).order_by(AuditEvent.seq)).all()
    assert len(sizes(session)) == 2
    assert [event.data["size"] for event in made] == sizes(session)
    assert verifying.walked(session).is_whole


def test_the_key_is_published_once_before_anything_is_signed(session, noted, clock, client):
    tick(clock)
    tick(clock)

    taken = session.scalars(select(AuditEvent).where(AuditEvent.kind == "key.taken_up")).all()
    (key,) = session.scalars(select(PublicKey))
    assert [event.data["fingerprint"] for event in taken] == [key.fingerprint]
    assert key.fingerprint in client.page("/record/heads").text


def test_an_empty_record_gets_no_head(session, clock):
    assert not heads.is_due(session, now=clock())


def test_a_broken_record_gets_no_head_and_is_looked_at_again_the_next_day(session, noted, clock):
    forge(session)
    tick(clock)
    tick(clock)

    checks = session.scalars(select(AuditEvent).where(AuditEvent.kind == verifying.VERIFIED)).all()
    assert (sizes(session), [check.data["broken_at"] for check in checks]) == ([], [2])
    clock.forward(days=1)
    assert heads.is_due(session, now=clock())


def test_a_record_made_anew_does_not_fit_the_head_that_was_signed(session, noted, clock):
    tick(clock)
    size = sizes(session)[0]
    for ddl in audit_ddl.unprotect(session.get_bind().dialect.name):
        session.execute(text(ddl))
    before = audit.GENESIS
    for event in session.scalars(select(AuditEvent).order_by(AuditEvent.seq)):
        event.request_ref, event.prev_hash = "other", before
        before = event.hash = audit.digest(event)
    session.flush()

    found = verifying.walked(session)

    assert (found.broken_at, found.head, found.is_whole) == (0, size, False)


def test_heads_go_to_each_address_with_a_file_that_the_verifier_takes(
    session, noted, clock, settings, sign_in, tmp_path
):
    with sink() as server:
        settings(head_recipients="a@example.org, b@example.org", mail_url=f"smtp://{server.address}")
        tick(clock)
        tick(clock, sending.send_due)

    arrived = {one["To"]: one for one in server.mails}
    (attached,) = [part for part in arrived["a@example.org"].walk() if part.get_filename()]
    (tmp_path / "head.jsonl").write_bytes(attached.get_payload(decode=True))
    round_, lead = noted
    unpacked = bundle(sign_in(lead, round_.organisation), f"/rounds/{round_.public_id}/record/bundle.zip", tmp_path)
    assert set(arrived) == {"a@example.org", "b@example.org"}
    assert verify(unpacked, tmp_path / "head.jsonl")[0] == 0
    assert heads.last_copy(session, is_mailed=True) == clock.now
    assert heads.last_copy(session, is_mailed=False) is None


def bundle(browser, place, folder):
    answer = browser.get(place)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        archive.extractall(folder / "bundle")
    return folder / "bundle"


def test_heads_are_written_into_the_folder_also_those_that_could_not_be_before(
    session, noted, clock, settings, tmp_path
):
    folder = tmp_path / "away"
    settings(head_folder=folder)
    with pytest.raises(FileNotFoundError):
        tick(clock)
    clock.forward(days=1)
    folder.mkdir()
    tick(clock)
    tick(clock)

    found = sorted(path.name for path in folder.iterdir())
    assert len(found) == 2
    assert found[0].startswith("head-2026-11-23-")
    assert json.loads((folder / found[1]).read_text(encoding="utf-8"))["continues"]
    assert heads.last_copy(session, is_mailed=False) == clock.now


@pytest.mark.parametrize("who", ["lead", "operator"])
def test_the_bundle_verifies_with_the_verifier_that_lies_in_it(session, build, noted, clock, sign_in, tmp_path, who):
    tick(clock)
    round_, lead = noted
    body = round_.organisation if who == "lead" else build.organisation("operator")
    browser = sign_in(lead if who == "lead" else build.user(body), body)
    place = f"/rounds/{round_.public_id}/record/bundle.zip" if who == "lead" else "/record/bundle.zip"

    unpacked = bundle(browser, place, tmp_path)

    code, said = verify(unpacked)
    lines = [json.loads(line) for line in (unpacked / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    total = session.scalar(select(func.max(AuditEvent.seq)))
    shown = 3 if who == "lead" else total
    assert {path.name for path in unpacked.iterdir()} == {
        "README.txt",
        "heads.jsonl",
        "keys.json",
        "log.jsonl",
        "verify_log.py",
    }
    assert (code, len(lines), len([one for one in lines if "withheld" not in one])) == (0, total, shown), said
    assert f"{total - shown} of them withheld" in said


def test_a_bundle_names_nobody_and_holds_no_entry_of_a_sealed_tender(session, build, clock, sign_in, tmp_path):
    sealed = build.round(state="published", published_at=clock(), tender_deadline=clock() + dt.timedelta(hours=1))
    bidder = build.organisation("supplier", name="Canary Bidder")
    audit.record(session, EVENTS, actor=build.person(bidder), now=clock(), subject=sealed, n=1, text="canary", list=[])
    operator = build.organisation("operator")
    session.commit()

    unpacked = bundle(sign_in(build.user(operator, name="Olga Operator"), operator), "/record/bundle.zip", tmp_path)

    text_ = (unpacked / "log.jsonl").read_text(encoding="utf-8")
    assert "anary" not in text_
    assert "Olga" not in text_
    assert f'"organisation":{bidder.id}' not in text_


def test_two_heads_are_proven_consistent_for_lead_and_operator(session, build, noted, clock, sign_in, tmp_path):
    tick(clock)
    clock.forward(days=1)
    tick(clock)
    round_, lead = noted
    first, second = sizes(session)
    place = f"/rounds/{round_.public_id}/record"
    browser = sign_in(lead, round_.organisation)

    proof = browser.get(f"{place}/consistency.json?first={first}&second={second}")
    missing = [
        browser.get(f"{place}/consistency.json{query}").status_code
        for query in ("", "?first=1&second=x", "?first=3&second=4")
    ]

    unpacked = bundle(browser, f"{place}/bundle.zip", tmp_path)
    (tmp_path / "proof.json").write_bytes(proof.data)
    code, said = verify(unpacked, tmp_path / "proof.json")
    assert (code, f"the record of {second} entries continues that of {first}" in said) == (0, True)
    assert missing == [404, 404, 404]
    assert "Download the proof that nothing changed between" in browser.page(place).text


def line(browser, round_):
    return browser.page(f"/rounds/{round_.public_id}").text


def test_the_leads_page_says_in_one_line_how_the_record_stands(session, noted, clock, settings, sign_in, tmp_path):
    round_, lead = noted
    browser = sign_in(lead, round_.organisation)
    said = [line(browser, round_)]
    tick(clock)
    said.append(line(browser, round_))
    folder = tmp_path / "away"
    folder.mkdir()
    settings(head_folder=folder)
    said.append(line(browser, round_))
    tick(clock)
    said.append(line(browser, round_))

    count = session.scalar(select(func.max(AuditEvent.seq)))
    assert "10 entries since 23 Nov 2026." in said[0]
    assert "not checked" in said[0]
    assert (
        f"{count} entries, unbroken since 23 Nov 2026; no outside copy leaves, because no recipient is set." in said[1]
    )
    assert "no outside copy has left yet." in said[2]
    assert f"{count} entries, unbroken since 23 Nov 2026; last outside copy 23 Nov 2026." in said[3]


def test_a_broken_record_is_told_in_words_and_not_by_a_colour_alone(session, noted, clock, sign_in):
    round_, lead = noted
    forge(session)
    tick(clock)
    browser = sign_in(lead, round_.organisation)

    for said in (line(browser, round_), browser.page(f"/rounds/{round_.public_id}/record").text):
        assert "broken" in said
        assert "Event 2 does not follow from the one before." in said
        assert "unbroken" not in said


def test_verifying_takes_two_clicks(session, noted, sign_in):
    """F11: open the record, press the button; both are plain links and forms."""
    round_, lead = noted
    browser = sign_in(lead, round_.organisation)
    overview = browser.page(f"/rounds/{round_.public_id}")
    place = f"/rounds/{round_.public_id}/record"

    answer = browser.post(f"{place}/verify")

    assert f'href="{place}"' in browser.get(f"/rounds/{round_.public_id}").get_data(as_text=True)
    assert overview
    assert f'action="{place}/verify"' in browser.get(place).get_data(as_text=True)
    assert (answer.status_code, answer.headers["Location"]) == (303, place)


def test_everybody_may_keep_the_heads_and_the_verifier(noted, clock, client):
    tick(clock)

    page = client.page("/record/heads").text
    lines = client.get("/record/heads.jsonl").get_data(as_text=True).splitlines()

    assert json.loads(lines[0])["statement"]["root"] in page
    assert client.get("/record/verify_log.py").get_data(as_text=True).startswith('"""Verify a record')


def test_entries_are_shipped_once_each_and_in_order(session, noted, clock, settings, tmp_path, monkeypatch):
    target = tmp_path / "shipped.jsonl"
    settings(log_ship_to=target)
    monkeypatch.setattr(outside, "AT_ONCE", 4)
    for _time in range(4):
        tick(clock, outside.ship_log)

    shipped = [json.loads(one) for one in target.read_text(encoding="utf-8").splitlines()]
    assert [one["seq"] for one in shipped] == list(range(1, 11))


def test_what_cannot_be_shipped_is_shipped_later(session, noted, clock, settings, tmp_path):
    target = tmp_path / "away" / "shipped.jsonl"
    settings(log_ship_to=target)
    tick(clock, outside.ship_log)
    target.parent.mkdir()
    tick(clock, outside.ship_log)

    assert len(target.read_text(encoding="utf-8").splitlines()) == 10


def test_the_command_line_checks_chain_and_heads(app, session, noted, clock):
    tick(clock)
    whole = app.test_cli_runner().invoke(args=["verify-log"])
    session.rollback()
    session.info["write"] = True
    session.execute(update(LogHead).values(signature="00" * 64))
    session.commit()
    unsigned = app.test_cli_runner().invoke(args=["verify-log"])
    session.rollback()
    session.info["write"] = True
    session.execute(update(LogHead).values(root="00" * 32))
    session.commit()
    amiss = app.test_cli_runner().invoke(args=["verify-log"])

    assert (whole.exit_code, "unbroken; 1 signed heads fit." in whole.output) == (0, True)
    assert (unsigned.exit_code, "signature" in unsigned.output) == (1, True)
    assert (amiss.exit_code, "does not fit its signed head" in amiss.output) == (1, True)


@pytest.mark.parametrize("what", ["root", "size", "signature", "statement", "other"])
def test_a_head_whose_row_is_not_what_was_signed_is_the_first_that_is_amiss(session, noted, clock, what):
    tick(clock)
    clock.forward(days=1)
    tick(clock)
    size = sizes(session)[0]
    session.rollback()
    session.info["write"] = True
    head = session.scalars(select(LogHead).order_by(LogHead.size)).first()
    changed = {"root": "00" * 32, "size": size - 1, "signature": "00" * 64, "statement": head.statement + " "}
    if what == "other":
        other = signing.current()
        head.statement, head.signature = "{}", other.sign("{}")
    else:
        setattr(head, what, changed[what])
    session.flush()

    found = verifying.walked(session)

    assert (found.broken_at, found.head) == (0, size - 1 if what == "size" else size)


def test_the_mail_of_a_head_has_words(session, noted, clock, settings):
    settings(head_recipients="a@example.org")
    tick(clock)

    (row,) = session.scalars(select(Mail).where(Mail.template == heads.MAIL))
    from views import mailing

    subject, said, _page = mailing.render(row)
    assert subject == f"Head of the record over {row.params['size']} entries"
    assert row.params["root"] in said
    assert mail.MAX_ATTEMPTS
