"""Pages of requests: the supplier's, those of whoever is asked by a link, the lead's; who sees what, and what is kept."""

from __future__ import annotations

import datetime as dt
import io
import re

import openpyxl
import pytest
from sqlalchemy import select, update

from framework.chain.requests import accepting, answering, links
from framework.chain.requests.acts import Party
from framework.disclosure import receiving
from models.base import db
from models.disclosure import Submission
from models.records import AuditEvent, Mail, OneTimeKey, StoredFile
from models.requests import RequestAcceptance, RequestLink, UpstreamRequest
from tests.chain.requests.asking import BRAND, MAKER, SITE
from views import mailing
from views.requests import words

CANARIES = ("Lakeside", "P1-MB", "P2-", "Somewhere Ltd", "northern-secret", "rba_vap")
"""What stands in the supplier's file and was not asked: its sites, its own keys, its audits."""


def here(asking):
    return f"/rounds/{asking.round.public_id}/requests"


def asked(asking, **values):
    """A request that is committed, and the path of its link."""
    request = asking.ask(**values)
    path = f"/requests/{asking.token(request)}/"
    asking.session.commit()
    return request, path


def fields(blocks, **more):
    found = {
        f"r{at}-{n}-{name}": value
        for at, rows in blocks.items()
        for n, block in enumerate(rows, 1)
        for name, value in block.items()
    }
    return {"stamp": "0", "by": "A. Brand", "do": "send"} | found | more


def fresh(asking, request):
    asking.session.rollback()
    return asking.session.get_one(UpstreamRequest, request.id, populate_existing=True)


# -- the supplier -----------------------------------------------------------


def test_a_supplier_asks_from_its_open_rows_and_finds_the_request(asking, person):
    batteries = [one.place for one in asking.open if one.component_type == "battery"]
    asking.session.commit()
    browser = person()

    listed = browser.page(here(asking))
    form = browser.page(f"{here(asking)}/new")
    due_on = (asking.clock.now + dt.timedelta(days=10)).date().isoformat()
    data = {
        "row": batteries,
        "name": BRAND.name,
        "email": BRAND.email,
        "language": "nl",
        "due_on": due_on,
        "why": "Tender.",
    }
    made = browser.send(f"{here(asking)}/new", data)

    assert "5 rows open" in listed.text
    assert "One: Battery" in form.text
    assert "Acme Brand" in made.text
    assert "Two: Battery" in made.text
    request = asking.session.scalars(select(UpstreamRequest)).one()
    assert (len(request.rows), request.language) == (2, "nl")
    assert "asked of Acme Brand" in browser.page(f"{here(asking)}/new").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"row": []}, "Choose at least one row."),
        ({"email": "nobody"}, "Enter a mail address"),
        ({"due_on": "soon"}, "Give a date until which"),
        ({"due_on": "2020-01-01"}, "The date must lie ahead."),
        ({"name": ""}, "Fill in a name."),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back_with_everything_typed(asking, person, change, said):
    place = asking.open[0].place
    asking.session.commit()
    data = {
        "row": [place],
        "name": "Typed & Co",
        "email": "a@example.org",
        "due_on": "2026-12-20",
        "why": "Typed reason.",
    }

    page = person().send(f"{here(asking)}/new", data | change, 422)

    assert said in page.text
    assert "Typed reason." in page.text


def test_all_that_is_wrong_with_a_form_is_told_at_once(asking, person):
    page = person().send(f"{here(asking)}/new", {"why": "x" * 3_000}, 422)

    for said in (
        "Choose at least one row.",
        "Fill in a name.",
        "Enter a mail address",
        "At most 2,000 characters.",
        "Give a date until which",
    ):
        assert page.text.count(said) == 2, said  # in the summary, and at its field


def test_two_posts_of_one_form_ask_once(asking, person):
    place = asking.open[0].place
    asking.session.commit()
    browser = person()
    data = {"row": [place], "name": "A", "email": "a@example.org", "due_on": "2026-12-20", "once": "k" * 16}

    first, second = (browser.post(f"{here(asking)}/new", data=data) for _again in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert len(asking.session.scalars(select(UpstreamRequest)).all()) == 1


def test_the_supplier_sees_answers_with_their_way_and_takes_them_over(asking, person):
    request = asking.ask()
    child = asking.pass_on(request, Party(MAKER.name, MAKER.email, "sv", is_named=False))
    asking.answer(child, by="M. Maker")
    link, returned = asking.link(request), answering.from_children(asking.session, request)
    answering.take_over(asking.session, link, {1: returned[request.rows[0].id]}, source="via", now=asking.clock.now)
    answering.answer(asking.session, link, by="A. Brand", now=asking.clock.now)
    asking.session.commit()
    browser, place = person(), f"{here(asking)}/{request.public_id}"

    page = browser.page(place)
    answer = asking.session.scalars(
        select(answering.RequestAnswer.id).order_by(answering.RequestAnswer.id.desc())
    ).first()
    after = browser.send(f"{place}/accept", {"answer": [str(answer)]})

    assert (
        "Answered by A. Brand for Acme Brand on 23 Nov 2026, who had it from a party that Acme Brand asked" in page.text
    )
    assert MAKER.name not in page.text
    assert "M. Maker" not in page.text
    assert "taken over" in after.text
    assert len(asking.session.scalars(select(RequestAcceptance)).all()) == 1


def test_the_way_of_an_answer_names_no_party_in_between_that_is_kept_back(app, asking):
    request = asking.ask()
    child = asking.pass_on(request, Party("Aardvark Secret", "a@example.org", is_named=False))
    last = asking.pass_on(child, Party("Zebra Secret", "z@example.org", is_named=False), due=5)
    asking.answer(last)
    for near in (child, request):
        link, returned = asking.link(near), answering.from_children(asking.session, near)
        answering.take_over(asking.session, link, {1: returned[near.rows[0].id]}, source="via", now=asking.clock.now)
        answering.answer(asking.session, link, by="A. Brand", now=asking.clock.now)

    with app.test_request_context():
        line = words.came_through(request.rows[0].answers[0])

    assert "a party that Acme Brand asked" in line
    assert "a party that the party before asked" in line
    assert "Secret" not in line


def test_the_next_version_with_answers_is_made_by_the_supplier_and_gets_a_receipt(asking, person):
    request = asking.ask()
    asking.answer(request, {1: [SITE | {"name": "Seaside Ltd"}]})
    every = {one.id for row in request.rows for one in row.answers}
    accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now)
    asking.session.commit()
    browser, here_ = person(), here(asking)

    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{here_}/disclosure.xlsx").data))
    page = browser.send(f"{here_}/send")

    names = [row[1].value for row in book["3_sites"].iter_rows(min_row=2)]
    assert "Seaside Ltd" in names
    assert "Version 2" in page.text
    newest = db.session.scalars(select(Submission).order_by(Submission.version_no.desc())).first()
    assert newest.receipt_number
    assert "taken over" not in browser.page(here_).text
    assert browser.post(f"{here_}/send").status_code == 409


@pytest.mark.parametrize(("is_late", "is_mended"), [(False, False), (True, False), (False, True)])
def test_a_newer_version_that_is_still_read_is_not_overridden(asking, person, monkeypatch, is_late, is_mended):
    request = asking.ask()
    asking.answer(request, {1: [SITE | {"name": "Seaside Ltd"}]})
    every = {one.id for row in request.rows for one in row.answers}
    accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now)
    state = "checked" if is_late or is_mended else "staged"
    newer = asking.send(asking.supplier, [], state=state, verdict=None, is_mended=is_mended)
    asking.session.commit()
    was, lock = (newer.id, receiving.lock)

    def lock_after_an_upload(session, round_):
        session.execute(update(Submission).where(Submission.id == was).values(state="staged"))
        lock(session, round_)

    if is_late:
        monkeypatch.setattr(receiving, "lock", lock_after_an_upload)
    answer = person().post(f"{here(asking)}/send")

    assert answer.status_code == 409
    assert "A newer version is still being read." in answer.get_data(as_text=True)
    asking.session.rollback()
    assert len(asking.session.scalars(select(Submission)).all()) == 2


def test_without_anything_taken_over_there_is_no_workbook(asking, person):
    asking.session.commit()

    assert person().get(f"{here(asking)}/disclosure.xlsx").status_code == 404


def test_after_the_deadline_no_version_is_made(asking, person):
    request = asking.ask()
    asking.answer(request)
    every = {one.id for row in request.rows for one in row.answers}
    accepting.accept(asking.session, request, every, actor=asking.actor, now=asking.clock.now)
    asking.round.tender_deadline = asking.clock.now - dt.timedelta(hours=1)
    asking.session.commit()

    assert person().post(f"{here(asking)}/send").status_code == 409


@pytest.mark.parametrize("tail", ["", "/refusal", "/letter-en", "/letter-en.pdf"])
def test_a_request_of_another_supplier_is_not_found(asking, person, tail):
    request, _path = asked(asking)
    other, user, _actor, _version = asking.add_supplier("Southern IT")
    asking.session.commit()

    assert person(user, other).get(f"{here(asking)}/{request.public_id}{tail}").status_code == 404


@pytest.mark.parametrize("act", ["withdraw", "remind", "accept", "proof", "take-back"])
def test_acts_on_a_request_of_another_supplier_are_not_found_and_written_down(asking, person, act):
    request, _path = asked(asking)
    other, user, _actor, _version = asking.add_supplier("Southern IT")
    asking.session.commit()

    assert person(user, other).post(f"{here(asking)}/{request.public_id}/{act}").status_code == 404
    asking.session.rollback()
    assert asking.session.scalars(select(AuditEvent.kind).where(AuditEvent.outcome == "denied")).all() == [
        "request:ask.denied"
    ]


def test_a_withdrawn_request_ends_its_link(asking, person, anybody):
    request, path = asked(asking)
    browser = person()

    browser.send(f"{here(asking)}/{request.public_id}/withdraw")

    answer = anybody.get(path)
    assert answer.status_code == 409
    assert "nothing is asked of you any more" in answer.get_data(as_text=True)
    assert fresh(asking, request).state == "withdrawn"


def test_a_reminder_is_refused_within_a_day_and_told(asking, person):
    request, _path = asked(asking)

    page = person().send(f"{here(asking)}/{request.public_id}/remind")

    assert "A mail went out less than a day ago." in page.text


# -- the one asked ----------------------------------------------------------


def test_the_one_asked_sees_its_rows_who_asks_for_whom_and_until_when_and_nothing_else(asking, anybody):
    asking.add_supplier("Southern IT northern-secret")
    _request, path = asked(asking, which=lambda one: one.component_type == "battery")

    page = anybody.get(path).get_data(as_text=True)

    for word in (
        "Northern IT",
        asking.round.organisation.name,
        asking.round.name,
        "One: Battery",
        "Two: Battery",
        "7 Dec 2026, 24:00",
    ):
        assert word in page
    for canary in (*CANARIES, "Mainboard", "trade secret of", "Gold", "Southern"):
        assert canary not in page.replace("It is a trade secret", ""), canary


def test_no_page_or_file_of_a_link_tells_of_another_reseller(asking, anybody):
    """The same brand is asked by two resellers: each page, letter and workbook speaks of its own asker alone."""
    first = asking.ask()
    asking.answer(first)
    _supplier, _user, actor, version = asking.add_supplier("Southern IT")
    _request, path = asked(asking, actor=actor, version=version)

    pages = [anybody.get(path + tail) for tail in ("", "letter-en", "letter-nl", "letter-sv")]
    book = openpyxl.load_workbook(io.BytesIO(anybody.get(f"{path}answers.xlsx").data))
    texts = [one.get_data(as_text=True) for one in pages]
    texts.append(str([cell.value for table in book for row in table.iter_rows() for cell in row]))

    for text in texts:
        assert "Southern IT" in text or text is texts[-1]
        for canary in ("Northern IT", first.reference, *CANARIES):
            assert canary not in text


def test_the_volume_stands_on_the_page_where_the_lead_lets_it_be_shown(asking, anybody):
    for _number in range(3):
        member = asking.build.sign_on(asking.round, state="confirmed").organisation
        asking.build.demand(asking.lot, member, {"qty": 4171}, state="locked")
    _hidden, closed = asked(asking)
    asking.round.settings = {"show_volume_to_brand": True}
    _shown, open_ = asked(asking)

    assert "12,513" in anybody.page(open_).text
    assert "12,513" not in anybody.page(closed).text
    assert "4,171" not in anybody.page(open_).text


def test_an_answer_is_given_on_the_page_in_one_sending(asking, anybody):
    request, path = asked(asking, which=lambda one: one.component_type == "battery")

    page = anybody.post(path, data=fields({1: [SITE], 2: [{"answer": "unknown"}]}))
    done = anybody.page(path)

    assert page.status_code == 303
    assert "Your answer to 2 rows is sent to Northern IT." in done.text
    assert "Harbour Ltd, 12 Quay Road, Hai Phong, Vietnam" in done.text
    assert fresh(asking, request).state == "answered"


def test_a_draft_is_taken_up_again_and_nothing_is_lost(asking, anybody):
    request, path = asked(asking)

    anybody.post(path, data=fields({1: [{"name": "Half <b>typed</b>", "country": "Atlantis"}]}, do="save"))
    page = anybody.get(path).get_data(as_text=True)

    assert "Half &lt;b&gt;typed&lt;/b&gt;" in page
    assert "Atlantis" in page
    assert "Draft saved on" in page
    assert fresh(asking, request).state == "asked"


def test_what_cannot_be_sent_is_saved_and_said_at_its_field(asking, anybody):
    request, path = asked(asking)

    page = anybody.send(path, fields({1: [{"name": "Harbour", "country": "Atlantis"}]}), 422)

    assert "Row 1: This country is not recognised." in page.text
    assert answering.draft_of(fresh(asking, request))[1][0]["country"] == "Atlantis"


def test_the_name_of_who_answers_is_asked_for(asking, anybody):
    _request, path = asked(asking)

    page = anybody.send(path, fields({1: [SITE]}, by=""), 422)

    assert "Fill in a name." in page.text
    assert "Harbour Ltd" in anybody.get(path).get_data(as_text=True)


def test_a_second_tab_overwrites_nothing_without_being_told(asking, anybody):
    request, path = asked(asking)
    anybody.post(path, data=fields({1: [{"name": "First tab"}]}, do="save"))

    page = anybody.send(path, fields({1: [{"name": "Second tab"}]}, do="save"), 409)

    assert "saved in another window meanwhile" in page.text
    assert answering.draft_of(fresh(asking, request))[1][0]["name"] == "First tab"


def test_sending_twice_answers_once(asking, anybody):
    request, path = asked(asking)
    data = fields({1: [SITE]}, once="k" * 16)

    anybody.post(path, data=data)
    again = anybody.post(path, data=data)
    other = anybody.post(path, data=fields({1: [SITE]}, once="m" * 16))

    assert (again.status_code, other.status_code) == (303, 409)
    assert len(fresh(asking, request).rows[0].answers) == 1


def test_one_more_site_is_added_without_a_script(asking, anybody):
    _request, path = asked(asking)

    answer = anybody.post(path, data=fields({1: [SITE]}, do="more-1"))
    page = anybody.get(f"{path}?page=1&more=1").get_data(as_text=True)

    assert answer.headers["Location"].endswith("#row-1")
    assert 'name="r1-2-name"' in page


def test_the_earlier_answer_is_put_in_by_one_act_and_edited_before_it_is_sent(asking, anybody):
    asking.answer(asking.ask())
    request, path = asked(asking)
    library = mailed_library(asking, anybody, request, path)

    assert "You answered rows of" in anybody.page(library).text
    anybody.post(f"{library}again", data={"row": ["1", "2"]})
    page = anybody.get(path).get_data(as_text=True)

    assert page.count('value="Harbour Ltd"') == 2
    assert fresh(asking, request).state == "asked"


def mailed_library(asking, anybody, request, path):
    """The path of the library, as the mail to the address that was asked holds it."""
    anybody.post(f"{path}library")
    asking.session.rollback()
    query = select(Mail.secret).where(Mail.template == "request_library", Mail.recipient == request.asked_email)
    secret = asking.session.scalars(query.order_by(Mail.id.desc())).first()
    asking.session.rollback()
    return secret


def test_whoever_holds_the_link_of_a_request_alone_is_offered_no_earlier_answer(asking, anybody):
    asking.answer(asking.ask())
    request, path = asked(asking)
    page = anybody.page(path)

    assert "Harbour Ltd" not in page.text
    assert "You answered" not in page.text
    anybody.post(f"{path}again", data={"source": "reused", "row": ["1", "2"]})
    assert fresh(asking, request).draft == {}


@pytest.mark.parametrize("data", [{}, {"row": ["99"]}, {"row": ["x", "-1"]}])
def test_nonsense_gives_nothing_earlier_again(asking, anybody, data):
    asking.answer(asking.ask())
    request, path = asked(asking)
    library = mailed_library(asking, anybody, request, path)

    assert anybody.post(f"{library}again", data=data).status_code == 303
    assert fresh(asking, request).draft == {}


def test_the_link_of_a_request_opens_no_library_and_one_that_is_over_gives_nothing(asking, anybody):
    asking.answer(asking.ask())
    request, path = asked(asking)
    library = mailed_library(asking, anybody, request, path)

    assert anybody.post(f"{path.replace('/requests/', '/answers/')}again", data={"row": ["1"]}).status_code == 404
    asking.clock.forward(hours=25)
    assert anybody.post(f"{library}again", data={"row": ["1"]}).status_code in (409, 410)
    assert fresh(asking, request).draft == {}


def test_an_answered_request_is_offered_nothing_more(asking, anybody):
    asking.answer(asking.ask())
    request, path = asked(asking)
    library = mailed_library(asking, anybody, request, path)
    asking.session.info["write"] = True
    asking.answer(fresh(asking, request))
    asking.session.commit()

    assert "You answered rows of" not in anybody.page(library).text
    assert anybody.post(f"{library}again", data={"row": ["1"]}).status_code == 303


@pytest.mark.parametrize(
    "data", [{}, {"row": ["99"]}, {"row": ["x"], "source": "via"}, {"source": "nonsense", "row": "1"}]
)
def test_nonsense_puts_nothing_in(asking, anybody, data):
    request, path = asked(asking)

    assert anybody.post(f"{path}again", data=data).status_code == 303
    assert fresh(asking, request).draft == {}


def test_a_refusal_comes_with_its_file_which_the_supplier_downloads_as_it_is(asking, anybody, person):
    request, path = asked(asking)
    hostile = b"<html><script>alert(1)</script>"

    data = {
        "proof": (io.BytesIO(hostile), "../../letter.html"),
        "proof_on": "2026-11-20",
        "by": "A. Brand",
        "note": "No.",
    }
    anybody.post(f"{path}refuse", data=data)
    got = person().get(f"{here(asking)}/{request.public_id}/refusal", buffered=True)

    assert fresh(asking, request).state == "refused"
    assert got.data == hostile
    assert got.mimetype == "application/octet-stream"
    assert got.headers["Content-Disposition"] == f"attachment; filename=refusal-{request.public_id}.html"
    assert "sandbox" in got.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("proof", "proof_on", "said"),
    [
        (None, "2026-11-20", "Attach the dated answer"),
        (b"x", "", "Give the date of that answer"),
        (b"x", "2030-01-01", "it cannot lie ahead"),
    ],
)
def test_a_refusal_without_its_proof_is_none(asking, anybody, proof, proof_on, said):
    request, path = asked(asking)
    file = {"proof": (io.BytesIO(proof), "a.pdf")} if proof else {}

    page = anybody.send(f"{path}refuse", {"by": "A. Brand", "note": "Typed note.", "proof_on": proof_on} | file, 422)

    assert said in page.text
    assert "Typed note." in page.text
    assert fresh(asking, request).state == "asked"
    assert asking.session.scalars(select(StoredFile).where(StoredFile.purpose == "request")).all() == []


def test_a_file_that_is_too_large_is_refused_with_its_limit(asking, anybody, monkeypatch):
    monkeypatch.setattr("views.requests.asked.PROOF_MB", 0)
    _request, path = asked(asking)
    large = io.BytesIO(b"x" * 100)

    page = anybody.send(f"{path}refuse", {"by": "A", "proof": (large, "a.pdf"), "proof_on": "2026-11-20"}, 422)

    assert "larger than 0 MB" in page.text


def test_rows_are_passed_on_and_the_next_one_sees_just_those(asking, anybody):
    request, path = asked(asking)
    data = {
        "row": ["2"],
        "name": MAKER.name,
        "email": MAKER.email,
        "language": "sv",
        "due_on": "2026-12-01",
        "why": "Canary why?",
    }

    anybody.post(f"{path}pass-on", data=data)
    asking.session.rollback()
    child = asking.session.scalars(select(UpstreamRequest).where(UpstreamRequest.hop == 2)).one()
    token = asking.token(child)
    asking.session.rollback()
    theirs = anybody.get(f"/requests/{token}/").get_data(as_text=True)

    assert fresh(asking, request).state == "passed_on"
    assert 'lang="sv"' in theirs
    assert "Acme Brand" in theirs
    assert "One" in theirs
    assert "Two" not in theirs
    assert request.asked_email not in theirs
    assert MAKER.name in anybody.page(path).text


@pytest.mark.parametrize("act", ["remind", "withdraw", "nonsense"])
def test_only_the_own_onward_requests_can_be_acted_on(asking, anybody, act):
    _request, path = asked(asking)
    other = asking.ask(to=Party("B", "b@example.org"))
    child = asking.pass_on(other)
    asking.session.commit()

    assert anybody.post(f"{path}onward/{child.public_id}/{act}").status_code == 404
    assert fresh(asking, child).state == "asked"


def test_an_onward_request_is_withdrawn_by_its_asker(asking, anybody):
    request = asking.ask()
    child = asking.pass_on(request)
    path = f"/requests/{asking.token(request)}/"
    asking.session.commit()

    answer = anybody.post(f"{path}onward/{child.public_id}/withdraw")

    assert answer.status_code == 303
    assert fresh(asking, child).state == "withdrawn"


def test_the_workbook_is_filled_in_and_read_into_the_draft(asking, anybody):
    request, path = asked(asking)
    book = openpyxl.load_workbook(io.BytesIO(anybody.get(f"{path}answers.xlsx").data))
    table = book["Answers"]
    table["E2"], table["F2"], table["I2"] = "site", "From the sheet", "Sverige"
    target = io.BytesIO()
    book.save(target)

    anybody.post(f"{path}answers", data={"file": (io.BytesIO(target.getvalue()), "answers.xlsx")})

    assert "From the sheet" in anybody.get(path).get_data(as_text=True)
    assert fresh(asking, request).state == "asked"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"%PDF-1.7", b"\x00" * 500, b"row;answer\n1;site\n"])
def test_a_hostile_or_foreign_file_is_refused_in_words(asking, anybody, content):
    request, path = asked(asking)

    answer = anybody.post(f"{path}answers", data={"file": (io.BytesIO(content), "answers.xlsx")})

    assert answer.status_code == 422
    assert fresh(asking, request).draft == {}


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\x00\x1b[31m", "=cmd|' /C calc'!A0", "x" * 100_000, "ا" * 300, "{{7*7}}"]
)
def test_hostile_texts_are_kept_shown_as_text_and_never_break_a_page(asking, anybody, person, text):
    request, path = asked(asking)

    sent = anybody.post(
        path, data=fields({1: [{"answer": "unknown", "note": text[:400]}], 2: [{"name": text}]}, by=text, do="save")
    )
    page = anybody.get(path).get_data(as_text=True)
    anybody.post(path, data=fields({1: [{"answer": "unknown", "note": text[:400]}], 2: []}, stamp="1", by=text[:150]))

    assert sent.status_code == 303
    assert "<script>alert(1)" not in page
    assert person().get(f"{here(asking)}/{request.public_id}").status_code == 200


@pytest.mark.parametrize("tail", ["", "answers.xlsx", "letter-en", "letter-en.pdf", "onward/x/refusal"])
def test_a_guessed_or_foreign_token_finds_nothing(asking, anybody, tail):
    _request, path = asked(asking)

    for token in ("a" * 32, "x", path.split("/")[2][:-1], path.split("/")[2].upper(), "%00", "é"):
        assert anybody.get(f"/requests/{token}/{tail}").status_code == 404


@pytest.mark.parametrize("tail", ["", "again", "refuse", "pass-on", "answers", "library", "onward/x/remind"])
def test_no_form_is_taken_by_a_guessed_a_revoked_or_an_ended_link(asking, anybody, tail):
    request, path = asked(asking)
    assert anybody.post(f"/requests/{'a' * 32}/{tail}").status_code == 404

    asking.clock.forward(days=90)
    assert anybody.post(f"{path}{tail}").status_code == 409
    asking.clock.forward(days=-90)
    links.revoke(asking.session, request, now=asking.clock.now)
    asking.session.commit()
    assert anybody.post(f"{path}{tail}").status_code == 409


def test_wrong_tokens_of_one_address_are_limited_and_right_ones_go_on_working(app, asking, anybody, monkeypatch):
    _request, path = asked(asking)
    monkeypatch.setattr(app.extensions["settings"], "api_wrong_tokens", 3)

    statuses = [anybody.get(f"/requests/{'b' * number}/").status_code for number in range(20, 26)]

    assert statuses == [404, 404, 404, 429, 429, 429]
    assert anybody.get(path).status_code == 200


def test_pages_of_a_link_send_no_address_away_and_are_not_kept(asking, anybody):
    _request, path = asked(asking)
    answer = anybody.get(path)

    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    page = answer.get_data(as_text=True)
    assert not re.search(r'(?:href|src|action)="(?:https?:)?//', page)


def test_no_token_is_written_down_with_the_outcome_of_a_form(asking, anybody):
    _request, path = asked(asking)
    token = path.split("/")[2]
    for tail, data in (("", fields({1: [SITE]}, do="save")), ("again", {}), ("library", {})):
        anybody.post(path + tail, data=data | {"once": f"{tail or 'draft':k<16}"})

    asking.session.rollback()
    kept = asking.session.scalars(select(OneTimeKey.location)).all()
    assert len(kept) == 3
    assert not [one for one in kept if token in one]
    assert token not in str(asking.session.scalars(select(AuditEvent.data)).all())
    assert token not in str(asking.session.scalars(select(RequestLink.token_hash)).all())


def test_the_library_is_mailed_to_the_address_and_opens_there_alone(asking, anybody):
    asking.answer(asking.ask())
    request, path = asked(asking)

    anybody.post(f"{path}library")
    token = asking.token(request, "request_library") if not asking.session.rollback() else ""
    asking.session.rollback()

    secret = asking.session.scalars(select(Mail.secret).where(Mail.template == "request_library")).one()
    asking.session.rollback()
    assert token or secret
    page = anybody.page(secret)
    assert "Harbour Ltd" in page.text
    assert anybody.get(secret.replace("/answers/", "/requests/")).status_code == 404
    assert anybody.get(path.replace("/requests/", "/answers/")).status_code == 404


def test_the_page_speaks_the_language_of_the_one_asked(asking, anybody):
    _request, path = asked(asking, to=Party("Svensk tillverkare", "a@example.se", "sv"))

    assert 'lang="sv"' in anybody.get(path).get_data(as_text=True)


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_the_letter_says_the_same_in_each_language_with_one_hash(asking, anybody, language):
    request, path = asked(asking)

    page = anybody.page(f"{path}letter-{language}").text

    for word in (request.reference, request.letter_sha256, "Acme Brand", "Northern IT", "For the tender."):
        assert word in page


def test_a_letter_in_no_language_is_not_found(asking, anybody):
    _request, path = asked(asking)

    assert anybody.get(f"{path}letter-xx").status_code == 404


def test_mails_are_in_the_language_of_their_reader_and_hold_no_content(app, asking):
    request = asking.ask(to=Party("Acme Brand", "a@acme.example", "nl"), why="Canary why")
    asking.answer(request)
    asking.clock.forward(days=2)
    asking.refuse(asking.ask(to=Party("Acme", "b@acme.example", "sv")))
    texts = []
    for mail in asking.session.scalars(select(Mail)).all():
        for language in ("en", "nl", "sv"):
            mail.language = language
            texts.append("\n".join(mailing.render(mail)))

    assert len(texts) == 9
    for text in texts:
        for canary in (*CANARIES, "Canary why", "Harbour", "Battery", "letter.pdf"):
            assert canary not in text


# -- the lead ---------------------------------------------------------------


@pytest.fixture
def lead(asking, sign_in):
    def enter():
        organisation = asking.round.organisation
        user = asking.build.user(organisation)
        asking.session.commit()
        return sign_in(user, organisation)

    return enter


def test_the_lead_sees_who_is_silent_after_the_opening_and_takes_the_list_away(asking, lead):
    request = asking.ask(due=3)
    asking.pass_on(request, due=2)
    asking.clock.forward(days=12)
    asking.open_round()
    browser, place = lead(), f"/rounds/{asking.round.public_id}/upstream"

    page = browser.page(place)
    filtered = browser.page(f"{place}?state=answered&sort=-silent&page=99&q=%00")
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{place}.xlsx").data))

    assert "Acme Brand" in page.text
    assert "12 days" in page.text
    assert "No request fits these filters." in filtered.text
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert (rows[1][1], rows[1][9], rows[1][10]) == ("Northern IT", 12, 0)
    for canary in (*CANARIES, request.asked_email, "Battery"):
        assert canary not in page.text


def test_before_the_opening_the_lead_is_told_it_is_too_early(asking, lead):
    asking.ask()

    assert lead().get(f"/rounds/{asking.round.public_id}/upstream").status_code == 409


@pytest.mark.parametrize("kind", ["buyer", "monitor", "supplier"])
def test_nobody_but_the_lead_sees_the_list(asking, sign_in, kind):
    asking.ask()
    asking.open_round()
    organisation = (
        asking.build.sign_on(asking.round, state="confirmed").organisation
        if kind == "buyer"
        else asking.build.organisation(kind)
    )
    user = asking.build.user(organisation)
    asking.session.commit()

    status = sign_in(user, organisation).get(f"/rounds/{asking.round.public_id}/upstream").status_code

    assert status in (403, 404)


NONSENSE = (
    {},
    {"do": "more-999999999999", "stamp": "-1", "page": "x", "by": "\x00"},
    {
        "do": "send",
        "stamp": "9" * 40,
        "r99999-99-name": "x",
        "r1-0-name": "y",
        "r1-1-answer": "none",
        "r1-1-share": "∞",
    },
    {"row": ["-1", "1e9", "٣"], "name": "x" * 5000, "email": "a@b", "due_on": "9999-12-31", "language": "xx"},
    {"row": "1", "name": "A", "email": "a@example.org", "due_on": "0001-01-01", "why": "\x00" * 9000},
    {"row": ["1"], "all": "1", "name": "A", "email": "a@example.org", "due_on": "9999-12-31"},
    {"of": "a" * 300, "proof_on": "2026-02-31", "note": "n" * 5000, "by": "B\nC"},
    {"file": "no file", "proof": "no file", "answer": ["1", "²", "999999999999"], "brand": "\x00"},
)


@pytest.mark.parametrize("data", NONSENSE)
def test_nonsense_breaks_no_form_of_a_link(asking, anybody, data):
    _request, path = asked(asking)

    statuses = {
        tail: anybody.post(path + tail, data=data).status_code
        for tail in ("", "again", "refuse", "pass-on", "answers", "onward/a/remind")
    }

    assert {tail: status for tail, status in statuses.items() if status >= 500} == {}


@pytest.mark.parametrize("data", NONSENSE)
def test_nonsense_breaks_no_form_of_a_supplier(asking, person, data):
    request, _path = asked(asking)
    browser, place = person(), f"{here(asking)}/{request.public_id}"

    paths = [f"{here(asking)}/new", *(f"{place}/{act}" for act in ("accept", "proof", "take-back", "remind"))]
    statuses = {path: browser.post(path, data=data).status_code for path in paths}

    assert {path: status for path, status in statuses.items() if status >= 500} == {}
    assert browser.get(f"{here(asking)}/new?brand=%00&page=x").status_code == 200
