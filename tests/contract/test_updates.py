"""Disclosure under an agreement: asked, received unsealed, read by the tender's code, reviewed; the date decides."""

from __future__ import annotations

import datetime as dt
import io
import json
import random

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from framework.contract import (
    duties,
    running,
    update_again,
    update_calendar,
    update_gaps,
    update_listing,
    update_reminders,
    update_review,
    update_stage,
    updates,
)
from framework.contract.update_review import Document
from framework.disclosure import comparisons, groups, receipts, sealing, verify_receipt
from framework.disclosure.workbook import write_filled
from framework.ground import conflicts, lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, RuleBroken
from framework.rounds import next_action
from models.award import Award
from models.contract_disclosure import CONTRACT_STATES, ContractSubmission, Duty, Update
from models.disclosure import Submission, SubmissionRow
from models.judging import Conflict
from models.people import Appointment
from models.records import AuditEvent, Job
from models.requests import RequestReminder, RequestRow, UpstreamRequest
from models.sealing import KeyMissing, Ring, holding
from tests.contract.disclosing import brussels, whole, without_mainboard
from tests.disclosure.test_submissions import Scene
from tests.hostile.make import REFUSED, hostile_cases

SAMPLE = random.Random(11).sample([case for case in hostile_cases() if case.verdict == REFUSED], 12)


def kinds(session):
    query = select(AuditEvent.kind).where(AuditEvent.kind.startswith("submission_contract.")).order_by(AuditEvent.seq)
    return [kind.partition(".")[2] for kind in session.scalars(query)]


def test_the_start_of_an_agreement_asks_for_the_first_disclosure(disclosing):
    version = disclosing.version

    assert (version.state, disclosing.duty.kind) == ("requested", "initial")
    assert version.due_on == dt.date(2026, 12, 30)  # twenty working days after Tuesday 1 December, less Christmas
    assert [mail.recipient for mail in disclosing.mails("update_asked")] != []
    assert kinds(disclosing.session) == ["request"]


def test_the_first_disclosure_is_asked_once(disclosing):
    update_reminders.go_round(disclosing.session, disclosing.clock)

    assert duties.begin(disclosing.session, disclosing.agreement, now=disclosing.clock()) is None
    assert disclosing.states() == ["requested"]


def test_an_agreement_that_started_without_it_is_asked_by_the_clock(disclosing):
    session = disclosing.session
    session.delete(disclosing.version)
    session.delete(disclosing.duty)
    session.commit()
    session.info["write"] = True

    assert update_reminders.go_round(session, disclosing.clock)[0] == 1
    assert disclosing.states() == ["requested"]


@pytest.mark.parametrize(
    ("day", "number", "expected"),
    [
        (dt.date(2026, 12, 1), 0, dt.date(2026, 12, 1)),
        (dt.date(2026, 12, 4), 1, dt.date(2026, 12, 7)),
        (dt.date(2026, 12, 5), 1, dt.date(2026, 12, 7)),
        (dt.date(2026, 12, 1), 20, dt.date(2026, 12, 30)),
    ],
)
def test_working_days_leave_out_saturdays_sundays_and_holidays(build, day, number, expected):
    assert duties.after_working_days(build.round(), day, number) == expected


def test_a_year_later_is_the_same_day_or_the_last_of_the_month():
    assert duties.after_months(dt.date(2026, 12, 29), 12) == dt.date(2027, 12, 29)
    assert duties.after_months(dt.date(2024, 2, 29), 12) == dt.date(2025, 2, 28)


def test_an_upload_gets_a_receipt_a_job_and_one_event_and_no_key(disclosing):
    version = disclosing.send(b"rows")
    update = version.submission

    assert (version.state, update.state, update.stage) == ("received", "staged", "contract")
    assert (update.seal_id, update.file.key_id, update.file.is_sealed) == ("", "", False)
    assert disclosing.session.scalar(select(Job.kind).where(Job.id == update.job_id)) == "check_submission"
    assert kinds(disclosing.session) == ["request", "upload"]
    assert disclosing.mails("update_received")[0].params["receipt"] == update.receipt_number


def test_the_receipt_verifies_offline_with_the_tool_of_the_tender(disclosing, tmp_path, capsys):
    content = disclosing.workbook()
    update = disclosing.send(content).submission
    lines = receipts.lines(disclosing.session, update)
    told, sent = tmp_path / "receipt.json", tmp_path / "sent.xlsx"
    told.write_text(receipts.as_file(lines, update.file.name), encoding="utf-8")
    sent.write_bytes(content)

    assert verify_receipt.main([str(told), str(sent)]) == verify_receipt.HOLDS
    said = capsys.readouterr().out
    assert f"agreement {disclosing.agreement.number}, not sealed" in said
    assert "In time for the deadline" in said
    sent.write_bytes(content + b" ")
    assert verify_receipt.main([str(told), str(sent)]) == verify_receipt.AMISS


def test_a_late_receipt_says_how_late_and_verifies(disclosing, tmp_path, capsys):
    disclosing.clock.now = duties.ends(disclosing.version) + dt.timedelta(seconds=90)
    update = disclosing.send(b"late").submission
    told, sent = tmp_path / "receipt.json", tmp_path / "sent"
    told.write_text(receipts.as_file(receipts.lines(disclosing.session, update)), encoding="utf-8")
    sent.write_bytes(b"late")

    assert verify_receipt.main([str(told), str(sent)]) == verify_receipt.HOLDS
    assert "Late by 90 s after the day it was owed" in capsys.readouterr().out


def test_a_change_was_owed_by_no_day(disclosing, tmp_path, capsys):
    update = disclosing.report(b"changed").submission
    statement = json.loads(receipts.lines(disclosing.session, update)[0].statement)

    assert (statement["deadline"], statement["in_time"]) == (None, True)
    told, sent = tmp_path / "receipt.json", tmp_path / "sent"
    told.write_text(receipts.as_file(receipts.lines(disclosing.session, update)), encoding="utf-8")
    sent.write_bytes(b"changed")
    assert verify_receipt.main([str(told), str(sent)]) == verify_receipt.HOLDS
    assert "owed by no day" in capsys.readouterr().out


def test_the_record_holds_the_commitment_and_not_the_hash(disclosing):
    update = disclosing.send(b"rows").submission
    event = disclosing.session.scalars(select(AuditEvent).where(AuditEvent.kind == "submission_contract.upload")).one()
    statement = json.loads(receipts.lines(disclosing.session, update)[0].statement)

    assert event.data["commitment"] == statement["log"]["commitment"]
    assert statement["log"]["number"] == event.seq
    assert update.file.sha256 not in json.dumps(event.data)


def test_a_whole_workbook_is_checked_with_nothing_open(disclosing):
    version = disclosing.checked()

    assert (version.state, version.submission.state, version.submission.format) == ("checked", "checked", "hefboom-1.0")
    assert version.submission.verdict == "countable"
    assert [gap.kind for gap in update_gaps.of(disclosing.session, version)] == []
    assert len(disclosing.mails("update_to_review")) >= 2  # leads and the chair


def test_what_is_open_is_counted_of_what_the_lot_asks(disclosing):
    tables = without_mainboard()
    tables["2_components"].append(
        {"component_ref": "P1-XX", "product_ref": "P1", "component_type": "camera", "tier": 2}
    )
    tables["5_smelters"] = []

    gaps = update_gaps.of(disclosing.session, disclosing.checked(tables))

    assert [(gap.kind, gap.component_type, gap.mineral) for gap in gaps] == [
        ("component", "mainboard_pcba", ""),
        ("mineral", "", "tin"),
    ]


def test_a_brand_of_the_agreement_of_which_nothing_is_named_is_open(disclosing):
    disclosing.agreement.brands = "Acme\nBeta"
    disclosing.session.flush()

    gaps = update_gaps.of(disclosing.session, disclosing.checked())

    assert [(gap.kind, gap.brand) for gap in gaps] == [("brand", "Beta")]


def test_a_list_of_sites_names_no_model_and_is_not_complete(disclosing):
    content = b"Site name,Address,City,Country\nLakeside Ltd,58 First Avenue,Kunshan,China\n"
    version = disclosing.read(
        updates.receive(
            disclosing.session, disclosing.duty, disclosing.sent(content, "sites.csv"),
            actor=disclosing.supplier, clock=disclosing.clock,
        )
    )  # fmt: skip

    assert version.submission.format == "site-list"
    assert [(gap.kind, gap.brand) for gap in update_gaps.of(disclosing.session, version)] == [("brand", "Acme")]


def test_models_of_another_lot_are_no_gaps_of_this_agreement(disclosing):
    disclosing.build.lot(disclosing.round, required_components=["battery"])
    tables = whole()
    other = {"product_ref": "P2", "lot": "L2", "brand": "Acme", "model_name": "Two", "category": "laptop"}
    tables["1_products"].append(other)

    assert update_gaps.of(disclosing.session, disclosing.checked(tables)) == []


def test_file_and_rows_of_an_update_are_read_without_any_key_and_those_of_a_tender_are_not(disclosing, build, clock):
    content = disclosing.workbook()
    version = disclosing.read(disclosing.send(content))
    tender = Scene(disclosing.session, build, clock, disclosing.files)
    sealed = tender.send(b"the tender")
    session, files = disclosing.session, disclosing.files
    session.commit()
    number, public = version.submission_id, sealed.id
    session.expunge_all()

    with holding(Ring()):
        update = session.get_one(Update, number)
        with files.readable(update.file, sealing.key_of_file(update.file)) as path:
            assert path.read_bytes() == content
        rows = session.scalars(select(SubmissionRow).where(SubmissionRow.submission_id == number)).all()
        assert any("Lakeside Ltd" in str(row.read_values) for row in rows)
        assert update.rows_stored == len(rows)
        other = session.get_one(Submission, public)
        assert b"the tender" not in files.path(other.file.sha256).read_bytes()
        with pytest.raises(KeyMissing):
            _ = other.file.name


def test_the_database_refuses_an_update_under_a_key(disclosing):
    update = disclosing.send(b"rows").submission
    disclosing.session.flush()

    with pytest.raises(IntegrityError):
        disclosing.session.connection().exec_driver_sql(
            f"UPDATE submission SET seal_id = 'somekey' WHERE id = {update.id}"
        )
    disclosing.session.rollback()


def test_a_query_for_tenders_finds_no_update(disclosing):
    disclosing.send(b"rows")

    tenders = disclosing.session.scalars(select(Submission.id)).all()

    assert tenders == [disclosing.submission.id]


def test_the_same_bytes_again_are_the_same_version(disclosing):
    first = disclosing.send(b"rows")

    again = disclosing.send(b"rows")

    assert again.id == first.id
    assert len(disclosing.mails("update_received")) == 1


def test_the_same_bytes_after_a_refusal_are_a_version_of_their_own(disclosing):
    first = disclosing.read(disclosing.send(b"PK\x03\x04 broken"))

    again = disclosing.send(b"PK\x03\x04 broken")

    assert first.state == "refused"
    assert (again.id == first.id, again.state) == (False, "received")


def test_a_newer_file_takes_the_place_of_the_one_that_is_looked_at(disclosing):
    first = disclosing.checked()

    second = disclosing.send(b"newer")

    assert (first.state, second.state, second.version_no) == ("superseded", "received", 2)
    assert kinds(disclosing.session)[-2:] == ["notify_change", "supersede"]


def test_a_file_that_is_read_after_a_newer_one_came_stays_superseded(disclosing):
    first = disclosing.send()
    disclosing.send(b"newer")

    first = disclosing.read(first)

    assert (first.state, first.submission.state) == ("superseded", "checked")


def test_a_refused_file_asks_for_the_next_with_the_same_day(disclosing):
    day = disclosing.version.due_on

    disclosing.read(disclosing.send(b"PK\x03\x04 broken"))

    assert disclosing.states() == ["refused", "requested"]
    assert (disclosing.version.due_on, disclosing.version.is_cure) == (day, False)
    assert len(disclosing.mails("update_refused")) == 2


def test_a_change_whose_file_is_refused_asks_for_nothing(disclosing):
    version = disclosing.read(disclosing.report(b"PK\x03\x04 broken"))

    assert version.state == "refused"
    assert [one.duty.kind for one in disclosing.versions() if one.state == "requested"] == ["initial"]


def test_an_older_template_is_refused(disclosing):
    tables = whole()
    content = disclosing.workbook(tables)
    tables["0_submission"][0]["template_version"] = "0.1"
    target = io.BytesIO()
    write_filled(target, update_stage.scope(disclosing.session, disclosing.agreement), tables)
    assert target.getvalue() != content

    assert disclosing.read(disclosing.send(target.getvalue())).state == "refused"


ENDS = {
    "before the winter": (dt.date(2026, 10, 24), brussels(2026, 10, 25, offset=2)),
    "the day the clocks go back": (dt.date(2026, 10, 25), brussels(2026, 10, 26, offset=1)),
    "the day the clocks go forward": (dt.date(2027, 3, 28), brussels(2027, 3, 29, offset=2)),
    "an ordinary day": (dt.date(2026, 12, 29), brussels(2026, 12, 30, offset=1)),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize(("seconds", "is_late"), [(-1, False), (0, False), (1, True)])
def test_the_due_date_ends_at_midnight_of_the_agreement_whatever_the_clocks_do(disclosing, name, seconds, is_late):
    day, end = ENDS[name]
    version = disclosing.version
    version.due_on = version.duty.due_on = day
    disclosing.session.flush()
    disclosing.clock.now = end.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)

    assert duties.state_now(version, disclosing.clock()) == ("overdue" if is_late else "requested")
    update = disclosing.send(b"rows").submission

    assert update.late_by_seconds == (1 if is_late else None)
    assert ("pass_due_date" in kinds(disclosing.session)) is is_late


def test_the_clock_notes_a_due_date_that_passed_and_tells_both_sides_once(disclosing):
    disclosing.clock.now = duties.ends(disclosing.version)
    disclosing.session.commit()
    disclosing.session.info["write"] = True
    assert update_reminders.go_round(disclosing.session, disclosing.clock)[1] == 0
    disclosing.clock.forward(seconds=1)

    assert update_reminders.go_round(disclosing.session, disclosing.clock)[1] == 1
    assert update_reminders.go_round(disclosing.session, disclosing.clock)[1] == 0

    assert disclosing.version.state == "overdue"
    assert disclosing.version.moved_at == duties.ends(disclosing.version)
    assert {mail.params["is_lead"] for mail in disclosing.mails("update_overdue")} == {True, False}


def test_reminders_leave_seven_and_two_days_before(disclosing):
    end = duties.ends(disclosing.version)
    disclosing.session.commit()
    disclosing.session.info["write"] = True
    seen = []

    for days in (8, 7, 6, 2, 1):
        disclosing.clock.now = end - dt.timedelta(days=days)
        update_reminders.go_round(disclosing.session, disclosing.clock)
        disclosing.session.info["write"] = True
        seen.append(sorted({mail.params["days"] for mail in disclosing.mails("update_due")}))

    assert seen == [[], [7], [7], [2, 7], [2, 7]]


def test_accepting_asks_for_the_next_year_and_replaces_what_was_accepted(disclosing):
    first = disclosing.in_review()
    disclosing.accept(first)
    yearly = disclosing.versions()[-1]
    disclosing.clock.forward(days=200)

    second = disclosing.in_review(duty=disclosing.ask().duty)
    disclosing.accept(second)

    assert (first.state, second.state) == ("superseded", "accepted")
    assert (yearly.state, yearly.duty.kind) == ("requested", "yearly")
    day = duties.local_day(disclosing.round, disclosing.clock())
    assert yearly.due_on == duties.after_months(day, 12)
    assert kinds(disclosing.session)[-2:] == ["supersede", "yearly_moved"]


def test_no_year_is_asked_beyond_the_end_of_the_agreement(disclosing):
    disclosing.agreement.ends_on = dt.date(2027, 6, 1)

    disclosing.accept(disclosing.in_review())

    assert disclosing.states() == ["accepted"]


def test_returning_asks_for_the_next_version_until_the_cure_date(disclosing):
    version = disclosing.in_review(without_mainboard())

    following = disclosing.give_back(version)

    today = duties.local_day(disclosing.round, disclosing.clock())
    assert (version.state, following.state, following.is_cure) == ("incomplete", "requested", True)
    assert following.due_on == following.duty.due_on == today + dt.timedelta(days=14)
    assert following.duty.first_due_on == dt.date(2026, 12, 30)
    told = disclosing.mails("update_decided")[-1].params
    assert (told["state"], told["gaps"], told["cure"]) == ("incomplete", 1, following.due_on.isoformat())


def test_what_completes_a_returned_version_takes_its_place(disclosing):
    returned = disclosing.in_review(without_mainboard())
    disclosing.give_back(returned)

    again = disclosing.in_review()
    disclosing.accept(again)

    assert (returned.state, again.state) == ("superseded", "accepted")


def test_the_template_brings_back_what_was_returned_then_accepted_else_the_tender(disclosing):
    disclosing.tender_rows([("3_sites", {"site_ref": "T1", "site_legal_name": "Of the tender"})])

    def names(duty):
        rows = update_stage.rows_to_fill_in(disclosing.session, duty)
        return [row["values"]["site_legal_name"] for row in rows.get("3_sites", [])]

    assert names(disclosing.duty) == ["Of the tender"]
    disclosing.give_back(disclosing.in_review(without_mainboard()))
    assert names(disclosing.duty) == ["Lakeside Ltd", "Harbour Ltd"]
    tables = whole()
    tables["3_sites"][0]["site_legal_name"] = "Riverside Ltd"
    disclosing.accept(disclosing.in_review(tables))
    assert names(disclosing.versions()[-1].duty) == ["Riverside Ltd", "Harbour Ltd"]


def test_the_template_leaves_models_of_other_lots_out(disclosing):
    disclosing.build.lot(disclosing.round)
    disclosing.tender_rows(
        [
            ("1_products", {"product_ref": "P1", "lot": "L1", "brand": "Acme"}),
            ("1_products", {"product_ref": "P2", "lot": "L2", "brand": "Acme"}),
            ("2_components", {"component_ref": "P2-MB", "product_ref": "P2"}),
            ("3_sites", {"site_ref": "S1", "site_legal_name": "Lakeside Ltd"}),
        ]
    )

    rows = update_stage.rows_to_fill_in(disclosing.session, disclosing.duty)

    assert {name: len(found) for name, found in rows.items()} == {"1_products": 1, "2_components": 0, "3_sites": 1}


def test_a_version_is_compared_with_the_tender_and_then_with_what_was_accepted(disclosing):
    disclosing.tender_rows([("3_sites", {"site_ref": "T1", "site_legal_name": "Of the tender"})])
    first = disclosing.in_review()
    assert comparisons.offered(disclosing.session, first.submission).id == disclosing.submission.id
    disclosing.accept(first)
    disclosing.clock.forward(days=1)
    second = disclosing.checked(duty=disclosing.versions()[-1].duty)

    assert comparisons.offered(disclosing.session, second.submission).id == first.submission_id
    assert comparisons.offered(disclosing.session, first.submission).id == disclosing.submission.id


def test_one_that_says_less_than_what_was_accepted_is_told_so(disclosing):
    disclosing.accept(disclosing.in_review())
    disclosing.clock.forward(days=1)
    tables = whole()
    tables["3_sites"][0] |= {"address_line": None, "missing_reason": "trade_secret"}
    tables["3_sites"][0].pop("address_line")

    version = disclosing.checked(tables, duty=disclosing.versions()[-1].duty)

    codes = {issue.code for issue in groups.all_issues(disclosing.session, version.submission)}
    assert any("precis" in code for code in codes)


def test_reopening_and_returning_takes_the_acceptance_away(disclosing):
    version = disclosing.in_review()
    disclosing.accept(version)

    update_review.reopen(
        disclosing.session,
        version,
        motive="A photo shows another site.",
        actor=disclosing.chair,
        now=disclosing.clock(),
    )

    assert (version.state, version.decided_at) == ("in_review", None)
    assert update_stage.accepted_before(disclosing.session, version.duty) is None


def refused(act) -> str:
    with pytest.raises(RuleBroken) as found:
        act()
    return found.value.code


def test_the_lead_excuses_what_does_not_apply_and_nobody_else(disclosing):
    version = disclosing.in_review(without_mainboard("not_applicable"))

    def excuse(actor, kind="not_applicable", motive="A tablet has none."):
        return update_review.excuse(
            disclosing.session, version, [0], kind, motive=motive, actor=actor, now=disclosing.clock()
        )

    assert refused(lambda: excuse(disclosing.chair)) == "role-missing"
    assert refused(lambda: excuse(disclosing.lead, "supplier_refused")) == "role-missing"
    assert refused(lambda: excuse(disclosing.chair, "supplier_refused")) == "reason-not-given"
    assert refused(lambda: excuse(disclosing.lead, motive=" ")) == "motive-missing"
    assert refused(lambda: disclosing.accept(version)) == "gaps-left"
    disclosing.session.refresh(version)
    assert excuse(disclosing.lead) == 1
    disclosing.accept(version)
    assert version.state == "accepted"


def test_a_refusal_by_the_chain_needs_the_reason_of_the_file_and_an_accepted_proof(disclosing):
    version = disclosing.in_review(without_mainboard("supplier_refused"))

    def record():
        update_review.record_chain_refusal(
            disclosing.session, version, motive="", actor=disclosing.chair, now=disclosing.clock()
        )

    assert refused(record) == "proof-missing"
    disclosing.session.refresh(version)
    update_review.excuse(
        disclosing.session, version, [0], "supplier_refused", motive="It says so.",
        document=Document("Letter  of the maker", dt.date(2026, 11, 27)), actor=disclosing.chair, now=disclosing.clock(),
    )  # fmt: skip
    [gap] = update_gaps.of(disclosing.session, version)
    assert gap.motive == "Letter of the maker (2026-11-27). It says so."
    record()

    assert version.state == "chain_refused"
    assert disclosing.versions()[-1].duty.kind == "yearly"


def ask_upstream(disclosing, version, state="no_answer", *, reminders=0):
    """A request of the contractor about the first gap, as the chain left it."""
    now, gap = disclosing.clock(), update_gaps.of(disclosing.session, version)[0]
    proof = {"proof_id": disclosing.build.stored_file().id, "proof_on": now.date()} if state == "refused" else {}
    asked = UpstreamRequest(
        round_id=disclosing.round.id,
        supplier_id=disclosing.contractor.id,
        submission_id=disclosing.submission.id,
        state=state,
        moved_at=now,
        asker_name="Contractor",
        asked_name="Maker",
        asked_email="maker@example.org",
        folded_email="maker@example.org",
        asked_at=now,
        due_on=now.date(),
        zone="Europe/Brussels",
        created_at=now,
        **proof,
    )
    disclosing.build.add(asked)
    row = RequestRow(request_id=asked.id, position=0, kind="component", node_key=gap.node_key, brand="Acme")
    disclosing.build.add(row)
    mail = disclosing.mails("update_asked")[0]
    for _n in range(reminders):
        disclosing.build.add(RequestReminder(request_id=asked.id, mail_id=mail.id, at=now))
    disclosing.session.flush()


@pytest.mark.parametrize(
    ("state", "reminders", "is_enough"),
    [("refused", 0, True), ("no_answer", 1, True), ("no_answer", 0, False)],
)
def test_a_request_upstream_is_a_proof_once_refused_or_silent_after_a_reminder(disclosing, state, reminders, is_enough):
    version = disclosing.in_review(without_mainboard("supplier_refused"))
    ask_upstream(disclosing, version, state, reminders=reminders)

    def excuse(document):
        update_review.excuse(
            disclosing.session, version, [0], "supplier_refused", motive="Seen.", document=document,
            actor=disclosing.chair, now=disclosing.clock(),
        )  # fmt: skip

    if is_enough:
        excuse(Document())
        assert update_gaps.of(disclosing.session, version)[0].excuse == "supplier_refused"
    else:
        assert refused(lambda: excuse(Document())) == "proof-missing"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (Document(), "proof-missing"),
        (Document(" \t", dt.date(2026, 11, 27)), "proof-missing"),
        (Document("Letter"), "date-missing"),
        (Document("Letter", dt.date(2027, 6, 1)), "date-ahead"),
        (Document("x" * 201, dt.date(2026, 11, 27)), "text-too-long"),
    ],
)
def test_a_refusal_without_proof_is_not_accepted(disclosing, document, code):
    version = disclosing.in_review(without_mainboard("supplier_refused"))

    assert code == refused(
        lambda: update_review.excuse(
            disclosing.session, version, [0], "supplier_refused", motive="It says so.", document=document,
            actor=disclosing.chair, now=disclosing.clock(),
        )
    )  # fmt: skip
    assert update_gaps.of(disclosing.session, version)[0].excuse == ""


@pytest.mark.parametrize("is_noted", [True, False])
def test_a_yearly_confirmation_that_is_overdue_stays_overdue_by_its_day(disclosing, is_noted):
    disclosing.accept(disclosing.in_review())
    yearly = disclosing.versions()[-1]
    day = yearly.due_on
    disclosing.clock.now = duties.ends(yearly) + dt.timedelta(days=3)
    if is_noted:
        duties.settle(disclosing.session, yearly, now=disclosing.clock())

    disclosing.accept(disclosing.in_review(duty=disclosing.ask().duty))

    assert (yearly.state, yearly.due_on, yearly.duty.first_due_on) == ("overdue", day, day)
    assert len(disclosing.mails("update_overdue")) > 0
    assert "yearly_moved" not in kinds(disclosing.session)


def test_an_agreement_is_listed_from_its_day_whether_or_not_the_job_ran(standing, session):
    agreement = standing.signed()
    standing.enter_force()

    def listed():
        return update_listing.agreements(session, standing.round, now=standing.clock())

    assert listed() == []
    standing.clock.now = running.begins_at(agreement)
    assert listed() == [agreement]
    assert update_listing.running_ones(listed(), now=standing.clock()) == [agreement]
    standing.clock.now = running.ends_at(agreement)
    assert listed() == [agreement]
    assert update_listing.running_ones(listed(), now=standing.clock()) == []


def test_the_lead_asks_on_request_by_default_in_the_weeks_of_the_agreement(disclosing):
    version = disclosing.ask()

    today = duties.local_day(disclosing.round, disclosing.clock())
    assert (version.state, version.due_on) == ("requested", today + dt.timedelta(weeks=4))
    assert disclosing.mails("update_asked")[-1].params["why"] == "A report names a factory."


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"why": " "}, "reason-missing"),
        ({"why": "x" * 2001}, "text-too-long"),
        ({"brand": "Gamma"}, "brand-unknown"),
        ({"due_on": dt.date(2026, 12, 1)}, "due-date-wrong"),
        ({"due_on": dt.date(2036, 12, 1)}, "due-date-wrong"),
    ],
)
def test_a_request_that_says_too_little_is_refused_at_its_field(disclosing, given, code):
    with pytest.raises(InvalidInput) as found:
        disclosing.ask(**given)

    assert found.value.code == code


def test_nul_characters_in_what_is_typed_are_kept_visibly(disclosing):
    version = disclosing.ask(why="Why\x00not")

    disclosing.session.flush()
    assert version.duty.why == "Why\\x00not"


def test_a_change_says_what_changed_and_the_same_bytes_are_one_change(disclosing):
    assert refused(lambda: disclosing.report(b"one", why="")) == "reason-missing"
    assert refused(lambda: disclosing.report(b"one", brand="Gamma")) == "brand-unknown"

    first = disclosing.report(b"one", brand="acme")

    assert (first.state, first.duty.brand, first.duty.kind) == ("received", "Acme", "change")
    assert disclosing.report(b"one").id == first.id
    assert disclosing.report(b"two").id != first.id


def test_nothing_is_reported_under_an_agreement_that_has_ended(disclosing):
    disclosing.terminate(disclosing.agreement)

    assert refused(lambda: disclosing.report(b"one")) == "agreement-not-running"
    assert refused(disclosing.ask) == "agreement-not-running"
    assert disclosing.send(b"rows").state == "received"  # what was owed before is still taken


def test_cancelling_says_why_and_nothing_is_taken_after(disclosing):
    version = disclosing.ask()
    assert (
        refused(
            lambda: duties.cancel(
                disclosing.session, version, motive=" ", actor=disclosing.lead, now=disclosing.clock()
            )
        )
        == "motive-missing"
    )
    disclosing.session.refresh(version)

    duties.cancel(disclosing.session, version, motive="A mistake.", actor=disclosing.lead, now=disclosing.clock())

    assert version.state == "cancelled"
    assert refused(lambda: disclosing.send(b"rows", duty=version.duty)) == "duty-settled"
    assert disclosing.mails("update_decided")[-1].params["motive"] == "A mistake."


WHO = {
    "start_review": {"lead", "chair"},
    "accept": {"chair"},
    "return_with_gaps": {"chair"},
    "record_chain_refusal": {"chair"},
    "reopen_review": {"chair"},
    "cancel_request": {"lead"},
    "upload": {"supplier"},
    "notify_change": {"supplier"},
    "pass_due_date": {"system"},
    "check": {"system"},
    "refuse_file": {"system"},
    "supersede": {"system"},
}


@pytest.mark.parametrize("act", WHO)
def test_only_those_of_the_table_make_a_move(disclosing, act):
    moves = [one for one in lifecycle.moves() if (one.entity, one.act) == ("submission_contract", act)]
    version = disclosing.version
    version.submission = disclosing.send(b"rows").submission
    people = {
        "lead": disclosing.lead,
        "chair": disclosing.chair,
        "supplier": disclosing.supplier,
        "outsider": disclosing.outsider,
        "member": disclosing.build.person(disclosing.sign_ons[0].organisation),
        "system": SYSTEM,
    }
    version.decided_at = disclosing.clock()

    for name, actor in people.items():
        version.state = moves[0].source or ""
        disclosing.session.flush() if version.state else None
        with disclosing.session.no_autoflush:
            try:
                lifecycle.check(
                    disclosing.session, version, act, actor=actor, now=disclosing.clock(), cause="asked", commitment="c"
                )
            except NotAllowed:
                assert name not in WHO[act]
            except MoveRefused:
                assert name in WHO[act]
            else:
                assert name in WHO[act]
    version.state = "received"


def test_every_state_of_the_table_is_one_of_the_database(disclosing):
    assert set(lifecycle.states("submission_contract")) == set(CONTRACT_STATES)
    assert all(
        lifecycle.hooks_of(move) is not None for move in lifecycle.moves() if move.entity == "submission_contract"
    )


def guarded(disclosing, version, act, **facts) -> str:
    """The code with which a move is refused to somebody who may make it; `done` where it is not."""
    actors = {"lead": disclosing.lead, "chair": disclosing.chair, "supplier": disclosing.supplier, "system": SYSTEM}
    move = lifecycle.find("submission_contract", version.state, act)
    actor = next(actors[who] for who in move.who if who in actors)
    motive = facts.pop("motive", "Because.")
    try:
        lifecycle.check(disclosing.session, version, act, actor=actor, now=disclosing.clock(), motive=motive, **facts)
    except MoveRefused as error:
        return error.code
    return "done"


def test_each_guard_holds_alone(disclosing):
    session = disclosing.session
    version = disclosing.version
    assert guarded(disclosing, version, "pass_due_date") == "due-date-ahead"
    assert guarded(disclosing, version, "cancel_request", motive="") == "motive-missing"
    version = disclosing.send()
    assert guarded(disclosing, version, "check") == "not-read"
    assert guarded(disclosing, version, "refuse_file") == "file-not-refused"
    assert guarded(disclosing, version, "supersede", newer=None) == "no-newer-version"
    version = disclosing.read(version)
    assert guarded(disclosing, version, "start_review") == "done"
    for appointment in session.scalars(select(Appointment)).all():
        appointment.withdrawn_at = disclosing.clock()
    session.flush()
    assert guarded(disclosing, version, "start_review") == "no-chair"
    for appointment in session.scalars(select(Appointment)).all():
        appointment.withdrawn_at = None
    session.flush()
    update_review.start(session, version, actor=disclosing.lead, now=disclosing.clock())
    assert guarded(disclosing, version, "accept") == "done"
    assert guarded(disclosing, version, "record_chain_refusal") == "nothing-open"
    version.submission.issue_counts = {}
    assert guarded(disclosing, version, "return_with_gaps") == "nothing-open"
    version.submission.issue_counts = {"error": 1}
    assert guarded(disclosing, version, "return_with_gaps") == "done"
    assert guarded(disclosing, version, "return_with_gaps", motive="") == "motive-missing"
    version.submission.verdict = "blocked"
    assert guarded(disclosing, version, "accept") == "blocked-file"
    version.submission.verdict = "countable"
    disclosing.accept(version)
    assert guarded(disclosing, version, "reopen_review", motive="") == "motive-missing"
    assert guarded(disclosing, version, "supersede", newer=disclosing.versions()[-1]) == "no-newer-version"


def test_a_chair_with_a_conflict_cannot_decide(disclosing):
    version = disclosing.in_review()
    disclosing.build.add(
        Conflict(
            round_id=disclosing.round.id,
            user_id=disclosing.chair_user.id,
            supplier_id=disclosing.contractor.id,
            reason="Family.",
            stated_at=disclosing.clock(),
            stated_by_id=disclosing.chair_user.id,
            created_at=disclosing.clock(),
        )
    )

    assert refused(lambda: disclosing.accept(version)) == "not-found"


def test_another_supplier_sends_nothing_under_this_agreement(disclosing):
    with pytest.raises(NotAllowed):
        disclosing.send(b"rows", actor=disclosing.outsider)
    disclosing.session.rollback()
    assert disclosing.session.scalars(select(Update.id)).all() == []


def test_duties_keep_the_zone_in_which_they_end(disclosing):
    assert disclosing.session.scalars(select(Duty.zone)).all() == ["Europe/Brussels"]
    assert isinstance(disclosing.version, ContractSubmission)


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.id)
def test_a_hostile_file_is_refused_and_leaves_no_row(disclosing, case):
    sent = disclosing.sent(case.build(), f"file{case.suffix}")
    version = updates.receive(
        disclosing.session, disclosing.duty, sent, actor=disclosing.supplier, clock=disclosing.clock
    )

    version = disclosing.read(version)

    update = version.submission
    assert (version.state, update.state) == ("refused", "refused")
    assert case.key in update.refusal_key
    query = select(SubmissionRow.id).where(SubmissionRow.submission_id == update.id, SubmissionRow.listed_reason == "")
    assert disclosing.session.scalars(query).all() == []
    assert disclosing.version.state == "requested"


def test_the_file_that_was_accepted_is_sent_again_where_nothing_changed(disclosing):
    first = disclosing.in_review()

    def again(duty):
        return update_again.confirm(
            disclosing.session, duty, actor=disclosing.supplier, clock=disclosing.clock, files=disclosing.files
        )

    assert refused(lambda: again(first.duty)) == "nothing-to-repeat"
    disclosing.accept(first)
    yearly = disclosing.versions()[-1]
    disclosing.clock.forward(days=300)

    second = disclosing.read(again(yearly.duty))

    assert (second.id, second.state) == (yearly.id, "checked")
    assert second.submission.file.sha256 == first.submission.file.sha256
    assert second.submission.receipt_number != first.submission.receipt_number
    assert refused(lambda: again(yearly.duty)) == "nothing-to-repeat"


def test_bytes_that_were_changed_are_not_sent_again(disclosing):
    disclosing.accept(disclosing.in_review())
    yearly = disclosing.versions()[-1]
    path = disclosing.files.path(disclosing.versions()[0].submission.file.sha256)
    path.chmod(0o600)
    path.write_bytes(b"other")

    code = refused(
        lambda: update_again.confirm(
            disclosing.session,
            yearly.duty,
            actor=disclosing.supplier,
            clock=disclosing.clock,
            files=disclosing.files,
        )
    )

    assert code == "bytes-changed"


def test_due_dates_stand_in_the_calendars_of_contractor_and_lead(disclosing):
    def entries(actor, role):
        return update_calendar.updates_due(disclosing.session, disclosing.round, actor, frozenset({role}))

    [own] = entries(disclosing.supplier, "supplier")

    assert (own.at, own.is_cancelled, own.page) == (duties.ends(disclosing.version), False, "contract.own_duties")
    assert [one.page for one in entries(disclosing.lead, "lead")] == ["contract.board"]
    assert entries(disclosing.outsider, "supplier") == []
    assert entries(disclosing.build.person(disclosing.sign_ons[0].organisation), "member") == []
    disclosing.send(b"rows")
    disclosing.report(b"a change")
    disclosing.session.flush()
    [after] = entries(disclosing.supplier, "supplier")
    assert (after.uid, after.is_cancelled, after.sequence > own.sequence) == (own.uid, True, True)


def test_the_next_step_is_to_send_and_then_to_review(disclosing):
    def step(actor, role):
        reader = next_action.Reader(actor, frozenset({role}), disclosing.clock())
        return next_action.next_step(disclosing.session, disclosing.round, reader)

    assert step(disclosing.supplier, "supplier").page == "contract.own_duty"
    disclosing.clock.now = duties.ends(disclosing.version) + dt.timedelta(seconds=1)
    assert "was due" in step(disclosing.supplier, "supplier").sentence
    disclosing.checked()

    found = step(disclosing.chair, "chair")

    assert (found.page, found.params["count"]) == ("contract.board", 1)
    assert step(disclosing.supplier, "supplier").page == "disclosure.own"


def test_a_session_leaves_the_tender_and_the_updates_of_a_conflict_out(disclosing):
    session, update = disclosing.session, disclosing.send(b"rows").submission
    tender, number = disclosing.submission.id, update.id
    queries = {
        "tenders": select(Submission),
        "updates": select(Update),
        "versions": select(ContractSubmission).options(joinedload(ContractSubmission.submission)),
        "awards": select(Award).options(joinedload(Award.submission)),
    }
    found = {}

    for left_out in (0, tender, number):
        conflicts.keep_out(session, frozenset({left_out}) if left_out else frozenset())
        found[left_out] = {name: len(session.scalars(query).all()) for name, query in queries.items()}
    conflicts.keep_out(session, frozenset())

    assert found[0] == {"tenders": 1, "updates": 1, "versions": 1, "awards": 1}
    assert found[tender] == {"tenders": 0, "updates": 1, "versions": 1, "awards": 0}
    assert found[number] == {"tenders": 1, "updates": 0, "versions": 0, "awards": 1}


def test_an_agreement_that_ended_before_it_was_noted_to_start_asks_for_nothing(standing, session):
    standing.signed()
    standing.enter_force()
    standing.clock.now = standing.clock.now.replace(year=2031)
    standing.go_round()

    assert session.scalars(select(Duty.id)).all() == []
