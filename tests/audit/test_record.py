"""The record: read by the lead, exported without formulas, never changed."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from framework.ground import audit, audit_ddl
from framework.ground.audit_labels import KINDS
from framework.ground.table_files import harmless
from framework.signons import acts

STATEMENTS = ["UPDATE audit_event SET kind = 'forged'", "DELETE FROM audit_event"]


@pytest.fixture
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


def test_the_lead_reads_the_record_of_a_round(session, sign_in, invited):
    round_, user, sign_on = invited
    lead = sign_in(user, round_.organisation)
    lead.post(f"/rounds/{round_.public_id}/sign-ons/{sign_on.public_id}/confirm", data={"version": "1"})

    page = lead.page(f"/rounds/{round_.public_id}/record")
    denied = lead.page(f"/rounds/{round_.public_id}/record?outcome=denied")

    assert "invited a body" in page.text
    assert "1 refused attempt in this round." in page.text
    assert "was refused an attempt: sign_on.confirm" in denied.text
    assert "invited a body" not in denied.text


def test_the_export_holds_no_formula(session, sign_in, invited):
    round_, user, _sign_on = invited
    lead = sign_in(user, round_.organisation)

    answer = lead.get(f"/rounds/{round_.public_id}/record.csv")

    assert ",'=Lead Person," in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("value", "out"), [("=1+1", "'=1+1"), ("-5", "'-5"), (-5, -5), ("plain", "plain"), ("@x", "'@x")]
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


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("nl", ";"), ("sv", ";")])
def test_csv_is_separated_as_the_readers_spreadsheet_expects(session, sign_in, invited, language, separator):
    round_, user, _sign_on = invited
    path = f"/rounds/{round_.public_id}/record.csv"
    user.language = language
    session.commit()
    lead = sign_in(user, round_.organisation)

    assert lead.get(path).get_data(as_text=True).startswith(f"\ufeffseq{separator}at{separator}who")
