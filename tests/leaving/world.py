"""A product full of texts that a spreadsheet might run: names, reasons, models, sites, motives; and who exports it."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import xlsxwriter
from sqlalchemy import delete, func, select

from framework.ground import audit
from framework.ground.codelists import country_codes
from framework.ground.reading.texts import clean
from models.chain import Mention
from models.costs import CostAnswer, CostItem, CostProposal, CostShare
from models.departments import Department, DepartmentFigure
from models.matching import MatchQuestion
from models.requests import RequestAcceptance, RequestAnswer, RequestRow
from tests.chain.opened import FA, Opened
from tests.chain.requests.asking import Asking
from tests.disclosure.test_pages import Tender
from tests.leaving.payloads import PAYLOADS
from tests.memory import remembered

LOTS = 4


class Comparing(Opened):
    """An opened round in which as many suppliers as there are texts carry one each, and share their sites in pairs."""

    @remembered
    def __init__(self, session: Any, build: Any, clock: Any) -> None:
        super().__init__(session, build, clock)
        self.lot.name = PAYLOADS[0]
        for number, text in enumerate(PAYLOADS):
            self.built(_rows(number), name=text)


def _rows(number: int) -> list[tuple[str, dict[str, Any]]]:
    """One model of one brand, made at a site of the text of that number and at the site of the next."""
    text = PAYLOADS[number]
    product = {"product_ref": text[:40], "lot": "L1", "brand": text, "model_name": text, "category": "laptop"}
    rows: list[tuple[str, dict[str, Any]]] = [
        ("0_submission", {"brand": text, "scope": "contract_models", "confidentiality_default": "public"}),
        ("1_products", product),
    ]
    for ref, other in (("S1", number), ("S2", (number + 1) % len(PAYLOADS))):
        site = {"site_ref": ref, "facility_type": FA, "confidentiality": "public", "city": "Kunshan", "country": "CN"}
        place = {"site_legal_name": PAYLOADS[other], "address_line": f"{other + 10} First Avenue"}
        rows.append(("3_sites", site | place))
        rows.append(("4_links", {"product_ref": text[:40], "site_ref": ref}))
    return rows


def ask_of_every_site(session: Any, round_: Any, clock: Any) -> None:
    """A question for each site: whether its first row is the site of the next."""
    session.execute(delete(MatchQuestion))
    first = select(func.min(Mention.id)).where(Mention.site_id.is_not(None)).group_by(Mention.site_id)
    mentions = session.scalars(select(Mention).where(Mention.id.in_(first)).order_by(Mention.id)).all()
    for number, mention in enumerate(mentions):
        other = mentions[(number + 1) % len(mentions)]
        asked = {"mention_id": mention.id, "candidates": [other.site_id], "quantity": number, "key": f"key {number}"}
        session.add(MatchQuestion(round=round_, state="open", rank=1, score=700, created_at=clock(), **asked))
    session.flush()


def fill_with_sign_ons(build: Any, round_: Any, clock: Any) -> None:
    """A confirmed body for each text, with an accepted answer of that many pieces, and lots with a text for a name."""
    for number in range(1, LOTS):
        build.lot(round_, code=f"X{number}", name=PAYLOADS[number], spec_tiers=[PAYLOADS[number]])
    lot = round_.lots[0]
    for number, text in enumerate(PAYLOADS):
        body = build.organisation("buyer", name=text, registration_no=f"00{number}")
        told = {"signed_by_name": text, "signed_by_title": text, "class_name": text, "reason": text}
        build.sign_on(round_, body, state="confirmed", confirmed_at=clock(), **told)
        line = {"qty": number + 1, "spec_tier": text[:40]}
        build.demand(lot, body, line, state="accepted", accepted_at=clock())


def fill_with_costs(
    build: Any, round_: Any, clock: Any, sign_in: Any, *, is_draft: bool = False
) -> tuple[Any, Any, Any]:
    """A version of joint costs with a cost for each text, borne by one member; the version, the member and its browser."""
    member = build.organisation("buyer", name=PAYLOADS[0])
    build.sign_on(round_, member, state="confirmed", in_scope_spend_annual=Decimal(100))
    user = build.user(round_.organisation)
    proposal = CostProposal(
        round=round_,
        version_no=1,
        title=PAYLOADS[0],
        edited_at=clock(),
        created_at=clock(),
        proposed_at=None if is_draft else clock(),
        proposed_by_id=None if is_draft else user.id,
    )
    for number, text in enumerate(PAYLOADS, start=1):
        share = CostShare(member_id=member.id, percent=Decimal(100), spend=Decimal(100), amount=Decimal(number))
        proposal.items.append(
            CostItem(
                position=number,
                kind="other",
                label=text,
                amount=Decimal(number),
                currency="EUR",
                rule="entered" if is_draft else "by_spend",
                source=text,
                shares=[share],
            )
        )
    build.add(proposal)
    person = build.user(member)
    said = {"answer": "no", "reason": PAYLOADS[1], "by_id": person.id, "at": clock()}
    build.add(CostAnswer(proposal_id=proposal.id, member_id=member.id, **said))
    build.session.commit()
    return proposal, member, sign_in(person, member)


def fill_record(session: Any, build: Any, round_: Any, clock: Any) -> None:
    """An act for each text, by a person and for a body of that name, with that motive."""
    for text in PAYLOADS:
        body = build.organisation("buyer", name=text)
        actor = build.actor(build.user(body, name=text), body)
        facts = {"from": text, "to": text, "motive": text, "proposer": None}
        audit.record(session, "round.move_deadline", actor=actor, now=clock(), subject=round_, **facts)


def demand_lines(build: Any, lot: Any, member: Any) -> Any:
    """A draft with a line for each text."""
    countries = sorted(country_codes())[: len(PAYLOADS)]
    lines = [
        {"delivery_country": country, "spec_tier": text[:40], "delivery_profile": text, "qty": number}
        for number, (country, text) in enumerate(zip(countries, PAYLOADS, strict=True))
    ]
    for number, line in enumerate(lines):
        if number % 2:
            line |= {"qty": None, "not_known_reason": line["delivery_profile"]}
    return build.demand(lot, member, *lines)


def departments_of(session: Any, draft: Any, *, now: Any) -> None:
    """A department for each text, called by it, with a figure that has it as its note."""
    for number, text in enumerate(PAYLOADS):
        one = Department(organisation_id=draft.member_id, name=text, folded_name=str(number), created_at=now)
        session.add(one)
        session.flush()
        figure = {"category": "laptop", "spec_tier": "standard", "delivery_country": "NL", "year_no": 1, "note": text}
        quantities = {"qty_firm": number, "qty_expected": number + 1, "qty_max": number + 2}
        session.add(DepartmentFigure(demand_id=draft.id, department_id=one.id, **figure, **quantities))


def as_cleaned(texts: tuple[str, ...]) -> frozenset[str]:
    """Texts as reading leaves them: no blanks around them, one between words; those that are no text stay out."""
    return frozenset(found.text for found in map(clean, texts) if found.usable)


def table_of_bodies() -> bytes:
    """A table of bodies whose names are the texts."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Table")
        for row, cells in enumerate([("Body", "Country"), *((text, "NL") for text in PAYLOADS)]):
            for column, value in enumerate(cells):
                sheet.write_string(row, column, value)
    return buffer.getvalue()


def table_of_demand() -> bytes:
    """A table with the demand of members whose names are the texts."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("=1+1")
        for row, cells in enumerate([("Country", "Member", "Expected"), *(("NL", text, 5) for text in PAYLOADS)]):
            for column, value in enumerate(cells):
                write = sheet.write_string if isinstance(value, str) else sheet.write_number
                write(row, column, value)
    return buffer.getvalue()


def faulty_table() -> bytes:
    """A table of demand whose categories nobody knows, under headers that nobody knows either."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Table")
        for column, text in enumerate(("Category", "Tier", "Country", "Year", "Expected", *PAYLOADS[:20])):
            sheet.write_string(0, column, text)
        for row, text in enumerate(PAYLOADS, start=1):
            for column, value in enumerate((text, "standard", "NL", 1, row)):
                write = sheet.write_string if isinstance(value, str) else sheet.write_number
                write(row, column, value)
    return buffer.getvalue()


def faulty_prices() -> bytes:
    """A table of prices for tiers that nobody knows."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Table")
        for column, text in enumerate(("Category", "Specification tier", "From quantity", "Price")):
            sheet.write_string(0, column, text)
        for row, text in enumerate(PAYLOADS, start=1):
            for column, value in enumerate(("Laptop", text, row, 700)):
                write = sheet.write_string if isinstance(value, str) else sheet.write_number
                write(row, column, value)
    return buffer.getvalue()


def disclosure_tables(tender: Tender, *, changed: bool) -> dict[str, list[dict[str, Any]]]:
    """A disclosure with a site for each text; the second version has it in every field of text, and faults."""
    return with_texts(tender.tables(), changed=changed)


def with_texts(tables: dict[str, list[dict[str, Any]]], *, changed: bool) -> dict[str, list[dict[str, Any]]]:
    """The tables of a disclosure with a site for each text; `changed` has it in every field of text, and faults."""
    like, model = tables["3_sites"][0], tables["1_products"][0]
    for number, text in enumerate(PAYLOADS):
        texts = {"parent_company": text, "address_line": text, "region": text} if changed else {}
        fault = {"country": text} if changed else {}
        site = like | {"site_ref": f"X{number}", "site_legal_name": text, "os_id": None, "other_registry_id": None}
        tables["3_sites"].append(site | texts | fault)
        tables["1_products"].append(model | {"product_ref": f"M{number}", "model_name": text if changed else "Book"})
    return tables


def fill_with_requests(asking: Asking) -> None:
    """A request to a party of each name, of an opened tender."""
    for text in PAYLOADS:
        asking.ask().asked_name = text
    asking.open_round()
    asking.session.commit()


def fill_with_answers(asking: Asking) -> str:
    """A request for a row of a brand of each name, answered with a site of that name and taken over; the path of another one's link."""
    request, open_ = asking.ask(), asking.ask()
    request.state, request.answered_at = "answered", asking.clock()
    for number, text in enumerate(PAYLOADS, start=20):
        row = {"kind": "component", "node_key": "k", "brand": text, "component_type": FA, "product_ref": "P1"}
        asking.session.add(RequestRow(request_id=open_.id, position=number, **row))
        asked = RequestRow(request_id=request.id, position=number, **row)
        told = {"name": text, "share": "1.5"}
        answer = RequestAnswer(row=asked, told=told, answered_at=asking.clock(), answered_by="A. Brand")
        asking.session.add_all([asked, answer])
        asking.session.flush()
        taken = RequestAcceptance(row_id=asked.id, answer_id=answer.id, at=asking.clock(), by_id=asking.user.id)
        asking.session.add(taken)
    path = f"/requests/{asking.token(open_)}/"
    asking.session.commit()
    return path
