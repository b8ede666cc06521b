"""Every table that leaves, by every route: sixty texts that a spreadsheet might run arrive as texts, numbers as numbers."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select

from framework.chain.contradictions import finding
from framework.ground.formula_text import harmless
from models.demand import Demand
from models.disclosure import SubmissionRow
from models.judging import Item
from models.people import Organisation, User
from models.prices import PriceStep
from models.questions import AnswerVersion, PublicAnswer, Question
from models.ranking import Ranking, RankingLine, RankingPoints
from models.rounds import Criterion
from tests.chain.opened import Opened
from tests.chain.requests.asking import Asking
from tests.contract.disclosing import Disclosing, whole
from tests.contract.test_updates_pages import Pages
from tests.demand.conftest import people, world  # noqa: F401 - fixtures
from tests.demand.pricing import Pricing
from tests.disclosure.test_pages import Tender
from tests.judging.judged import Judged
from tests.leaving.payloads import PAYLOADS
from tests.leaving.reopened import Table, of_csv, of_workbook, texts_of
from tests.leaving.senders import routes_with_files
from tests.leaving.world import (
    Comparing,
    as_cleaned,
    ask_of_every_site,
    demand_lines,
    departments_of,
    disclosure_tables,
    faulty_prices,
    faulty_table,
    fill_record,
    fill_with_answers,
    fill_with_costs,
    fill_with_requests,
    fill_with_sign_ons,
    table_of_bodies,
    table_of_demand,
    with_texts,
)
from tests.rounds.asking import Tendering

pytestmark = pytest.mark.xdist_group("exports")  # on one worker, which keeps what several of them are taken from
ALL = frozenset(PAYLOADS)
SEPARATORS = {"en": ",", "nl": ";", "sv": ";"}
ROUND, RECORD = "/rounds/<round_id>", "/rounds/<round_id>/record"
PUBLIC = "/public/rounds/<round_id>"
VERSION = f"{ROUND}/disclosure/<submission_id>"
UPDATE = f"{ROUND}/updates/<update_id>"
COSTS = f"{ROUND}/costs/versions/<int:number>"

THEIRS = {
    f"{ROUND}/sign-ons/<sign_on_id>/mandate": "the bytes a member sent",
    f"{ROUND}/sign-ons/<sign_on_id>/record.pdf": "the record of a sign-on: tests/signons/test_signing.py reads it back",
    f"{ROUND}/sign-ons/<sign_on_id>/class-proof": "the bytes a member sent",
    f"{VERSION}/original": "the bytes a supplier sent",
    f"{ROUND}/submissions/<submission_id>/original": "the bytes a supplier sent",
    f"{ROUND}/requests/<request_id>/refusal": "the bytes that whoever was asked sent",
    f"{ROUND}/upstream/<request_id>/refusal": "the bytes that whoever was asked sent",
    "/requests/<token>/onward/<request_id>/refusal": "the bytes that whoever was asked sent",
    f"{ROUND}/requests/<request_id>/letter-<language>.pdf": "a letter: tests/chain/requests/test_letters.py reads it back",
    "/requests/<token>/letter-<language>.pdf": "the same letter",
    f"{ROUND}/upstream/<request_id>/letter-<language>.pdf": "the letter of a lead's own request",
    f"{ROUND}/opening/record-<language>.pdf": "the opening record: tests/disclosure/test_opening_record.py reads it back",
    f"{COSTS}/members/<member_id>/statement-<language>.pdf": "a statement: tests/demand/test_costs.py reads it back",
    f"{ROUND}/charts/<digest>.svg": "a picture",
    f"{VERSION}/receipt.json": "a signed receipt: tests/disclosure/test_receipts.py verifies it",
    f"{VERSION}/receipt-proof.json": "hashes and one entry of the record",
    f"{VERSION}/receipt.pdf": "a receipt: tests/disclosure/test_receipts.py reads it back",
    "/record/heads.jsonl": "signed roots of the record",
    "/record/keys.json": "public keys",
    "/record/verify_log.py": "a program of ours",
    "/record/bundle.zip": "lines of JSON for a verifier: tests/audit/test_bundle.py verifies them",
    f"{RECORD}/bundle.zip": "the same for a round",
    "/record/consistency.json": "hashes",
    f"{RECORD}/consistency.json": "hashes",
    f"{UPDATE}/original": "the bytes a supplier sent",
    f"{ROUND}/disclosures/<update_id>/original": "the bytes a supplier sent",
    f"{UPDATE}/receipt.json": "a signed receipt: tests/contract/test_updates.py verifies it",
    f"{UPDATE}/receipt-proof.json": "hashes and one entry of the record",
    f"{UPDATE}/receipt.pdf": "a receipt: tests/contract/test_updates_pages.py takes it",
    f"{ROUND}/award/letter.pdf": "a letter: tests/award/test_pages.py takes it",
    f"{ROUND}/award/letters/<letter_id>/letter.pdf": "the same letter",
    f"{ROUND}/award/challenges/<challenge_id>/document": "the bytes a lead sent",
    f"{ROUND}/agreements/<agreement_id>/agreement-<language>.pdf": "an agreement: tests/contract/test_pages.py reads it back",
    f"{ROUND}/agreements/<agreement_id>/text.json": "the text that is signed: tests/contract/test_pages.py reads it back",
    f"{ROUND}/terms-<language>.pdf": "the terms: tests/rounds/test_terms_files.py reads them back",
    f"{PUBLIC}/terms-<language>.pdf": "the same terms",
    f"{ROUND}/briefs/<release_id>/brief.pdf": "a leverage brief: tests/demand/test_briefs.py reads it back",
    f"{PUBLIC}/briefs/<release_id>/brief.pdf": "the same brief",
    f"{ROUND}/briefs/brands/<release_id>/brief.pdf": "the brief of a brand",
    f"{ROUND}/briefs/brands/<release_id>/brief.png": "a picture",
    f"{ROUND}/briefs/<release_id>/brief.png": "a picture",
    f"{PUBLIC}/briefs/<release_id>/brief.png": "a picture",
    f"{PUBLIC}/questions-<language>.pdf": "questions and answers: tests/rounds/test_questions.py reads them back",
    f"{PUBLIC}/deadlines.ics": "dates: tests/rounds/test_calendars.py reads them back",
    "/calendar/<token>.ics": "dates of one person",
    f"{ROUND}/pool/live.json": "a few figures for the lead's own page: tests/demand/test_standing_of_the_pool.py reads them",
    "/api/v1/openapi.json": "the document of the interface, from its routes alone",
}
"""Routes that give a file which is no table of ours."""


@dataclass(frozen=True)
class Export:
    """A table that leaves: how it is reached, the texts that must arrive, columns of nothing but numbers, and of identifiers."""

    take: Callable[[Any], bytes | dict[str, bytes]]
    texts: frozenset[str] = ALL
    numbers: tuple[tuple[int, str], ...] = ()
    identifiers: tuple[tuple[int, str], ...] = ()


class Stage:
    """What the exports are taken from; a part is made when first asked for."""

    def __init__(self, session: Any, build: Any, clock: Any, sign_in: Any, request: Any) -> None:
        self.session, self.build, self.clock, self.sign_in, self.request = session, build, clock, sign_in, request

    def signed(self, round_: Any, tail: str) -> bytes:
        browser = self.sign_in(self.build.user(round_.organisation), round_.organisation)
        return got(browser, f"/rounds/{round_.public_id}/{tail}")

    def judging(self) -> bytes:
        """Items whose brands are the texts."""
        opened = Opened(self.session, self.build, self.clock)
        submission = opened.supplier([])
        for number, text in enumerate(PAYLOADS):
            self.build.add(
                Item(
                    round_id=opened.round.id,
                    submission_id=submission.id,
                    lot_id=opened.lot.id,
                    position=number,
                    brand=text,
                    brand_key=f"brand {number}",
                    section="fa",
                    kind="final_assembly",
                    products=1,
                    languages=[],
                    created_at=self.clock(),
                )
            )
        return self.signed(opened.round, "judging/assignments.xlsx")

    def demand_round(self) -> Any:
        round_ = self.build.round(state="demand", demand_deadline=self.clock() + dt.timedelta(days=1))
        self.build.lot(round_, name=PAYLOADS[0])
        fill_with_sign_ons(self.build, round_, self.clock)
        self.session.commit()
        return round_

    def round_in_force(self) -> Any:
        round_ = self.build.round(state="in_force")
        self.build.lot(round_, name=PAYLOADS[0])
        fill_with_sign_ons(self.build, round_, self.clock)
        self.session.commit()
        return round_

    def costs(self, *, of_member: bool = False) -> bytes:
        """A proposal whose costs are the texts; the member that asks for its statement is called by one, and objected so."""
        round_ = self.build.round(state="demand")
        proposal, member, browser = fill_with_costs(self.build, round_, self.clock, self.sign_in)
        tail = f"costs/versions/{proposal.version_no}/"
        if of_member:
            return got(browser, f"/rounds/{round_.public_id}/{tail}members/{member.public_id}/statement.xlsx")
        return self.signed(round_, f"{tail}costs.xlsx")

    def draft_of_costs(self) -> bytes:
        """A draft whose costs are the texts, and shares that were entered for a member of that name."""
        round_ = self.build.round(state="demand")
        fill_with_costs(self.build, round_, self.clock, self.sign_in, is_draft=True)
        return self.signed(round_, "costs/draft.xlsx")

    def moved_round(self) -> Any:
        """The same, each member's answer accepted a second time with one piece more."""
        round_ = self.demand_round()
        for first in self.session.scalars(select(Demand).where(Demand.round_id == round_.id)).all():
            first.state = "superseded"
            self.session.flush()
            line = {"qty": first.lines[0].qty_expected + 1, "spec_tier": first.lines[0].spec_tier}
            facts = {"state": "accepted", "accepted_at": self.clock(), "version_no": 2}
            self.build.demand(first.lot, first.member, line, **facts)
        self.session.commit()
        return round_

    def offers(self, tail: str) -> bytes:
        """One of the workbooks about what is on offer; all of them are taken at once, for the offers take long to build."""
        if tail not in _TAKEN:
            opened = Comparing(self.session, self.build, self.clock)
            self.take(
                opened.round, *(f"lots/{opened.lot.public_id}/{name}" for name in ("comparison.xlsx", "leverage.xlsx"))
            )
            ask_of_every_site(self.session, opened.round, self.clock)
            self.take(opened.round, "sites.xlsx", "sites/questions.xlsx")
            self.find_contradictions(opened.round)
            self.take(opened.round, "contradictions.xlsx")
        return _TAKEN[tail]

    def discussion(self) -> bytes:
        """Final assessments whose motives are the texts."""
        judged = Judged(self.session, self.build, self.clock)
        submission, _items = judged.tender([], evaluators=[], sections=[])
        for number, text in enumerate(PAYLOADS):
            item = judged.item(submission, "fa", "final_assembly", position=number, brand=f"Brand {number}")
            one = judged.assign(item, judged.evaluators[0])
            one.level, one.motive, one.started_at, one.finished_at = "E1", text, self.clock(), self.clock()
            one.state = "final"
        self.session.flush()
        return self.signed(judged.round, "judging/discussion.xlsx")

    def own_assessments(self) -> bytes:
        """Own assessments that are begun, whose motives are the texts."""
        judged = Judged(self.session, self.build, self.clock)
        anna = judged.evaluators[0]
        submission, _items = judged.tender([], evaluators=[], sections=[])
        for number, text in enumerate(PAYLOADS):
            item = judged.item(submission, "fa", "final_assembly", position=number, brand=f"Brand {number}")
            one = judged.assign(item, anna)
            one.level, one.motive, one.started_at, one.state = "E1", text, self.clock(), "draft"
        self.session.flush()
        user, member = (
            self.session.get_one(User, anna.user_id),
            self.session.get_one(Organisation, anna.organisation_id),
        )
        return got(self.sign_in(user, member), f"/rounds/{judged.round.public_id}/judging/mine.xlsx")

    def ranking(self) -> bytes:
        """A ranking on criteria whose names are the texts."""
        opened = Opened(self.session, self.build, self.clock)
        submission = opened.supplier([])
        opened.round.state = "award"
        made = self.build.add(
            Ranking(round=opened.round, number=1, counted_at=self.clock(), created_at=self.clock(), motive="")
        )
        about = {"ranking_id": made.id, "lot_id": opened.lot.id, "submission_id": submission.id}
        self.build.add(RankingLine(known=Decimal("1.5"), reason="no_price", **about))
        for number, text in enumerate(PAYLOADS):
            one = self.build.add(
                Criterion(
                    round=opened.round,
                    position=number,
                    name=text,
                    place="award",
                    weight=Decimal(1),
                    formula="points",
                    created_at=self.clock(),
                )
            )
            values = {"weight": Decimal(1), "points": Decimal("0.5"), "figure": Decimal("5.25")}
            self.build.add(RankingPoints(criterion_id=one.id, **values, **about))
        return self.signed(opened.round, "judging/ranking.xlsx")

    def take(self, round_: Any, *places: str) -> None:
        """Keep the files of a round at these addresses by what their addresses end with; then the session can write again."""
        self.session.commit()
        for place in places:
            _TAKEN[re.sub("^lots/[^/]*/", "", place)] = self.signed(round_, place)
            self.session.rollback()  # the page that was read left a reading transaction
            self.session.info["write"] = True

    def find_contradictions(self, round_: Any) -> None:
        """Every supplier's data become of long ago, so that each is named in the workbook."""
        for row in self.session.scalars(select(SubmissionRow).where(SubmissionRow.sheet == "0_submission")):
            row.read_values = row.read_values | {"data_as_of": "2019-01-01"}
        finding.find(self.session, round_, now=self.clock())

    def upstream(self, tail: str) -> bytes:
        """A workbook about requests: the lead's list, the rows asked, the supplier's version with answers taken over."""
        asking = Asking(self.session, self.build, self.clock)
        if tail == "upstream.xlsx":
            fill_with_requests(asking)
            return self.signed(asking.round, tail)
        path = fill_with_answers(asking)
        if tail == "answers.xlsx":
            return got(self.anybody(), f"{path}{tail}")
        return got(self.sign_in(asking.user, asking.supplier), f"/rounds/{asking.round.public_id}/{tail}")

    def anybody(self) -> Any:
        """A browser that nobody is signed in to."""
        return self.request.getfixturevalue("client")

    def questions(self, tail: str, *, public: bool = True) -> bytes | dict[str, bytes]:
        """One question for each text, asked and published in the same words."""
        here = Tendering(self.build)
        for number, text in enumerate(PAYLOADS, start=1):
            answer = self.build.add(
                PublicAnswer(round=here.round, number=number, question=text, answer=text, created_at=self.clock())
            )
            self.build.add(
                AnswerVersion(
                    public_answer=answer,
                    version_no=1,
                    question=text,
                    answer=text,
                    published_at=self.clock(),
                    published_by_id=here.first.user_id,
                )
            )
            self.build.add(
                Question(
                    round=here.round,
                    supplier_id=here.supplier.id,
                    user_id=here.asker.user_id,
                    text=text,
                    public_answer=answer,
                    created_at=self.clock(),
                )
            )
        browser = self.sign_in(here.user(here.first), here.lead)
        place = f"{here.public if public else here.here}/{tail}"
        return got(browser, place) if tail.endswith("xlsx") else in_every_language(browser, place)

    def record(self, ending: str, *, of_round: bool) -> bytes | dict[str, bytes]:
        round_ = self.build.round(state="demand")
        fill_record(self.session, self.build, round_, self.clock)
        body = round_.organisation if of_round else self.build.organisation("operator")
        browser = self.sign_in(self.build.user(body), body)
        place = f"/rounds/{round_.public_id}/record.{ending}" if of_round else f"/record.{ending}"
        return got(browser, place) if ending == "xlsx" else in_every_language(browser, place)

    def prices(self) -> bytes:
        """A list of each supplier that is called by one of the texts."""
        here = Pricing(self.build)
        here.lot.name = PAYLOADS[0]
        for number, text in enumerate(PAYLOADS):
            here.list_of(self.build.organisation("supplier", name=text), (1, f"{700 + number}.5"))
        return self.signed(here.round, "prices.xlsx")

    def price_list(self) -> bytes:
        """A list with a price for each tier, which are called by the texts."""
        here = Pricing(self.build)
        here.lot.spec_tiers = [text[:40] for text in PAYLOADS]
        made = here.given()
        made.steps = [
            PriceStep(
                position=n, lot_id=here.lot.id, category="laptop", spec_tier=text[:40], from_qty=1, unit_price=n + 1
            )
            for n, text in enumerate(PAYLOADS)
        ]
        self.session.commit()
        return got(here.browser(self.sign_in, here.givers[0]), f"{here.here}/price-list/prices.xlsx")

    def prices_left_out(self) -> bytes:
        """A sheet of prices for tiers that nobody knows."""
        here = Pricing(self.build)
        browser = here.browser(self.sign_in, here.givers[0])
        sent = {"file": (io.BytesIO(faulty_prices()), "=1+1.xlsx")}
        answer = browser.post(f"{here.here}/price-list/upload", data=sent)
        return got(browser, answer.headers["Location"] + "/left-out.xlsx")

    def pool(self, tail: str, *, state: str = "accepted") -> bytes:
        """A workbook of the pool; its tiers, classes and members are the texts."""
        round_ = self.demand_round()
        lot = round_.lots[0]
        lot.spec_tiers = [text[:40] for text in PAYLOADS]
        for text in PAYLOADS:
            member = self.build.organisation("buyer", name=text)
            self.build.sign_on(round_, member, state="confirmed", class_name=text)
            self.build.demand(lot, member, {"spec_tier": text[:40], "qty": 7}, state=state, accepted_at=self.clock())
        self.session.commit()
        return self.signed(round_, tail)

    def own_demand(self) -> bytes:
        here = self.request.getfixturevalue("world")
        demand_lines(self.build, here.lot, here.members[0])
        here.lot.spec_tiers = [text[:40] for text in PAYLOADS]
        self.session.commit()
        first = self.request.getfixturevalue("people")["first"]
        return got(first, f"/rounds/{here.round.public_id}/lots/{here.lot.public_id}/demand.xlsx")

    def figures_of_departments(self) -> bytes:
        """Departments whose names are the texts, and their figures with such notes."""
        here = self.request.getfixturevalue("world")
        departments_of(self.session, here.draft(), now=self.clock())
        self.session.commit()
        first = self.request.getfixturevalue("people")["first"]
        return got(first, f"/rounds/{here.round.public_id}/lots/{here.lot.public_id}/demand/departments.xlsx")

    def outcome_of_bodies(self) -> bytes:
        """What would become of a sheet of bodies whose names are the texts."""
        round_ = self.build.round(state="sign_on")
        self.session.commit()
        lead = self.sign_in(self.build.user(round_.organisation), round_.organisation)
        content = {"file": (io.BytesIO(table_of_bodies()), "=1+1.xlsx")}
        answer = lead.post(f"/rounds/{round_.public_id}/sign-ons/sheet", data=content)
        return got(lead, answer.headers["Location"] + "/outcome.xlsx")

    def rows_of_no_member(self) -> bytes:
        """What stays out of a list with the demand of many members whose names are the texts."""
        round_ = self.demand_round()
        lead = self.sign_in(self.build.user(round_.organisation), round_.organisation)
        answer = lead.post(
            f"/rounds/{round_.public_id}/demand/members",
            data={"file": (io.BytesIO(table_of_demand()), "=1+1.xlsx")},
        )
        return got(lead, answer.headers["Location"] + "/listed.xlsx")

    def listed_rows(self) -> bytes:
        here = self.request.getfixturevalue("world")
        self.session.commit()
        first = self.request.getfixturevalue("people")["first"]
        place = f"/rounds/{here.round.public_id}/lots/{here.lot.public_id}/demand"
        answer = first.post(f"{place}/upload", data={"file": (io.BytesIO(faulty_table()), "=1+1.xlsx")})
        return got(first, answer.headers["Location"] + "/listed.xlsx")

    def disclosure(self, tail: str) -> bytes:
        """One of the workbooks about a disclosure; all of them are taken at once, for making it takes long."""
        if tail not in _TAKEN:
            tender = Tender(self.session, self.build, self.clock, self.sign_in)
            tender.send(tender.workbook(disclosure_tables(tender, changed=False)), name="=1+1.xlsx")
            tender.send(tender.workbook(disclosure_tables(tender, changed=True)), name="@x.xlsx")
            for name in OF_A_DISCLOSURE:
                place = tender.home if name.startswith("template") else tender.version(1)
                _TAKEN[name] = got(tender.browser, f"{place}/{name}")
        return _TAKEN[tail]

    def update(self, tail: str) -> bytes:
        """One of the workbooks about a disclosure under an agreement; all of them are taken at once."""
        if tail not in _OF_UPDATES:
            owed = Disclosing(self.session, self.build, self.clock, current_app.extensions["files"])
            first, second = (owed.workbook(whole_with_texts(changed=changed)) for changed in (False, True))
            agreement = owed.agreement.public_id
            pages = Pages(owed, self.sign_in)
            pages.send(first)
            pages.review("start")
            pages.review("accept")
            self.clock.forward(minutes=5)
            pages.send(
                second, address=f"{pages.here}/duties/change", agreement=agreement, why="Another maker.", brand=""
            )
            changed = pages.versions()[-1]
            places = {"supplier": pages.own(changed), "lead": pages.review_page(changed)}
            for name in OF_AN_UPDATE:
                reader, _slash, file = name.partition("/")
                place = pages.duty_page if file.startswith("template") else places[reader]
                _OF_UPDATES[name] = got(pages[reader], f"{place}/{file}")
        return _OF_UPDATES[tail]


def whole_with_texts(*, changed: bool) -> dict[str, list[dict[str, Any]]]:
    """A whole disclosure with a model and a site for each text: every model has the components and sites of the first."""
    tables = with_texts(whole(), changed=changed)
    others = [one["product_ref"] for one in tables["1_products"][1:]]
    for sheet in ("2_components", "4_links"):
        of_first = list(tables[sheet])
        for ref in others:
            tables[sheet] += [
                one | {"product_ref": ref, "component_ref": one["component_ref"].replace("P1", ref)} for one in of_first
            ]
    return tables


OF_AN_UPDATE = (
    "supplier/template-nl.xlsx",
    "supplier/differences.xlsx",
    "supplier/issues.xlsx",
    "supplier/marked.xlsx",
    "lead/differences.xlsx",
)
_OF_UPDATES: dict[str, bytes] = {}
OF_A_DISCLOSURE = ("template-nl.xlsx", "differences.xlsx", "issues.xlsx", "marked.xlsx")
_TAKEN: dict[str, bytes] = {}


def got(browser: Any, place: str) -> bytes:
    """The file at an address, as an attachment."""
    answer = browser.get(place)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return bytes(answer.data)


def in_every_language(browser: Any, place: str) -> dict[str, bytes]:
    """The file at an address as readers of each language get it."""
    found = {}
    for language in SEPARATORS:
        browser.post(f"/language/{language}")
        found[language] = got(browser, place)
    return found


EVENTS = ((0, "No."),)
EXPORTS: dict[str, Export] = {
    f"{ROUND}/sign-ons.xlsx": Export(
        lambda stage: stage.signed(stage.demand_round(), "sign-ons.xlsx"), identifiers=((0, "Registration number"),)
    ),
    f"{ROUND}/registration.xlsx": Export(
        lambda stage: stage.signed(stage.round_in_force(), "registration.xlsx"),
        identifiers=((0, "Registration number"),),
    ),
    f"{ROUND}/sign-ons/bodies.xlsx": Export(
        lambda stage: stage.signed(stage.demand_round(), "sign-ons/bodies.xlsx"),
        identifiers=((0, "Registration number"),),
    ),
    f"{ROUND}/sign-ons/sheet/<file_id>/outcome.xlsx": Export(
        lambda stage: stage.outcome_of_bodies(), texts=as_cleaned(PAYLOADS), numbers=((0, "Row"),)
    ),
    f"{ROUND}/demand.xlsx": Export(
        lambda stage: stage.signed(stage.demand_round(), "demand.xlsx"),
        numbers=((0, "Version"), (0, "Firm quantity"), (0, "Expected quantity")),
    ),
    f"{ROUND}/demand/members.xlsx": Export(
        lambda stage: stage.signed(stage.demand_round(), "demand/members.xlsx"),
        identifiers=((0, "Registration number"),),
        numbers=((0, "Contract year"), (0, "Expected quantity"), (0, "Expected value")),
    ),
    f"{ROUND}/demand/members/<sheet_id>/listed.xlsx": Export(
        lambda stage: stage.rows_of_no_member(), texts=as_cleaned(PAYLOADS), numbers=((0, "Row"),)
    ),
    f"{ROUND}/demand/moved.xlsx": Export(
        lambda stage: stage.signed(stage.moved_round(), "demand/moved.xlsx"),
        numbers=((0, "Version now"), (0, "Expected before"), (0, "Difference"), (0, "Maximum now")),
    ),
    f"{ROUND}/pool.xlsx": Export(
        lambda stage: stage.signed(stage.demand_round(), "pool.xlsx"),
        texts=frozenset(text[:40] for text in PAYLOADS) | ALL,
        numbers=((0, "Contract year"), (0, "Firm quantity"), (2, "Share in percent"), (2, "Expected value")),
    ),
    f"{COSTS}/costs.xlsx": Export(
        lambda stage: stage.costs(), numbers=((0, "Amount"), (1, "Share"), (1, "Yearly spend in scope"))
    ),
    f"{ROUND}/costs/draft.xlsx": Export(
        lambda stage: stage.draft_of_costs(), numbers=((0, "Amount"), (2, "Entered share in percent"))
    ),
    f"{COSTS}/members/<member_id>/statement.xlsx": Export(
        lambda stage: stage.costs(of_member=True), numbers=((0, "Amount"), (1, "Share"))
    ),
    f"{ROUND}/pool/by.xlsx": Export(
        lambda stage: stage.pool("pool/by.xlsx?by=tier&then=class"),
        texts=frozenset(text[:40] for text in PAYLOADS),
        numbers=((0, "Firm"), (0, "Expected"), (0, "Lines not known yet")),
    ),
    f"{ROUND}/pool/coverage.xlsx": Export(
        lambda stage: stage.pool("pool/coverage.xlsx", state="submitted"),
        numbers=((0, "Members"), (1, "Expected (estimate)")),
    ),
    f"{ROUND}/pool/history.xlsx": Export(
        lambda stage: stage.pool("pool/history.xlsx"),
        texts=frozenset(),
        numbers=((0, "Expected"), (0, "Change of expected")),
    ),
    f"{ROUND}/lots/<lot_id>/demand.xlsx": Export(
        lambda stage: stage.own_demand(),
        numbers=((0, "Line"), (0, "Contract year"), (0, "Firm quantity"), (0, "Expected value")),
    ),
    f"{ROUND}/lots/<lot_id>/demand/departments.xlsx": Export(
        lambda stage: stage.figures_of_departments(),
        numbers=((0, "Contract year"), (0, "Firm quantity"), (0, "Maximum quantity")),
    ),
    f"{ROUND}/lots/<lot_id>/demand/preview/<file_id>/listed.xlsx": Export(
        lambda stage: stage.listed_rows(), numbers=((0, "Row"), (0, "Year"), (0, "Expected"))
    ),
    f"{ROUND}/prices.xlsx": Export(
        lambda stage: stage.prices(),
        numbers=(
            (0, "Pool, in pieces"),
            (0, "Step from"),
            (0, "Price per piece in this currency"),
            (0, "Cost of the pool, compared"),
            (1, "Pieces"),
            (1, "Cost alone"),
            (1, "Saving"),
        ),
    ),
    f"{ROUND}/price-list/prices.xlsx": Export(
        lambda stage: stage.price_list(),
        texts=frozenset(text[:40] for text in PAYLOADS),
        numbers=((0, "From quantity"), (0, "Price per piece, net")),
    ),
    f"{ROUND}/price-list/preview/<file_id>/left-out.xlsx": Export(
        lambda stage: stage.prices_left_out(),
        numbers=((0, "Row"), (0, "From quantity"), (0, "Price per piece, net")),
    ),
    f"{ROUND}/lots/<lot_id>/comparison.xlsx": Export(
        lambda stage: stage.offers("comparison.xlsx"),
        numbers=((0, "Models on offer"), (0, "Tier 1, final assembly: asked"), (1, "Suppliers"), (1, "Models")),
    ),
    f"{ROUND}/judging/discussion.xlsx": Export(lambda stage: stage.discussion()),
    f"{ROUND}/judging/ranking.xlsx": Export(
        lambda stage: stage.ranking(), numbers=((0, "Points known so far"), (1, "Weight"), (1, "Points"))
    ),
    f"{ROUND}/judging/mine.xlsx": Export(
        lambda stage: stage.own_assessments(), identifiers=((0, "Item"), (0, "Stamp of the download"))
    ),
    f"{ROUND}/contradictions.xlsx": Export(
        lambda stage: stage.offers("contradictions.xlsx"), numbers=((0, "Pooled quantity it touches, at most"),)
    ),
    f"{ROUND}/sites.xlsx": Export(
        lambda stage: stage.offers("sites.xlsx"),
        texts=ALL - frozenset("+-=@"),  # a name without a letter makes no site
        numbers=((0, "Suppliers that name it"), (0, "Rows that name it")),
        identifiers=((0, "Site id"),),
    ),
    f"{ROUND}/sites/questions.xlsx": Export(
        lambda stage: stage.offers("sites/questions.xlsx"),
        numbers=((0, "Rows that say the same"), (0, "Pooled quantity behind it"), (0, "Likeness in percent")),
    ),
    f"{ROUND}/lots/<lot_id>/leverage.xlsx": Export(
        lambda stage: stage.offers("leverage.xlsx"),
        numbers=((0, "Rank"), (0, "Pieces that come from there"), (1, "Pieces that come from there"), (3, "Sites")),
    ),
    f"{ROUND}/judging/assignments.xlsx": Export(lambda stage: stage.judging(), identifiers=((0, "Item"),)),
    f"{ROUND}/disclosure/template-<language>.xlsx": Export(
        lambda stage: stage.disclosure("template-nl.xlsx"),
        numbers=((3, "latitude"), (4, "share_of_production_pct")),
        identifiers=((1, "gtin"), (0, "reporting_party_reg_id"), (3, "site_ref")),
    ),
    f"{VERSION}/differences.xlsx": Export(
        lambda stage: stage.disclosure("differences.xlsx"),
        texts=ALL - {"-"},  # which says that nothing is known, so that it is no value that could differ
        numbers=((0, "Row now"),),
    ),
    f"{VERSION}/issues.xlsx": Export(lambda stage: stage.disclosure("issues.xlsx"), numbers=((0, "Row"),)),
    f"{VERSION}/marked.xlsx": Export(
        lambda stage: stage.disclosure("marked.xlsx"),
        numbers=((4, "latitude"),),
        identifiers=((2, "gtin"), (1, "reporting_party_reg_id")),
    ),
    f"{ROUND}/duties/<duty_id>/template-<language>.xlsx": Export(
        lambda stage: stage.update("supplier/template-nl.xlsx"), identifiers=((3, "site_ref"),)
    ),
    f"{UPDATE}/differences.xlsx": Export(
        lambda stage: stage.update("supplier/differences.xlsx"), texts=ALL - {"-"}, numbers=((0, "Row now"),)
    ),
    f"{ROUND}/disclosures/<update_id>/differences.xlsx": Export(
        lambda stage: stage.update("lead/differences.xlsx"), texts=ALL - {"-"}, numbers=((0, "Row now"),)
    ),
    f"{UPDATE}/issues.xlsx": Export(lambda stage: stage.update("supplier/issues.xlsx"), numbers=((0, "Row"),)),
    f"{UPDATE}/marked.xlsx": Export(lambda stage: stage.update("supplier/marked.xlsx"), identifiers=((4, "site_ref"),)),
    f"{ROUND}/upstream.xlsx": Export(
        lambda stage: stage.upstream("upstream.xlsx"),
        numbers=((0, "Hop"), (0, "Days of silence"), (0, "Reminders"), (0, "Rows asked")),
        identifiers=((0, "Reference"),),
    ),
    "/requests/<token>/answers.xlsx": Export(lambda stage: stage.upstream("answers.xlsx"), numbers=((0, "row"),)),
    f"{ROUND}/requests/disclosure.xlsx": Export(
        lambda stage: stage.upstream("requests/disclosure.xlsx"),
        numbers=((4, "share_of_production_pct"),),
        identifiers=((3, "site_ref"),),
    ),
    f"{PUBLIC}/questions.xlsx": Export(
        lambda stage: stage.questions("questions.xlsx"), numbers=((0, "No."), (0, "Version"))
    ),
    f"{PUBLIC}/questions.csv": Export(lambda stage: stage.questions("questions.csv")),
    f"{ROUND}/questions/asked.xlsx": Export(
        lambda stage: stage.questions("questions/asked.xlsx", public=False), numbers=((0, "No. of the answer"),)
    ),
    f"{RECORD}.xlsx": Export(lambda stage: stage.record("xlsx", of_round=True), numbers=EVENTS),
    f"{RECORD}.csv": Export(lambda stage: stage.record("csv", of_round=True)),
    "/record.xlsx": Export(lambda stage: stage.record("xlsx", of_round=False), numbers=EVENTS),
    "/record.csv": Export(lambda stage: stage.record("csv", of_round=False)),
}


@pytest.fixture
def backend() -> str:
    """A table leaves alike from either database."""
    return "sqlite"


@pytest.fixture
def stage(session: Any, build: Any, clock: Any, sign_in: Any, request: Any) -> Stage:
    return Stage(session, build, clock, sign_in, request)


def test_every_route_that_gives_a_file_is_declared_here(app: Any) -> None:
    assert set(routes_with_files(app)) == EXPORTS.keys() | THEIRS.keys()


@pytest.mark.parametrize("rule", [rule for rule in EXPORTS if rule.endswith(".xlsx")])
def test_texts_leave_in_a_workbook_as_they_are_and_numbers_as_numbers(stage: Stage, rule: str) -> None:
    export = EXPORTS[rule]

    content = export.take(stage)

    assert isinstance(content, bytes)
    tables = of_workbook(content)
    assert export.texts - texts_of(tables) == set()
    for place, name in export.numbers:
        assert kinds(tables[place], name) <= {int, float}, name
    for place, name in export.identifiers:
        assert kinds(tables[place], name) == {str}, name


@pytest.mark.parametrize("rule", [rule for rule in EXPORTS if rule.endswith(".csv")])
def test_texts_leave_in_csv_behind_an_apostrophe_where_they_would_run(stage: Stage, rule: str) -> None:
    files = EXPORTS[rule].take(stage)

    assert isinstance(files, dict)
    for language, content in files.items():
        (table,) = of_csv(content, SEPARATORS[language])
        assert {harmless(text) for text in ALL} - texts_of([table]) == set(), language
        numbered = "number" if rule.startswith(PUBLIC) else "seq"
        assert all(str(cell).isdecimal() for cell in table.column(numbered))


def kinds(table: Table, name: str) -> set[type]:
    """Of which kinds the values of a column are; there must be some."""
    found = {type(value) for value in table.column(name)}
    assert found, name
    return found
