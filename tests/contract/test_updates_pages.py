"""Pages of disclosure under agreements: owed, sent, read, reviewed; and who finds nothing there."""

from __future__ import annotations

import io
import json

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from models.base import db
from models.contract import Agreement
from models.contract_disclosure import ContractSubmission, Duty
from models.disclosure import SubmissionRow, SupplierInvitation
from models.judging import Conflict
from models.people import User
from models.records import Mail
from models.signons import SignOn
from tests.contract.disclosing import whole, without_mainboard
from tests.disclosure.test_quarantine import BAD_LIST
from tests.hostile.make import REFUSED, hostile_cases
from tests.memory import remembered
from tests.pages import InspectingClient
from tests.test_guard import at_once, twin_of
from views import mailing, worker


def confidential():
    tables = whole()
    tables["3_sites"][0] |= {"confidentiality": "lead_and_monitor", "confidentiality_reason": "Trade secret."}
    return tables


def changed():
    tables = whole()
    tables["3_sites"][1]["city"] = "Suzhou"
    hidden = {"site_ref": "S9", "site_legal_name": "Hidden Ltd", "facility_type": "component", "country": "MY"}
    hidden |= {"address_line": "1 Road", "city": "Penang"}
    tables["3_sites"].append(hidden | {"confidentiality": "lead_and_monitor", "confidentiality_reason": "Secret."})
    return tables


class Pages:
    """The agreement of the tests with browsers of everybody around it."""

    @remembered
    def __init__(self, disclosing, sign_in):
        self._disclosing = disclosing
        round_, build = disclosing.round, disclosing.build
        self.here = f"/rounds/{round_.public_id}"
        people = {
            "supplier": (disclosing.supplier, disclosing.contractor),
            "lead": (disclosing.lead, round_.organisation),
            "chair": (disclosing.chair, None),
            "outsider": (disclosing.outsider, None),
        }
        rival = build.organisation("supplier")
        build.add(SupplierInvitation(round_id=round_.id, organisation_id=rival.id, created_at=disclosing.clock()))
        people["rival"] = (build.person(rival), None)
        member = disclosing.sign_ons[0].organisation
        people["member"] = (build.person(member), member)
        self.content = disclosing.workbook()
        self.gap_content = disclosing.workbook(without_mainboard())
        self.excusable_content = disclosing.workbook(without_mainboard("not_applicable"))
        self.refused_content = disclosing.workbook(without_mainboard("supplier_refused"))
        self.confidential_content = disclosing.workbook(confidential())
        self.changed_content = disclosing.workbook(changed())
        self.ids = ids = {name: (actor.user_id, actor.organisation_id) for name, (actor, _body) in people.items()}
        self.duty_id = disclosing.duty.public_id
        disclosing.session.commit()
        self.browsers = {}
        for name, (user_id, organisation_id) in ids.items():
            session = disclosing.session
            session.rollback()
            session.info["write"] = True
            user = session.get_one(User, user_id)
            body = type("Body", (), {"id": organisation_id})()
            self.browsers[name] = sign_in(user, body)

    def __getitem__(self, name):
        return self.browsers[name]

    @property
    def session(self):
        db.session().rollback()
        return db.session()

    @property
    def duty_page(self):
        return f"{self.here}/duties/{self.duty_id}"

    def versions(self):
        return list(self.session.scalars(select(ContractSubmission).order_by(ContractSubmission.id)))

    def send(self, content=None, *, name="update.xlsx", status=200, browser="supplier", address="", **values):
        content = self.content if content is None else content
        data = {"file": (io.BytesIO(content), name)} | values
        return self[browser].send(address or self.duty_page, data, status)

    def own(self, version=None):
        return f"{self.here}/updates/{(version or self.versions()[0]).public_id}"

    def review_page(self, version=None):
        return f"{self.here}/disclosures/{(version or self.versions()[0]).public_id}"

    def review(self, act, browser="chair", status=200, version=None, **values):
        return self[browser].send(f"{self.review_page(version)}/review", {"act": act} | values, status)


@pytest.fixture
@remembered
def pages(disclosing, sign_in):
    return Pages(disclosing, sign_in)


def test_the_contractor_sees_what_is_owed_until_when(pages):
    listed = pages["supplier"].page(f"{pages.here}/duties")

    assert "First disclosure" in listed.text
    assert "30 Dec 2026" in listed.text
    duty = pages["supplier"].page(pages.duty_page)
    assert "Send a file" in duty.text


def test_a_small_file_is_read_at_once_and_its_page_tells_what_was_found(pages):
    found = pages.send()

    assert pages.versions()[0].state == "checked"
    assert "Everything that the agreement asks is disclosed." in found.text
    assert "none: the buyers of the round read it at once" in found.text


def test_what_is_open_stands_on_the_page_of_the_contractor(pages):
    found = pages.send(pages.gap_content)

    assert "1 thing that the agreement asks is not disclosed." in found.text
    assert "no site is named" in found.text


def test_the_template_opens_and_comes_back_as_a_version(pages):
    answer = pages["supplier"].get(f"{pages.duty_page}/template-en.xlsx")
    assert answer.data[:2] == b"PK"

    pages.send()
    again = pages["supplier"].get(f"{pages.duty_page}/template-nl.xlsx")

    pages.send(again.data)
    assert [one.state for one in pages.versions()] == ["superseded", "checked"]
    assert pages["supplier"].get(f"{pages.duty_page}/template-xx.xlsx").status_code == 404


def test_the_receipt_as_page_file_and_pdf(pages):
    pages.send()
    own = pages.own()

    page = pages["supplier"].page(f"{own}/receipt")
    assert "Disclosed under agreement 2026-1; it is not sealed." in page.text
    assert json.loads(pages["supplier"].get(f"{own}/receipt.json").data)["format"] == "hefboom-receipt-1"
    assert pages["supplier"].get(f"{own}/receipt.pdf").data[:5] == b"%PDF-"
    assert pages["supplier"].get(f"{own}/original", buffered=True).data == pages.content
    assert pages["supplier"].get(f"{own}/issues.xlsx").data[:2] == b"PK"
    assert pages["supplier"].get(f"{own}/receipt-proof.json").status_code == 404


@pytest.mark.parametrize("reader", ["lead", "chair", "member"])
def test_readers_see_a_received_update_at_once(pages, reader):
    pages.send()

    board = pages[reader].page(f"{pages.here}/disclosures")
    assert "Checked" in board.text
    page = pages[reader].page(f"{pages.review_page()}?sheet=3_sites")
    assert "Lakeside Ltd" in page.text


def test_other_suppliers_find_nothing(pages):
    pages.send()
    paths = ["duties", f"duties/{pages.duty_id}", "disclosures"]
    paths += [
        f"updates/{pages.versions()[0].public_id}{part}" for part in ("", "/receipt", "/original", "/differences")
    ]

    for path in paths:
        assert pages["outsider"].get(f"{pages.here}/{path}").status_code == 404, path
    assert pages.send(browser="outsider", status=404)


def test_another_supplier_of_the_round_finds_no_duty_of_this_one(pages):
    pages.send()

    assert "once one has started" in pages["rival"].page(f"{pages.here}/duties").text
    assert pages["rival"].get(pages.duty_page).status_code == 404
    assert pages["rival"].get(pages.own()).status_code == 404
    assert pages["rival"].get(f"{pages.own()}/original").status_code == 404
    assert pages["rival"].get(f"{pages.here}/disclosures").status_code == 403
    pages.send(browser="rival", status=404)


def test_a_row_marked_for_the_lead_is_not_shown_to_members_anywhere(pages):
    content = pages.confidential_content
    pages.send(content)
    page = pages.review_page()

    for reader, sees in (("lead", True), ("member", False)):
        shown = pages[reader].page(f"{page}?sheet=3_sites")
        assert ("Lakeside Ltd" in shown.text) is sees
        assert "Harbour Ltd" in shown.text
    assert pages["member"].get(f"{page}/original").status_code == 404
    assert pages["member"].get(f"{page}/differences.xlsx").status_code == 404
    assert pages["lead"].get(f"{page}/original", buffered=True).data == content


def test_differences_from_what_was_accepted_are_shown_as_far_as_each_may_see(pages, clock):
    pages.send()
    pages.review("start")
    pages.review("accept")
    clock.forward(minutes=5)
    agreement = pages.session.scalars(select(Agreement.public_id)).one()
    pages.send(
        pages.changed_content, address=f"{pages.here}/duties/change", agreement=agreement, why="A site moved.", brand=""
    )
    version = pages.versions()[-1]

    own = pages["supplier"].page(f"{pages.own(version)}/differences")
    lead = pages["lead"].page(f"{pages.review_page(version)}/differences")
    member = pages["member"].page(f"{pages.review_page(version)}/differences")

    assert all("Suzhou" in one.text for one in (own, lead, member))
    assert ["Hidden Ltd" in one.text for one in (own, lead, member)] == [True, True, False]
    assert pages["lead"].get(f"{pages.review_page(version)}/differences.xlsx").data[:2] == b"PK"


def test_the_lead_asks_and_takes_back(pages):
    agreement = pages.session.scalars(select(Agreement.public_id)).one()
    wrong = pages["lead"].send(f"{pages.here}/disclosures/ask", {"agreement": agreement, "why": ""}, 422)
    assert "Say why you ask" in wrong.text
    bad = pages["lead"].send(
        f"{pages.here}/disclosures/ask", {"agreement": agreement, "why": "A report.", "due_on": "soon"}, 422
    )
    assert "Give a date" in bad.text

    asked = pages["lead"].send(f"{pages.here}/disclosures/ask", {"agreement": agreement, "why": "A report."})
    assert "Asked by the lead" in asked.text
    version = pages.versions()[-1]
    refused = pages["lead"].send(f"{pages.review_page(version)}/cancel", {"motive": ""}, 409)
    assert "a motive is required" in refused.text
    pages["lead"].send(f"{pages.review_page(version)}/cancel", {"motive": "A mistake."})
    assert pages.versions()[-1].state == "cancelled"


def test_a_member_decides_nothing_and_a_lead_does_not_accept(pages):
    pages.send()

    pages.review("start", browser="member", status=403)
    pages.review("start", browser="lead")
    pages.review("accept", browser="lead", status=403)
    assert pages.versions()[0].state == "in_review"
    pages.review("nonsense", status=422)


def test_returning_goes_back_and_forth(pages):
    pages.send(pages.gap_content)
    pages.review("start")
    refused = pages.review("accept", status=409)
    assert "1 line is open" in refused.text
    assert "a motive is required" in pages.review("return", motive="", status=409).text
    pages.review("return", motive="The mainboard is open.", cure_on="2026-12-20")

    duty = pages["supplier"].page(pages.duty_page)
    assert "The mainboard is open." in duty.text
    assert "no site is named" in duty.text
    pages.send()
    version = pages.versions()[-1]
    pages.review("start", version=version)
    pages.review("accept", version=version)
    assert [one.state for one in pages.versions()][:2] == ["superseded", "accepted"]
    assert "Accepted" in pages["supplier"].page(pages.own(version)).text
    pages.review("reopen", version=version, motive="A photo.")
    assert pages.versions()[1].state == "in_review"


def test_the_lead_excuses_a_line_in_the_page(pages):
    pages.send(pages.excusable_content)
    pages.review("start")
    pages.review("excuse", browser="lead", gap="0", excuse="not_applicable", motive="", status=422)
    done = pages.review("excuse", browser="lead", gap="0", excuse="not_applicable", motive="It has none.")
    assert "accepted: does not apply" in done.text
    pages.review("accept")
    assert pages.versions()[0].state == "accepted"


def test_a_chair_names_the_document_that_shows_a_refusal_and_only_the_buyers_read_who_accepted_it(pages, disclosing):
    pages.send(pages.refused_content)
    pages.review("start")
    told = {"gap": "0", "excuse": "supplier_refused", "motive": "Read."}
    bare = pages.review("excuse", **told, status=422)
    assert "Name the document that does" in bare.text
    assert "Enter a date." in pages.review("excuse", **told, document="Letter of the maker", status=422).text
    kept = pages.review("excuse", **told, document="Letter of the maker", dated="2026-11-27")
    name = pages.session.get(User, pages.ids["chair"][0]).name
    assert f"Letter of the maker (2026-11-27). Read. ({name})" in kept.text
    pages.review("chain_refused")
    own = pages["supplier"].page(pages.own()).text
    assert "Letter of the maker" in own
    assert name not in own


@pytest.mark.parametrize(
    ("state", "status"), [("interested", 404), ("mandate_pending", 404), ("active", 200), ("suspended", 200)]
)
def test_a_body_reads_updates_once_its_sign_on_is_confirmed(pages, disclosing, state, status):
    pages.send()
    session = disclosing.session
    session.rollback()
    session.info["write"] = True
    body = SignOn.organisation_id == pages.ids["member"][1]
    session.scalars(select(SignOn).where(body)).one().state = state
    session.commit()
    page = pages.review_page()
    for path in (page, f"{page}/differences"):
        assert pages["member"].get(path).status_code == status
    board = f"{pages.here}/disclosures"
    assert (page in pages["member"].get(board).get_data(as_text=True)) is (status == 200)
    assert page in pages["lead"].get(board).get_data(as_text=True)


def test_the_board_filters_by_state_agreement_and_kind(pages):
    board = f"{pages.here}/disclosures"
    assert "First disclosure" in pages["lead"].page(f"{board}?state=requested").text
    assert "No disclosure fits these filters." in pages["lead"].page(f"{board}?state=accepted").text
    assert "No disclosure fits these filters." in pages["lead"].page(f"{board}?kind=yearly").text
    assert "No disclosure fits these filters." in pages["lead"].page(f"{board}?agreement=x%00y").text


@pytest.mark.parametrize("broken", ["updates/a%00b", "duties/a%00b", "disclosures/a%00b", "updates/" + "x" * 300])
def test_addresses_of_nothing_are_not_found(pages, broken):
    browser = pages["lead" if broken.startswith("disclosures") else "supplier"]

    assert browser.get(f"{pages.here}/{broken}").status_code == 404


def test_a_form_without_a_file_or_with_too_large_a_one_says_so(pages, app, monkeypatch):
    assert "Choose one workbook" in pages["supplier"].send(pages.duty_page, {}, 422).text
    monkeypatch.setattr("views.contract.updates.upload_mb", lambda _round: 0)
    assert "larger than" in pages.send(status=413).text


def test_a_change_without_words_or_agreement_is_asked_again(pages):
    address = f"{pages.here}/duties/change"
    agreement = pages.session.scalars(select(Agreement.public_id)).one()

    assert "Choose the agreement" in pages.send(address=address, agreement="", why="x", status=422).text
    assert "what changed" in pages.send(address=address, agreement=agreement, why="", status=422).text
    pages.send(address=address, agreement=agreement, why="A new site.", brand="Acme")
    assert pages.session.scalars(select(Duty.kind).order_by(Duty.id)).all()[-1] == "change"


def test_a_hostile_file_is_refused_with_words(pages):
    case = next(one for one in hostile_cases() if one.verdict == REFUSED)
    found = pages.send(case.build(), name=f"file{case.suffix}")

    assert pages.versions()[0].state == "refused"
    assert "Refused file" in found.text
    assert pages.versions()[1].state == "requested"


def test_a_large_file_goes_to_the_worker_and_shows_how_far_it_is(pages, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "inline_mb", 0)
    waiting = pages.send()

    assert pages.versions()[0].state == "received"
    assert "Reading your file" in waiting.text
    progress = super(InspectingClient, pages["supplier"]).open(f"{pages.own()}/progress")  # no whole page
    assert progress.status_code == 200
    worker.work_off(app)
    assert pages.versions()[0].state == "checked"
    done = super(InspectingClient, pages["supplier"]).open(f"{pages.own()}/progress")
    assert done.headers["HX-Redirect"].endswith(pages.own())


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_every_mail_is_written_in_the_language_of_its_reader(pages, language):
    pages.send(pages.gap_content)
    pages.review("start")
    pages.review("return", motive="Open.")
    mails = pages.session.scalars(select(Mail).where(Mail.template.startswith("update_")).order_by(Mail.id)).all()
    assert {mail.template for mail in mails} == {
        "update_asked",
        "update_received",
        "update_to_review",
        "update_decided",
    }

    db.session().expunge_all()
    for mail in mails:
        mail.language = language
        subject, words, page = mailing.render(mail)
        assert subject
        assert "%(" not in words + page
        assert "http://localhost/rounds/" in words
    assert mailing.attached(next(mail for mail in mails if mail.template == "update_received"))


def test_the_pages_ask_the_database_at_most_twenty_five_times(pages):
    pages.send(pages.gap_content)
    asked = []

    def count(*_given):
        asked.append(1)

    for browser, path in (
        ("supplier", f"{pages.here}/duties"),
        ("supplier", pages.duty_page),
        ("supplier", pages.own()),
        ("lead", f"{pages.here}/disclosures"),
        ("lead", pages.review_page()),
        ("member", pages.review_page()),
    ):
        pages[browser].get(path)
        asked.clear()
        event.listen(Engine, "before_cursor_execute", count)
        try:
            pages[browser].get(path)
        finally:
            event.remove(Engine, "before_cursor_execute", count)
        assert len(asked) <= 25, (path, len(asked))


def test_the_rows_of_an_update_enter_no_tender(pages):
    pages.send()
    version = pages.versions()[0]

    rows = pages.session.scalars(select(SubmissionRow.submission_id).distinct()).all()
    assert rows == [version.submission_id]
    assert "Lakeside Ltd" not in pages["lead"].page(f"{pages.here}/submissions").text


@pytest.mark.parametrize("is_same", [True, False], ids=["the same bytes", "other bytes"])
def test_files_that_come_at_once_are_one_version_or_a_row_of_them(pages, app, monkeypatch, is_same):
    monkeypatch.setattr(app.extensions["settings"], "inline_mb", 0)
    windows = [twin_of(pages["supplier"], app) for _ in range(4)]
    content = {
        id(one): b"Site,Country\nA,China\n" + (b"" if is_same else b"B,China\n" * n) for n, one in enumerate(windows)
    }
    pages.session.close()

    def send(window) -> int:
        for _attempt in range(20):
            data = {"file": (io.BytesIO(content[id(window)]), "sites.csv")}
            status = window.post(pages.duty_page, data=data).status_code
            if status != 503:
                return status
        return status

    assert at_once(windows, send) == [303] * 4
    versions = pages.versions()
    assert [one.state for one in versions].count("received") == 1
    assert [one.version_no for one in versions] == list(range(1, len(versions) + 1))
    assert len(versions) == (1 if is_same else 4)
    receipts = [one.submission.receipt_number for one in versions]
    assert len(set(receipts)) == len(versions)


def test_the_next_year_is_confirmed_with_one_button(pages, disclosing):
    pages.send()
    pages.review("start")
    pages.review("accept")
    yearly = pages.session.scalars(select(Duty).where(Duty.kind == "yearly")).one().public_id
    address = f"{pages.here}/duties/{yearly}"
    assert "Nothing changed, send it again" in pages["supplier"].page(address).text

    pages["supplier"].send(f"{address}/again")

    assert pages.versions()[-1].state == "checked"
    assert "no earlier file" in pages["supplier"].send(f"{address}/again", status=409).text


def test_a_file_in_which_the_scanner_finds_something_is_refused_and_given_to_nobody(pages, clamd):
    found = pages.send(BAD_LIST, name="sites.csv")

    version = pages.versions()[0]
    assert (version.state, version.submission.file.scan) == ("refused", "infected")
    assert "Send a clean copy." in found.text
    assert pages["supplier"].get(f"{pages.own()}/original").status_code == 409
    assert pages["lead"].get(f"{pages.review_page()}/original").status_code == 409
    told = pages.session.scalars(select(Mail).where(Mail.template == "file_quarantined")).all()
    assert told


def test_whoever_has_a_conflict_with_the_contractor_sees_no_update_of_it(pages, disclosing, clock):
    pages.send()
    session = disclosing.session
    session.rollback()
    session.info["write"] = True
    version = session.scalars(select(ContractSubmission)).one()
    ids = {"user_id": pages.ids["member"][0], "stated_by_id": pages.ids["member"][0]}
    tie = Conflict(round_id=version.round_id, supplier_id=version.supplier_id, reason="Family.", **ids)
    tie.stated_at = tie.created_at = clock()
    session.add(tie)
    page = f"{pages.here}/disclosures/{version.public_id}"
    session.commit()
    pages.session.rollback()

    assert pages["member"].get(page).status_code == 404
    assert page not in pages["member"].get(f"{pages.here}/disclosures").get_data(as_text=True)
    assert page in pages["lead"].get(f"{pages.here}/disclosures").get_data(as_text=True)
