"""The record: read by the lead, exported without formulas, never changed."""

from __future__ import annotations

import ast
import datetime as dt
import io

import openpyxl
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from framework.ground import audit, audit_ddl, audit_labels, jobs, table_files, trail, verifying
from framework.ground.audit_labels import KINDS
from framework.ground.formula_text import harmless
from framework.ground.permissions import Permission
from framework.ground.refusal_labels import REFUSALS
from framework.signons import acts
from models.records import AuditEvent, Job
from tests.chain.opened import Opened
from tests.memory import remembered
from views.settings import ROOT

STATEMENTS = ["UPDATE audit_event SET kind = 'forged'", "DELETE FROM audit_event"]


@pytest.fixture
@remembered
def opened(session, build, clock):
    return Opened(session, build, clock)


@pytest.fixture
@remembered
def invited(session, build, clock):
    round_ = build.round(state="sign_on")
    user = build.user(round_.organisation, name="=Lead Person")
    lead = build.actor(user, round_.organisation)
    sign_on = acts.invite(session, round_, build.organisation("buyer"), actor=lead, now=clock())
    session.commit()
    return round_, user, sign_on


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_refuses_to_change_an_event(session, build, invited, statement):
    dialect = session.get_bind().dialect.name
    for ddl in audit_ddl.protect(dialect):
        session.execute(text(ddl))
    session.commit()

    with pytest.raises(DatabaseError, match="append-only"):
        session.execute(text(statement))

    session.rollback()


def test_the_lead_reads_the_record_of_a_round(session, build, sign_in, invited):
    round_, user, sign_on = invited
    member = sign_in(build.user(sign_on.organisation), sign_on.organisation)
    lead = sign_in(user, round_.organisation)
    member.get(f"/rounds/{round_.public_id}/record")
    lead.post(f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}/confirm", data={"version": "1"})

    page = lead.page(f"/rounds/{round_.public_id}/record")
    denied = lead.page(f"/rounds/{round_.public_id}/record?outcome=denied")

    assert "invited a body" in page.text
    assert "1 refused attempt in this round." in page.text
    assert "was refused an attempt: confirm" in denied.text
    assert "was refused an attempt: read the record of a round (only others may do this)" in denied.text
    assert "invited a body" not in denied.text


def test_the_export_holds_no_formula(session, sign_in, invited):
    round_, user, _sign_on = invited
    lead = sign_in(user, round_.organisation)

    answer = lead.get(f"/rounds/{round_.public_id}/record.csv")

    assert ",'=Lead Person," in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("value", "out"),
    [
        ("=1+1", "'=1+1"),
        ("-A5", "'-A5"),
        ("-5", "-5"),
        ("+46 8 123", "+46 8 123"),
        ("plain", "plain"),
        ("@x", "'@x"),
    ],
)
def test_text_never_becomes_a_formula_and_a_number_stays_one(value, out):
    assert harmless(value) == out


def test_a_member_does_not_read_the_record(session, build, sign_in, invited):
    round_, _user, sign_on = invited
    member = sign_in(build.user(sign_on.organisation), sign_on.organisation)

    assert member.get(f"/rounds/{round_.public_id}/record").status_code == 403


def test_every_label_fits_the_keys_its_kind_declares():
    import re

    for kind, template in KINDS.items():
        if kind in audit.KEYS:
            assert set(re.findall(r"%\((\w+)\)s", template)) <= audit.KEYS[kind], kind


def test_the_record_leaves_as_a_workbook_too(sign_in, invited):
    round_, user, _sign_on = invited
    lead = sign_in(user, round_.organisation)

    answer = lead.get(f"/rounds/{round_.public_id}/record.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))

    assert rows[0][:3] == ("No.", "When (UTC)", "Who")
    assert "=Lead Person" in {row[2] for row in rows[1:]}
    assert isinstance(rows[1][1], dt.datetime)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_a_long_record_is_read_in_chunks_that_join_without_a_seam(session, build, clock, invited, size):
    round_, user, _sign_on = invited
    lead = build.actor(user, round_.organisation)
    for _each in range(4):
        acts.invite(session, round_, build.organisation("buyer"), actor=lead, now=clock())
    query = trail.of_round(round_, trail.Filters())

    found = list(trail.in_order(session, query, size=size))

    newest_first, _page = trail.page(session, query, 1)
    assert len(found) == trail.count(session, query) >= 5
    assert found == newest_first[::-1]


def test_a_record_longer_than_a_sheet_is_refused_as_a_workbook_and_given_as_csv(sign_in, invited, monkeypatch):
    round_, user, _sign_on = invited
    lead = sign_in(user, round_.organisation)
    monkeypatch.setattr(table_files, "MOST_ROWS", 0)

    refused = lead.get(f"/rounds/{round_.public_id}/record.xlsx")
    given = lead.get(f"/rounds/{round_.public_id}/record.csv")

    assert (refused.status_code, given.status_code) == (409, 200)
    assert "Download it as CSV" in refused.get_data(as_text=True)


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("nl", ";"), ("sv", ";")])
def test_csv_is_separated_as_the_readers_spreadsheet_expects(session, sign_in, invited, language, separator):
    round_, user, _sign_on = invited
    path = f"/rounds/{round_.public_id}/record.csv"
    user.language = language
    session.commit()
    lead = sign_in(user, round_.organisation)

    assert lead.get(path).get_data(as_text=True).startswith(f"\ufeffseq{separator}at{separator}who")


@pytest.fixture(scope="session")
def everything_declared():
    """All kinds that the product declares; importing its pages declares them."""
    import views.application  # noqa: F401

    return {kind for kind in audit.KEYS if not kind.startswith("test.")}


def test_every_declared_kind_and_every_attempt_has_words(everything_declared):
    attempts = audit_labels.OTHER_ATTEMPTS
    kinds = [kind for kind in everything_declared if ":" not in kind and kind not in attempts]
    tried = [f"{p.value}.denied" for p in Permission] + [f"{e}.{a}.denied" for e, a in audit_labels.moves_by_act()]

    unnamed = [kind for kind in kinds if audit_labels.kind_label(kind)[0] == "%(kind)s"]
    vague = [kind for kind in tried if audit_labels.attempt_label(kind) == audit_labels.SOMETHING]

    assert (unnamed, vague) == ([], [])


def test_every_kind_has_a_name_without_the_facts_of_an_event(everything_declared):
    """The record's page offers the kinds that occurred as a list to choose from."""
    kinds = [kind for kind in everything_declared | audit_labels.KINDS.keys() if ":" not in kind]

    for template, params in map(audit_labels.kind_label, kinds):
        assert template % params


def refusal_codes():
    """The codes that stand in the source where a refusal is raised."""
    refusals = ("NotFound", "NotAllowed", "WrongPhase", "MoveRefused", "RuleBroken", "Stale", "FactorStale")
    found = set()
    for path in [*(ROOT / "framework").rglob("*.py"), *(ROOT / "views").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in refusals
            if named and node.args and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return sorted(found)


@pytest.mark.parametrize("code", refusal_codes())
def test_every_refusal_has_a_reason_in_words(code):
    assert code in REFUSALS


def test_a_refused_attempt_and_a_filter_read_as_words(session, sign_in, invited):
    round_, user, sign_on = invited
    lead = sign_in(user, round_.organisation)
    lead.post(f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}/confirm", data={"version": "1"})

    page = lead.get(f"/rounds/{round_.public_id}/record").get_data(as_text=True)

    assert "sign_on:confirm" not in page
    assert "sign_on.confirm<" not in page
    assert ">Refused: " in page
    assert "Sign-on: " in page


def test_an_event_about_a_submission_says_which(opened):
    submission = opened.supplier([])
    audit.record(
        opened.session,
        "submission_tender.open",
        actor=opened.build.person(opened.round.organisation),
        now=opened.clock(),
        subject=submission,
        from_state="counted",
        to_state="opened",
        motive="",
        proposer="",
    )

    entry = trail.page(opened.session, trail.of_round(opened.round, trail.Filters()), 1)[0][0]

    assert entry.template % entry.params == "Submission 000001-00: from “Counted (sealed)” to “Opened”"


@pytest.mark.parametrize("asked", ["-4", "0", "99", "1" + "0" * 22, "x", "１"])
def test_a_page_number_that_does_not_exist_shows_one_that_does(sign_in, invited, asked):
    round_, user, _sign_on = invited

    page = sign_in(user, round_.organisation).page(f"/rounds/{round_.public_id}/record?page={asked}")

    assert "invited a body" in page.text


def test_the_record_says_nothing_of_its_chain_until_somebody_verifies_it(session, sign_in, invited):
    round_, user, _sign_on = invited
    lead = sign_in(user, round_.organisation)
    before = lead.page(f"/rounds/{round_.public_id}/record").text

    lead.post(f"/rounds/{round_.public_id}/record/verify")

    assert "Nobody has checked yet" in before
    shown = lead.page(f"/rounds/{round_.public_id}/record").text
    last = session.scalar(select(func.max(AuditEvent.seq)))
    assert f"up to number {last - 1}, each event following from the one before, unbroken." in shown
    assert f"This check is number {last}." in shown


def test_the_record_of_a_round_keeps_the_time_of_the_round(session, sign_in, invited):
    round_, user, _sign_on = invited
    round_.zone = "Europe/Helsinki"
    session.commit()

    shown = sign_in(user, round_.organisation).page(f"/rounds/{round_.public_id}/record").text

    assert "(Europe/Helsinki)" in shown
    assert "(Europe/Brussels)" not in shown


def test_a_forged_event_is_found_by_its_number(session, sign_in, invited):
    round_, user, _sign_on = invited
    lead = sign_in(user, round_.organisation)
    dialect = session.get_bind().dialect.name
    for statement in (*audit_ddl.unprotect(dialect), STATEMENTS[0], *audit_ddl.protect(dialect)):
        session.execute(text(statement))
    session.commit()

    lead.post(f"/rounds/{round_.public_id}/record/verify")

    assert "Event 1 does not follow from the one before" in lead.page(f"/rounds/{round_.public_id}/record").text


def test_a_long_record_is_verified_by_the_worker_once(session, build, clock, invited):
    lead = build.person(invited[0].organisation)

    asked = [verifying.ask(session, actor=lead, now=clock(), at_once=0) for _time in range(2)]

    job = session.query(Job).filter_by(kind=verifying.VERIFY_JOB).one()
    assert asked == [False, False]
    jobs.runner_of(verifying.VERIFY_JOB)(session, job, clock)
    assert verifying.last(session).data["broken_at"] == 0
    assert verifying.last(session).actor_id == lead.user_id
