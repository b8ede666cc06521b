"""Pages of contradictions and questions: who sees what, odd input, and a canary that must never reach another supplier."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sqlalchemy import select

from framework.chain.contradictions import finding
from framework.chain.contradictions.catalogue import kinds
from framework.chain.matching import merging
from models.chain import Mention, Site
from models.contradictions import Clarification, Contradiction
from models.disclosure import Submission
from models.records import AuditEvent, Job, Mail
from tests.chain.opened import FA, hand_counted
from tests.memory import remembered

CANARY = "Zorgvliet"


def secret_rows():
    """The other supplier's file: each of its texts holds the canary, and its site is the same as the first one's."""
    head = [
        ("0_submission", {"brand": "Acme", "scope": "contract_models", "confidentiality_default": "lead_and_monitor"}),
        (
            "1_products",
            {
                "product_ref": f"{CANARY}-P",
                "lot": "L1",
                "brand": "Acme",
                "model_name": f"{CANARY} model",
                "category": "laptop",
            },
        ),
    ]
    site = {
        "site_ref": f"{CANARY}-S",
        "site_legal_name": f"{CANARY} Works",
        "address_line": f"60 {CANARY} Lane",
        "city": "Kunshan",
        "country": "CN",
        "facility_type": FA,
        "workers_total": 9000,
    }
    return [
        *head,
        ("3_sites", site),
        ("4_links", {"product_ref": f"{CANARY}-P", "site_ref": f"{CANARY}-S"}),
        (
            "6_audits",
            {"audit_ref": CANARY, "site_ref": f"{CANARY}-S", "scheme": "rba_vap", "valid_until": "2025-01-01"},
        ),
    ]


def with_workers():
    return [
        (sheet, values | ({"workers_total": 900} if values.get("site_ref") == "S1" and sheet == "3_sites" else {}))
        for sheet, values in hand_counted()
    ]


@pytest.fixture
@remembered
def world(opened, sign_in, session):
    """Two suppliers whose sites a lead made one; browsers of everybody."""
    first = opened.built(with_workers(), name="Northern IT")
    second = opened.built(secret_rows(), name=f"{CANARY} Trading", kind="brand")
    lead = opened.build.person(opened.round.organisation, "lead")
    named = select(Mention.site_id).where(Mention.name == f"{CANARY} Works")
    survivor = session.scalars(
        select(Site).join(Mention, Mention.site_id == Site.id).where(Mention.name == "Lakeside Ltd")
    ).first()
    other = session.get_one(Site, session.scalar(named))
    merging.merge(session, survivor, other, opened.round, motive="one plant", actor=lead, now=opened.clock())
    finding.find(session, opened.round, now=opened.clock())
    bodies = {
        "lead": opened.round.organisation,
        "member": opened.member,
        "monitor": opened.build.organisation("monitor"),
        "first": first.supplier,
        "second": second.supplier,
        "stranger": opened.build.organisation("buyer"),
        "outsider": opened.build.organisation("supplier", supplier_kind="reseller"),
    }
    users = {who: opened.build.user(body) for who, body in bodies.items()}
    session.commit()
    opened.browsers = {who: sign_in(users[who], body) for who, body in bodies.items()}
    opened.here = f"/rounds/{opened.round.public_id}"
    return opened


def of(world, code):
    return world.session.scalars(select(Contradiction).where(Contradiction.code == code)).all()


def ask(world, code, **values):
    there = f"{world.here}/contradictions/ask/{code}"
    page = world.browsers["lead"].page(there)
    suppliers = [one.public_id for one in world.session.scalars(select(Submission))]
    data = {"supplier": suppliers, "answer_by": "2026-12-20", "motive": ""} | values
    answer = world.browsers["lead"].post(there, data=data)
    world.session.expire_all()
    return page, answer


def test_the_lead_finds_filters_and_opens_a_contradiction(world):
    lead = world.browsers["lead"]
    page = lead.page(f"{world.here}/contradictions")
    assert "contradictions" in page.text.casefold()
    (one,) = of(world, "site-two-addresses")
    alone = lead.page(f"{world.here}/contradictions?kind=site-two-addresses&state=open&q=first+avenue").text
    assert one.public_id in lead.get(f"{world.here}/contradictions?kind=site-two-addresses").get_data(as_text=True)
    assert "1 contradiction" in alone
    text = lead.page(f"{world.here}/contradictions/{one.public_id}").text
    assert all(
        part in text for part in ("58 First Avenue", f"60 {CANARY} Lane", "Northern IT", f"{CANARY} Trading", "3_sites")
    )


@pytest.mark.parametrize("who", ["member", "monitor", "first", "second", "stranger", "outsider"])
def test_nobody_else_sees_contradictions(world, who):
    (one,) = of(world, "workers-differ")
    browser = world.browsers[who]
    for place in ("", f"/{one.public_id}", ".xlsx", "/questions", "/ask/audit-expired"):
        assert browser.get(f"{world.here}/contradictions{place}").status_code in (403, 404), place
    there = f"{world.here}/contradictions/{one.public_id}"
    assert browser.post(there, data={"act": "accept"}).status_code in (403, 404)
    assert browser.post(f"{world.here}/contradictions/accept", data={"kind": "workers-differ"}).status_code in (
        403,
        404,
    )


def test_a_contradiction_of_another_round_is_not_found(world, sign_in):
    build, session = world.build, world.session
    other = build.round(state="opened", opened_at=world.clock())
    (one,) = of(world, "workers-differ")
    user = build.user(other.organisation)
    session.commit()
    lead = sign_in(user, other.organisation)
    assert lead.get(f"{world.here}/contradictions").status_code == 404
    assert lead.get(f"/rounds/{other.public_id}/contradictions/{one.public_id}").status_code == 404
    assert lead.get(f"/rounds/{other.public_id}/contradictions").status_code == 200


def test_a_chair_looks_and_asks_and_decides_nothing(world, sign_in):
    build, session, (one,) = world.build, world.session, of(world, "workers-differ")
    user = build.user(world.member)
    build.appoint(world.round, user, world.member, "chair")
    session.commit()
    chair = sign_in(user, world.member)
    there = f"{world.here}/contradictions/{one.public_id}"
    assert "Accept: it stands" not in chair.page(there).text
    assert chair.post(there, data={"act": "accept"}).status_code == 403
    assert "The lead asks." in chair.page(f"{world.here}/contradictions/ask/audit-expired").text


def test_what_a_file_of_an_earlier_round_said_is_for_the_lead_alone(world, sign_in):
    build, session = world.build, world.session
    old = Contradiction(
        round_id=world.round.id,
        code="site-gone",
        key="0" * 64,
        params={"site": CANARY, "round": "Laptops 2022"},
        words=CANARY,
        created_at=world.clock(),
    )
    user = build.user(world.member)
    build.appoint(world.round, user, world.member, "chair")
    session.add(old)
    session.commit()
    chair, lead = sign_in(user, world.member), world.browsers["lead"]
    there = f"{world.here}/contradictions"
    for place, said in (
        ("?q=laptops", 200),
        ("?kind=site-gone", 200),
        (f"/{old.public_id}", 404),
        ("/ask/site-gone", 404),
    ):
        answer = chair.get(f"{there}{place}")
        assert (answer.status_code, "Laptops 2022" in answer.get_data(as_text=True)) == (said, False)
    assert "Laptops 2022" in lead.page(f"{there}/{old.public_id}").text


def test_decisions_on_the_page_and_taking_them_back(world):
    lead, (one,) = world.browsers["lead"], of(world, "workers-differ")
    there = f"{world.here}/contradictions/{one.public_id}"
    assert lead.post(there, data={"act": "dismiss", "motive": " "}).status_code == 422
    assert lead.post(there, data={"act": "dismiss", "motive": "two halls"}).status_code == 303
    assert "two halls" in lead.page(there).text
    assert lead.post(there, data={"act": "accept"}).status_code == 422
    assert lead.post(there, data={"act": "undo"}).status_code == 303
    assert lead.post(there, data={"act": "accept"}).status_code == 303
    told = world.session.scalars(
        select(AuditEvent.kind).where(AuditEvent.kind.startswith("contradiction.")).order_by(AuditEvent.seq)
    ).all()
    assert [k for k in told if not k.endswith(".denied")] == [
        "contradiction.dismissed",
        "contradiction.undone",
        "contradiction.accepted",
    ]


def test_all_of_one_kind_are_accepted_at_once_or_not_at_all(world):
    lead = world.browsers["lead"]
    count = len(of(world, "audit-expired"))
    there = f"{world.here}/contradictions/accept"
    assert lead.post(there, data={"kind": "audit-expired", "expected": str(count + 1)}).status_code == 409
    assert lead.post(there, data={"kind": "", "expected": "0"}).status_code == 303
    assert lead.post(there, data={"kind": "audit-expired", "expected": str(count)}).status_code == 303
    accepted = lead.page(f"{world.here}/contradictions?state=accepted").text
    assert f"{count} contradictions" in accepted
    assert "Take the acceptance" in lead.page(f"{world.here}/contradictions?kind=audit-expired").text
    back = {"kind": "audit-expired", "act": "undo"}
    assert lead.post(there, data=back | {"expected": "1"}).status_code == 409
    assert lead.post(there, data=back | {"expected": str(count)}).status_code == 303
    assert f"{count} contradictions" in lead.page(f"{world.here}/contradictions?kind=audit-expired&state=open").text


@pytest.mark.parametrize(("done", "total"), [(0, None), (3, 16), (16, 16)])
def test_the_list_tells_how_far_a_running_job_is(world, done, total):
    finding.ask_for(world.session, world.round, now=world.clock())
    job = world.session.scalars(select(Job).where(Job.kind == finding.FIND_JOB)).one()
    job.state, job.done, job.total = "running", done, total
    world.session.commit()
    assert "compared anew" in world.browsers["lead"].page(f"{world.here}/contradictions").text


@pytest.mark.parametrize(
    "query",
    [
        "?page=99999999999999999999",
        "?page=-1&kind=%00&state=x&sort=%27&supplier=%22",
        "?q=%25_%5C%00%ED%A0%80" + "x" * 500,
        "?kind=workers-differ&kind=data-old",
        "?supplier=" + "a" * 300,
    ],
)
def test_odd_addresses_break_nothing(world, query):
    lead = world.browsers["lead"]
    for place in ("/contradictions", "/contradictions.xlsx", "/contradictions/questions"):
        assert lead.get(f"{world.here}{place}{query}").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"act": "x", "motive": "\x00\u202e" * 10},
        {"act": "dismiss", "motive": "x" * 100_000},
        {"kind": "audit-expired", "expected": "٣"},
        {"kind": "audit-expired", "expected": "9" * 400},
        {"supplier": ["x", "\x00"], "answer_by": "0000-00-00"},
        {"supplier": "x", "answer_by": "9999-12-31"},
    ],
)
def test_odd_forms_break_nothing(world, data):
    lead, (one,) = world.browsers["lead"], of(world, "workers-differ")
    for place in (one.public_id, "accept", "ask/audit-expired", "ask/nothing", "nothing"):
        assert lead.post(f"{world.here}/contradictions/{place}", data=data).status_code < 500


@pytest.mark.parametrize("code", ["site-two-addresses", "workers-differ", "audit-expired", "brand-list-lacks-site"])
def test_a_canary_of_one_supplier_never_reaches_another(world, code):
    assert of(world, code)
    _page, answer = ask(world, code)
    assert answer.status_code == 303
    own = world.session.scalars(
        select(Clarification).join(Clarification.supplier).where(Clarification.code == code)
    ).all()
    first = next(one for one in own if one.supplier.name == "Northern IT")
    browser = world.browsers["first"]
    for place in ("", f"/{first.public_id}"):
        told = browser.get(f"{world.here}/clarifications{place}").get_data(as_text=True)
        assert CANARY not in told, place
        assert "9,000" not in told, place
        assert kinds()[code].title not in told, "what a kind is called may say what others wrote"
    assert "Lakeside Ltd" in told or "Harbour Ltd" in told
    others = [one for one in own if one.supplier.name != "Northern IT"]
    for one in others:
        assert browser.get(f"{world.here}/clarifications/{one.public_id}").status_code == 404
        assert browser.post(f"{world.here}/clarifications/{one.public_id}", data={"text": "x"}).status_code == 404
    for who in ("member", "monitor", "stranger", "outsider"):
        assert world.browsers[who].get(f"{world.here}/clarifications/{first.public_id}").status_code in (403, 404)
    for mail in world.session.scalars(select(Mail)):
        assert CANARY not in str(mail.params)


def test_a_question_is_asked_answered_and_closed_on_the_pages(world, clock):
    page, answer = ask(world, "audit-expired")
    assert "2 suppliers are in this position" in page.text
    assert answer.status_code == 303
    first = next(one for one in world.session.scalars(select(Clarification)) if one.supplier.name == "Northern IT")
    theirs = f"{world.here}/clarifications/{first.public_id}"
    ours = f"{world.here}/contradictions/questions/{first.public_id}"
    supplier, lead = world.browsers["first"], world.browsers["lead"]
    assert "Answer the question" in supplier.page(f"{world.here}/disclosure").text
    assert supplier.page(f"{world.here}/clarifications").text
    assert lead.post(f"{ours}/close").status_code == 409
    assert supplier.post(theirs, data={"text": "", "row": ""}).status_code == 422
    assert supplier.post(theirs, data={"text": "A newer one\nis of March. <b>", "row": "x"}).status_code == 422
    assert supplier.post(theirs, data={"text": "A newer one\nis of March. <b>", "row": ""}).status_code == 303
    assert "is of March. <b>" in supplier.page(theirs).text
    assert "is of March. <b>" in lead.page(ours).text
    assert lead.page(f"{world.here}/contradictions/questions").text
    assert lead.post(f"{ours}/close").status_code == 303
    assert "closed" in supplier.page(theirs).text
    assert supplier.post(theirs, data={"text": "more"}).status_code == 422


def test_the_workbook_holds_each_contradiction_and_each_row(world):
    content = world.browsers["lead"].get(f"{world.here}/contradictions.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(content))
    found = world.session.scalars(select(Contradiction)).all()
    assert book.worksheets[0].max_row == 1 + len(found)
    assert {row[0].value for row in book.worksheets[1].iter_rows(min_row=2)} == {one.public_id for one in found}


def test_pages_are_whole_in_every_language(world):
    lead, (one,) = world.browsers["lead"], of(world, "workers-differ")
    for language in ("nl", "sv", "en"):
        lead.get(f"/language/{language}")
        assert lead.page(f"{world.here}/contradictions/{one.public_id}").text
