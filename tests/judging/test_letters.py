"""Judging by letters: an evaluator reads no supplier's name anywhere but where it says to whom it may be tied."""

from __future__ import annotations

import datetime as dt
import html
import io
import itertools
import os
import re
import zipfile

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from framework.chain import changes
from framework.chain.clarifications import acts
from framework.chain.clarifications.positions import positions
from framework.chain.contradictions import finding, loading, review
from framework.disclosure import lettered
from framework.disclosure.veil import Veil
from framework.judging import blind, claims, letters, talking
from models.base import db
from models.chain import Product, Site
from models.contradictions import Clarification, Contradiction
from models.disclosure import Opening, Submission, SubmissionIssue, SubmissionRow
from models.judging import Conflict, Item
from models.matching import MatchQuestion
from models.people import Organisation, User
from models.records import Mail
from models.rounds import Round
from models.veiled import Bidder, Names, real, veiling
from tests.judging.judged import signed_rows
from tests.memory import remembered
from views import mailing

KESTREL = ("Kestrel Office Machines", "KVK81234567", "kestrel-office.example")
MERLIN = ("Merlin Datasystems", "SE5560000167", "merlin-data.example")
GIVES_AWAY = re.compile(
    r"kestrel[\W_]*office|merlin[\W_]*data|81234567|5560000167",
    re.IGNORECASE,
)
KIND = "audit-expired"
ADDRESSES_TRIED = 1 if os.environ.get("HEFBOOM_BARS") else 5
"""One in so many for whoever is a member too; all under `make bars`."""
CONFLICTS = "/judging/conflicts"


def rows_of(brand, name, number, domain):
    """The signed rows of a brand, in which the sender names itself as a workbook does, and once in a remark."""
    head = {"reporting_party_name": name, "reporting_party_reg_id": number, "dd_contact_email": f"due@{domain}"}
    rows = []
    for sheet, values in signed_rows():
        more = {"brand": brand} if "brand" in values else {}
        more |= head if sheet == "0_submission" else {}
        more |= {"remarks": f"Made for {name} alone"} if sheet == "3_sites" else {}
        rows.append((sheet, values | more))
    return rows


class Lettered:
    """A round judged by letters: two tenders, contradictions with an answer, two evaluators (one of a member), lead and chair."""

    @remembered
    def __init__(self, judged, sign_in, *, on=True):
        self.judged, self.round_number, self.numbers = judged, judged.round.id, {}
        judged.round.settings = {"judge_by_letters": on}
        member = judged.evaluator(member=judged.member)
        judged.evaluators.append(member)
        items = self._tender("kestrel", "Acme", *KESTREL, file_name="Kestrel_Office_Machines 2027.xlsx")
        self._tender("merlin", "Bolt", *MERLIN, file_name="Merlin Datasystems.csv")
        self._contradict()
        self._records()
        for one, state in ((self.kestrel, "in_review"), (self.merlin, "in_review")):
            one.state = state
        self.round.state = "judging"
        for who in judged.evaluators:
            judged.all_say(self.kestrel, items, who, ["E1", "E2", "E0", "E0"])
        blind.look(self.session, self.kestrel, actor=judged.evaluators[0], now=judged.clock())
        talking.show_to_all(self.session, items[0], actor=judged.chair, now=judged.clock())
        judged.work()
        self.here, self.lot_key = f"/rounds/{self.round.public_id}", judged.lot.public_id
        self.item_keys = [one.public_id for one in items]
        self.people = {"evaluator": judged.evaluators[0], "member": member, "chair": judged.chair, "lead": self.lead}
        self.session.commit()
        self.browsers = {name: self._enter(sign_in, actor) for name, actor in self.people.items()}

    @property
    def session(self):
        db.session().info["write"] = True
        return db.session()

    @property
    def round(self):
        return self.session.get_one(Round, self.round_number)

    @property
    def kestrel(self):
        return self.session.get_one(Submission, self.numbers["kestrel"])

    @property
    def merlin(self):
        return self.session.get_one(Submission, self.numbers["merlin"])

    @property
    def items(self):
        return self.session.scalars(select(Item).where(Item.public_id.in_(self.item_keys)).order_by(Item.id)).all()

    def _tender(self, key, brand, name, number, domain, **more):
        made, items = self.judged.tender(rows_of(brand, name, number, domain), name=name, **more)
        self.numbers[key] = made.id
        made.supplier.registration_no, made.supplier.mail_domain = number, domain
        self.session.add(
            SubmissionIssue(
                submission_id=made.id,
                position=0,
                code="value-unknown",
                severity="warning",
                sheet="0_submission",
                row=2,
                column="C",
                value=name,
                params={"value": name},
            )
        )
        made.sheets = [*made.sheets, {"name": made.file.name[:20], "rows_in": 1, "rows_stored": 1, "rows_listed": 0}]
        return items

    def _contradict(self):
        judged, session, now = self.judged, self.session, self.judged.clock()
        self.round.state = "opened"
        self.kestrel.state = self.merlin.state = "opened"
        finding.find(session, self.round, now=now)
        self.lead = judged.build.person(self.round.organisation, "lead")
        asked = acts.ask(
            session,
            self.round,
            positions(session, self.round, KIND),
            chosen=[self.kestrel.id, self.merlin.id],
            answer_by=now + dt.timedelta(days=9),
            motive="all",
            actor=self.lead,
            now=now,
        )
        for one in asked:
            person = judged.build.person(one.supplier, "supplier")
            told = f"We at {one.supplier.name} ({one.supplier.registration_no}) renewed it."
            acts.answer(session, one, told, row="", actor=person, now=now)
            acts.close(session, one, actor=self.lead, now=now)
        for one in session.scalars(select(Contradiction).where(Contradiction.code == KIND)):
            review.accept(session, one, actor=self.lead, now=now)

    def _records(self):
        self.session.add(
            Opening(
                round=self.round,
                created_at=self.judged.clock(),
                window_ends_at=self.judged.clock(),
                opened_at=self.judged.clock(),
                record={"tenders": [{"supplier": KESTREL[0]}]},
                record_text=KESTREL[0],
            )
        )

    def _enter(self, sign_in, actor):
        return sign_in(
            self.session.get_one(User, actor.user_id), self.session.get_one(Organisation, actor.organisation_id)
        )

    def shown(self, submission):
        """What an evaluator reads in place of a bidder."""
        return f"Supplier {letters.letters(self.session, self.round)[submission.supplier_id]}"

    def get(self, who, address, **more):
        """A page of the round, or of a whole address."""
        db.session.remove()
        return self.browsers[who].get(self.here + address, **more)


@pytest.fixture
@remembered
def world(judged, sign_in):
    return Lettered(judged, sign_in)


@pytest.fixture
@remembered
def plain(judged, sign_in):
    """The same with the setting off."""
    return Lettered(judged, sign_in, on=False)


def inside(answer):
    """All that an answer tells, with the parts of a zipped file and the head; what stands in addresses of ours is no name."""
    told = f"{answer.headers}".encode() + answer.data
    if answer.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as package:
            told += b"".join(package.read(name) for name in package.namelist())
    return told.decode("utf-8", "replace")


def addresses(app, world):
    """The address of every route that reads, with the ids of what the world holds."""

    def ids(table, *limits, most=4):
        return [one.public_id for one in world.session.scalars(select(table).where(*limits).limit(most))]

    numbers = [one.id for one in world.session.scalars(select(Product))][:4]
    telling = SubmissionRow.sheet.in_(("0_submission", "3_sites"))
    rows = [one.id for one in world.session.scalars(select(SubmissionRow).where(telling))]
    known = {
        "round_id": [world.round.public_id],
        "submission_id": [world.kestrel.public_id, world.merlin.public_id],
        "lot_id": [world.lot_key],
        "item_id": world.item_keys,
        "site_id": ids(Site),
        "contradiction_id": ids(Contradiction, Contradiction.code == KIND),
        "clarification_id": ids(Clarification),
        "question_id": ids(MatchQuestion),
        "supplier_id": [world.kestrel.supplier.public_id],
        "organisation_id": [world.kestrel.supplier.public_id],
        "measure": ["transparency", "reliability", "coverage", "precision", "corroboration"],
        "number": numbers,
        "row_id": rows,
        "language": ["en"],
        "code": [KIND],
        "kind": ["battery"],
    }
    found = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        given = [known.get(name) or ["1"] for name in sorted(rule.arguments)]
        for values in itertools.product(*given):
            with app.test_request_context():
                try:
                    found.add(
                        rule.build(dict(zip(sorted(rule.arguments), values, strict=True)), append_unknown=False)[1]
                    )
                except (TypeError, ValueError):
                    continue
    return sorted(found)


def walk(app, world, who, each=1):
    """Of every address, or of one in so many, and of all that these link to: status, and what gives a bidder away."""
    found, told = {}, {}
    waiting = sorted({*addresses(app, world)[::each], world.here + CONFLICTS}, reverse=True)
    while waiting:
        address = waiting.pop()
        path = address.partition("?")[0]
        if address in found or told.get(path) == 200:
            continue
        db.session.remove()
        answer = world.browsers[who].get(address, buffered=True)
        assert answer.status_code < 500 or "health" in address, address
        told[path] = answer.status_code
        found[address] = (answer.status_code, set(map(str.casefold, GIVES_AWAY.findall(inside(answer)))))
        if answer.mimetype == "text/html" and each == 1:
            links = re.findall(r'href="(/rounds/[^"#]+)', answer.text)
            waiting += [html.unescape(one) for one in links if told.get(one.partition("?")[0]) != 200]
    return found


@pytest.mark.parametrize(("who", "each"), [("evaluator", 1), ("member", ADDRESSES_TRIED)])
def test_an_evaluator_reads_no_name_number_or_domain_but_where_ties_are_stated(world, app, who, each):
    told = walk(app, world, who, each)

    names = {address: found for address, (_status, found) in told.items() if found}
    assert set(names) == {world.here + CONFLICTS}
    assert len(names[world.here + CONFLICTS]) >= 2
    assert sum(1 for status, _found in told.values() if status == 200) > 60 / each


def test_lead_and_chair_read_names(world, app):
    for who in ("lead", "chair"):
        shown = [
            world.get(who, page).text for page in ("/submissions", "/judging", f"/lots/{world.lot_key}/comparison")
        ]
        assert all(KESTREL[0] in one and MERLIN[0] in one for one in shown)
        assert "Supplier A" in shown[1], "which letter the evaluators read"
        assert "Supplier A" not in shown[0]
    here = f"/submissions/{world.kestrel.public_id}"
    assert f"{here}/original" in world.get("lead", here).text
    assert f"{here}/original" not in world.get("evaluator", here).text
    assert world.get("evaluator", f"{here}/original").status_code == 404


def test_without_the_setting_everybody_reads_names(plain):
    page = plain.get("evaluator", "/submissions").text
    assert KESTREL[0] in page
    assert "Supplier A" not in page
    assert "judged by letters" not in plain.get("evaluator", "/judging/mine").text
    assert "Supplier A" not in plain.get("lead", "/judging").text
    assert KESTREL[0] in plain.get("evaluator", f"/submissions/{plain.kestrel.public_id}?sheet=0_submission").text


def test_names_are_read_again_once_the_judging_is_closed(world):
    assert KESTREL[0] not in world.get("evaluator", "/submissions").text
    db.session.remove()
    world.round.state = "award"
    world.session.commit()

    assert KESTREL[0] in world.get("evaluator", "/submissions").text


def test_what_the_sender_wrote_of_itself_is_read_by_its_letter(world):
    page = world.get("evaluator", f"/submissions/{world.kestrel.public_id}?sheet=0_submission").text
    shown = world.shown(world.kestrel)

    assert page.count(shown) > 2, "title, name and number"
    assert "A. Signatory" in page
    assert "Acme" in page
    sites = world.get("evaluator", f"/submissions/{world.kestrel.public_id}?sheet=3_sites").text
    assert f"Made for {shown} alone" in sites
    assert "Lakeside Ltd" in sites


def test_the_pile_says_that_names_come_back(world):
    assert "This round is judged by letters" in world.get("evaluator", "/judging/mine").text


def test_letters_stay_from_page_to_page_and_from_evaluator_to_evaluator(world):
    one, other = world.shown(world.kestrel), world.shown(world.merlin)
    assert {one, other} == {"Supplier A", "Supplier B"}
    for who in ("evaluator", "member"):
        for page in ("/judging/mine", "/judging/mine"):
            text = world.get(who, page).text
            assert one in text or other in text
        assert one in world.get(who, f"/submissions/{world.kestrel.public_id}").text
        assert other in world.get(who, f"/submissions/{world.merlin.public_id}").text


def test_letters_are_not_in_the_order_of_receipt_alphabet_or_number_and_differ_between_rounds(world, build):
    orders = set()
    suppliers = [build.organisation("supplier", name=f"Trader {number:02}") for number in range(12)]
    for _round in range(8):
        round_ = build.round(state="judging")
        found = sorted(suppliers, key=lambda one, key=round_: letters.place(key, one.public_id))
        orders.add(tuple(one.name for one in found))
    assert len(orders) == 8
    assert tuple(one.name for one in suppliers) not in orders


def test_letters_do_not_follow_from_ids_that_pages_show(build):
    round_, supplier = build.round(state="judging"), build.organisation("supplier")
    first = letters.place(round_, supplier.public_id)
    assert letters.place(round_, supplier.public_id) == first
    salt, round_.letters_salt = round_.letters_salt, "another"
    assert letters.place(round_, supplier.public_id) != first
    round_.letters_salt = ""
    assert letters.place(round_, supplier.public_id) != first
    round_.letters_salt = salt
    assert letters.place(round_, supplier.public_id) == first


def test_a_conflict_moves_no_letter(world):
    before = world.shown(world.merlin)
    db.session.remove()
    tied = world.kestrel.supplier_id
    world.session.add(
        Conflict(
            round_id=world.round_number,
            user_id=world.people["evaluator"].user_id,
            supplier_id=tied,
            reason="Worked there",
            created_at=world.judged.clock(),
            stated_at=world.judged.clock(),
            stated_by_id=world.people["evaluator"].user_id,
        )
    )
    world.session.commit()

    page = world.get("evaluator", "/submissions").text
    assert before in page
    assert world.shown(world.kestrel) not in page


@pytest.mark.parametrize(("role", "reads"), [("chair", False), ("opener", False), ("lead", False), (None, True)])
def test_whoever_chairs_opens_or_leads_as_well_reads_names(world, build, role, reads):
    actor = world.people["evaluator"]
    user, member = (
        world.session.get_one(User, actor.user_id),
        world.session.get_one(Organisation, actor.organisation_id),
    )
    if role == "lead":
        build.grant(user, world.round.organisation, "lead")
    elif role is not None:
        build.appoint(world.round, user, member, role)
    assert lettered.reads_letters(world.session, world.round, actor.user_id) is reads


def test_a_page_that_a_form_answers_with_has_letters_too(world):
    sheet = world.get("member", "/judging/mine.xlsx", buffered=True).data
    db.session.remove()
    answer = world.browsers["member"].post(
        f"{world.here}/judging/my-sheet", data={"file": (io.BytesIO(sheet), "assessments.xlsx")}
    )
    assert answer.status_code == 200
    assert not GIVES_AWAY.search(answer.text)
    there = f"{world.here}/judging/mine/{world.merlin.public_id}"
    answer = world.browsers["member"].post(f"{there}/finish")
    assert answer.status_code == 422
    assert not GIVES_AWAY.search(answer.text)
    assert world.shown(world.merlin) in answer.text


def test_the_record_of_the_opening_waits_and_says_why(world):
    for page in ("/opening", "/opening/record", "/opening/record-en.pdf"):
        assert world.get("member", page).status_code == 403
    assert "You judge by letters" in world.get("member", "/opening").text
    assert f'{world.here}/opening"' not in world.get("member", "").text


def test_what_a_rule_compares_are_names_not_letters(world):
    session, round_ = world.session, world.round
    bare = loading.mark(session, round_)
    items = world.items
    found = claims.load(session, round_, world.kestrel, items)
    ceilings = {number: one.ceiling for number, one in found.items()}
    session.expire_all()
    with veiling(letters.names_for(session, round_, world.judged.evaluators[0].user_id, lambda letter: f"S {letter}")):
        session.expire_all()
        assert world.kestrel.supplier.name in ("S A", "S B")
        assert real(world.kestrel.supplier.name) == KESTREL[0]
        assert loading.mark(session, round_) == bare
        again = claims.load(session, round_, world.kestrel, items)
        assert {number: one.ceiling for number, one in again.items()} == ceilings
    session.expire_all()


@pytest.mark.parametrize(("who", "tells"), [("evaluator", False), ("chair", True)])
def test_a_mail_to_an_evaluator_has_letters(world, who, tells):
    user = world.session.get_one(User, world.people[who].user_id)
    mail = Mail(
        recipient=user.email,
        language="nl",
        template="notice",
        params={"supplier": KESTREL[0], "names": [MERLIN[0]]},
        round_id=world.round.id,
    )
    with force_locale("nl"):
        given = mailing.context_of(mail)
    assert (KESTREL[0] in given["supplier"]) is tells
    assert (MERLIN[0] in given["names"][0]) is tells


@pytest.mark.parametrize("language", ["nl", "sv"])
def test_letters_are_words_of_the_readers_language(world, language):
    db.session.remove()
    user = world.session.get_one(User, world.people["evaluator"].user_id)
    user.language = language
    world.session.commit()
    page = world.get("evaluator", "/submissions").text
    assert {"nl": "Leverancier A", "sv": "Leverantör A"}[language] in page


def test_the_calendar_of_an_evaluator_names_nobody(world, client):
    db.session.remove()
    world.browsers["evaluator"].post(f"{world.here}/calendar")
    page = world.get("evaluator", "/calendar").text
    feed = re.search(r"/calendar/[^\"<\s]+\.ics", page)
    assert feed is not None
    assert not GIVES_AWAY.search(client.get(feed.group(), buffered=True).text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("KESTREL-office_machines.xlsx", "Supplier A.xlsx"),
        ("offer kvk81234567 v2.csv", "offer Supplier A v2.csv"),
        ("due@kestrel-office.example", "due@Supplier A"),
        ("IT services with parts", "Supplier B services with parts"),
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_names_in_texts_are_found_in_any_way_of_writing_and_short_ones_only_as_words(text, read):
    names = Names((Bidder("Supplier A", *KESTREL), Bidder("Supplier B", "IT", "1", "")))
    assert names.over(text) == read


def test_a_bidder_without_a_word_is_no_pattern():
    assert Names((Bidder("Supplier A", "…"),)).over("… and more") == "… and more"
    assert Names().over("text") == "text"


@pytest.mark.parametrize("written", ["İnova", "Inova", "INOVA", "ınova"])
def test_a_name_is_found_in_every_way_of_writing_its_letters(written):
    held = Names((Bidder("Supplier A", "İnova"), Bidder("Supplier B", "Kestrel Office Machines B.V.", "KVK81234567")))
    veil = Veil(dict(held.letters), held.written)

    assert veil.over(f"{written} factory", str) == "Supplier A factory"
    assert held.over(f"{written}_factory.xlsx") == "Supplier A_factory.xlsx"


def test_cells_in_which_a_sender_names_itself_are_letters_or_nothing():
    held = Names((Bidder("Supplier B", "Kestrel Office Machines B.V.", "KVK81234567"),))
    cells = {
        "reporting_party_name": "Kestrel Office Machines",
        "reporting_party_reg_id": "KVK81234567",
        "reporting_party_address": "Kade 1, Rotterdam",
        "dd_contact_email": "",
        "brand": "Acme",
    }

    assert held.row(dict(cells)) == {
        "reporting_party_name": "…",
        "reporting_party_reg_id": "Supplier B",
        "reporting_party_address": "…",
        "dd_contact_email": "",
        "brand": "Acme",
    }


@pytest.mark.parametrize(("who", "knows"), [("evaluator", False), ("member", False), ("lead", True)])
def test_a_later_round_names_nobody_whom_its_reader_knows_by_letters_here(world, who, knows):
    assert changes._may_know(world.session, world.round, world.people[who]) is knows


@pytest.mark.parametrize(("state", "reads"), [("opened", True), ("judging", True), ("award", False)])
def test_letters_are_read_from_the_opening_to_the_closing_of_the_judging(world, state, reads):
    world.round.state = state
    assert lettered.reads_letters(world.session, world.round, world.people["evaluator"].user_id) is reads
