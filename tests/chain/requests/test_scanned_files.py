"""Files that come by the link of a request and a virus scanner: proofs of refusals, filled workbooks."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from models.records import Mail
from models.requests import UpstreamRequest
from tests.clamd import NAME, eicar, scan_the_rest

PDF = b"%PDF-1.4 signed"
BAD_PDF = PDF + eicar()


def asked(asking):
    request = asking.ask()
    path = f"/requests/{asking.token(request)}/"
    asking.session.commit()
    return request.id, path


def anybody(app):
    return app.test_client()


def refuse(app, path, content):
    data = {"by": "A. Brand", "note": "No.", "proof_on": "2026-11-20", "proof": (io.BytesIO(content), "a.pdf")}
    return anybody(app).post(f"{path}refuse", data=data)


def proof_of(asking, number):
    asking.session.rollback()
    return asking.session.get_one(UpstreamRequest, number, populate_existing=True).proof


def test_a_proof_is_scanned_on_its_way_in(asking, app, clamd):
    number, path = asked(asking)

    bad = refuse(app, path, BAD_PDF)
    turned_away = proof_of(asking, number)
    refuse(app, path, PDF)

    assert bad.status_code == 422
    assert NAME in bad.get_data(as_text=True)
    assert turned_away is None
    assert proof_of(asking, number).scan == "clean"


def test_a_proof_found_infected_later_is_given_to_nobody_and_the_lead_not_told_whose(asking, app, away, clock, sign_in):
    number, path = asked(asking)
    supplier = asking.supplier.name
    refuse(app, path, BAD_PDF)
    away.mode = "scan"

    scan_the_rest(app, clock)

    request = asking.session.get_one(UpstreamRequest, number)
    browser = sign_in(asking.user, asking.supplier)
    mails = asking.session.scalars(select(Mail).where(Mail.template == "file_quarantined")).all()
    here = f"/rounds/{asking.round.public_id}/requests/{request.public_id}"
    assert request.proof.scan == "infected"
    assert browser.get(f"{here}/refusal").status_code == 409
    assert "It is in quarantine" in browser.page(here).text
    assert supplier not in str([mail.params for mail in mails])


@pytest.mark.parametrize(("mode", "said"), [("scan", NAME), ("error", "does not answer")])
def test_a_filled_workbook_is_read_only_where_it_is_clean(asking, app, clamd, mode, said):
    _number, path = asked(asking)
    clamd.mode = mode

    page = anybody(app).send(
        f"{path}answers", {"file": (io.BytesIO(b"PK" + eicar()), "a.xlsx")}, 409 if mode == "error" else 422
    )

    assert said in page.text
