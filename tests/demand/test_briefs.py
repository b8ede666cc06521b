"""Leverage briefs: what is published, to whom, what each reader sees, and what no page tells."""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
from dataclasses import dataclass

import pytest
from pypdf import PdfReader
from sqlalchemy import event, select, update

from framework.demand import brief_figures, briefs, leverage
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, Stale, WrongPhase
from models.base import db
from models.briefs import BriefConsent, BriefRelease
from models.demand import Demand, DemandLine
from models.records import AuditEvent
from models.rounds import Round
from models.signons import EligibilitySnapshot, SignOn
from tests.memory import remembered

QUANTITIES = (4_321, 3_210, 2_345, 1_987, 1_234)
"""What five members expect; no page of a brief may hold one of them, nor their sum."""
EXACT = sum(QUANTITIES)


@dataclass
class Room:
    """A round whose five members declared laptops, with the acts of the lead."""

    session: object
    build: object
    clock: object
    round: object
    lot: object
    members: list
    lead_user: object
    member_user: object

    @property
    def lead(self):
        return self.build.actor(self.lead_user, self.round.organisation)

    @property
    def member(self):
        return self.build.actor(self.member_user, self.members[0])

    def publish(self, audience="suppliers", asked="Name every factory.", lot=None, **values):
        draft = briefs.drafted(self.session, self.round, lot)
        facts = {"audience": audience, "asked": asked, "seen": draft.digest} | values
        return briefs.publish(self.session, self.round, lot, actor=self.lead, now=self.clock(), **facts)

    def address(self, path=""):
        return f"/rounds/{self.round.public_id}/briefs{path}"


@pytest.fixture
@remembered
def room(session, build, clock) -> Room:
    round_ = build.round(state="demand", demand_deadline=clock() + dt.timedelta(days=1))
    lot = build.lot(round_, categories=["laptop"], spec_tiers=["standard", "power"], years=4)
    members = [build.organisation("buyer", name=f"Gemeente {letter}") for letter in "ABCDE"]
    for member, quantity in zip(members, QUANTITIES, strict=True):
        build.sign_on(round_, member, state="confirmed")
        build.demand(
            lot, member, {"qty": quantity, "spec_tier": "standard", "value_expected": quantity * 700}, state="accepted"
        )
    made = Room(session, build, clock, round_, lot, members, build.user(round_.organisation), build.user(members[0]))
    session.commit()
    return made


def kinds(room: Room) -> list[str]:
    query = select(AuditEvent.kind).where(AuditEvent.kind.like("%brief%") | AuditEvent.kind.like("market%"))
    return list(room.session.scalars(query.order_by(AuditEvent.seq)))


def test_a_brief_tells_rounded_sums_a_band_and_never_what_one_member_buys(room: Room):
    release = room.publish()

    [lot] = release.figures["lots"]
    text = repr(release.figures)
    assert (lot["low"], lot["members"], lot["years"]) == (13_000, 5, 4)
    assert (lot["value"]["low"], lot["value"]["high"]) == ("5000000.00", "10000000.00")
    assert not any(str(number) in text for number in (*QUANTITIES, EXACT))
    assert kinds(room) == ["brief.published"]


def test_a_second_brief_of_the_same_pool_says_the_same(room: Room):
    first, second = room.publish(), room.publish("public")

    assert (first.number, second.number) == (1, 2)
    assert first.figures == second.figures


def test_a_newcomer_cannot_be_read_from_the_difference_of_two_briefs(room: Room, build):
    first = room.publish()
    newcomer = build.organisation("buyer", name="Gemeente F")
    build.sign_on(room.round, newcomer, state="confirmed")
    build.demand(room.lot, newcomer, {"qty": 40_000, "spec_tier": "standard"}, state="accepted")
    room.session.commit()

    draft = briefs.drafted(room.session, room.round, None)

    [before], [after] = first.figures["lots"], draft.figures["lots"]
    [before_cell] = before["cells"]
    for cell in after["cells"]:
        assert cell["high"] - before_cell["low"] >= 40_000 * 1.15
        assert cell["low"] - before_cell["high"] <= 40_000 * 0.85


def test_a_withdrawn_brief_counts_as_known_and_is_off_the_pages_but_for_the_lead(room: Room, sign_in):
    release = room.publish("public")
    briefs.withdraw(room.session, release, reason="Too early.", actor=room.lead, now=room.clock())
    room.session.commit()
    address = room.address(f"/{release.public_id}")

    member = sign_in(room.member_user, room.members[0])
    lead = sign_in(room.lead_user, room.round.organisation)

    assert member.get(address).status_code == 404
    assert member.get(f"/public{address}").status_code == 404
    assert "Too early." in lead.page(address).text
    assert brief_figures.releases_told(room.session, room.round).units[room.lot.public_id]
    assert kinds(room)[:2] == ["brief.published", "brief.withdrawn"]


@pytest.mark.parametrize("state", ["cancelled", "closed", "archived"])
def test_a_wrong_brief_is_withdrawn_also_when_the_round_is_over(room: Room, sign_in, state):
    release = room.publish("public")
    room.round.state, room.round.published_at = state, room.clock()
    room.round.frozen_hash, room.round.frozen_text = "f" * 64, "{}"
    room.round.tender_deadline = room.clock() + dt.timedelta(days=30)
    room.session.commit()
    lead, address = sign_in(room.lead_user, room.round.organisation), room.address(f"/{release.public_id}")

    offered = "Withdraw this brief" in lead.page(address).text
    lead.post(f"{address}/withdraw", data={"reason": "Wrong."})

    room.session.expire_all()
    assert offered
    assert room.session.scalar(select(BriefRelease.withdrawn_reason)) == "Wrong."
    assert lead.get(f"/public{address}").status_code == 404


def test_two_members_are_no_brief(session, build, clock):
    round_ = build.round(state="demand")
    lot = build.lot(round_)
    for quantity in (100, 200):
        member = build.organisation("buyer")
        build.sign_on(round_, member, state="confirmed")
        build.demand(lot, member, {"qty": quantity}, state="accepted")
    lead = build.actor(build.user(round_.organisation), round_.organisation)
    draft = briefs.drafted(session, round_, None)

    assert draft.is_empty
    assert (lot.public_id, "", "few") in draft.why
    with pytest.raises(MoveRefused) as refused:
        briefs.publish(session, round_, None, audience="public", asked="", seen=draft.digest, actor=lead, now=clock())
    assert refused.value.code == "nothing-to-tell"


def test_what_was_not_looked_at_is_not_published(room: Room, build):
    draft = briefs.drafted(room.session, room.round, None)
    newcomer = build.organisation("buyer")
    build.sign_on(room.round, newcomer, state="confirmed")
    build.demand(room.lot, newcomer, {"qty": 9_000, "spec_tier": "standard"}, state="accepted")
    room.session.commit()

    with pytest.raises(Stale):
        room.publish(seen=draft.digest)


def test_only_the_lead_publishes_and_only_from_demand_on(room: Room):
    draft = briefs.drafted(room.session, room.round, None)
    facts = {"audience": "public", "asked": "", "seen": draft.digest, "now": room.clock()}

    with pytest.raises(NotAllowed):
        briefs.publish(room.session, room.round, None, actor=room.member, **facts)
    room.round.state = "sign_on"
    with pytest.raises(WrongPhase):
        briefs.publish(room.session, room.round, None, actor=room.lead, **facts)


def test_a_round_that_was_moved_meanwhile_is_judged_as_it_is_by_now(room: Room):
    draft = briefs.drafted(room.session, room.round, None)
    moved = update(Round).where(Round.id == room.round.id).values(state="sign_on")
    room.session.execute(moved.execution_options(synchronize_session=False))
    assert room.round.state == "demand"

    facts = {"audience": "public", "asked": "", "seen": draft.digest}
    with pytest.raises(WrongPhase):
        briefs.publish(room.session, room.round, None, actor=room.lead, now=room.clock(), **facts)


def test_members_are_named_before_publication_only_where_they_agreed(room: Room):
    briefs.answer_consent(room.session, room.round, agrees=True, actor=room.member, now=room.clock())
    named = room.publish()
    briefs.answer_consent(room.session, room.round, agrees=False, actor=room.member, now=room.clock())
    briefs.answer_consent(room.session, room.round, agrees=False, actor=room.member, now=room.clock())
    silent = room.publish()

    answers = room.session.scalars(select(BriefConsent.agrees).order_by(BriefConsent.version_no)).all()
    assert (named.figures["names"], named.figures["unnamed"]) == (["Gemeente A"], 4)
    assert (silent.figures["names"], silent.figures["unnamed"]) == ([], 5)
    assert answers == [True, False]
    assert kinds(room) == ["brief_consent.given", "brief.published", "brief_consent.refused", "brief.published"]


def enter(room: Room, **values: str):
    facts = {"market": "laptops in the EU", "units_per_year": "45 000", "source": "Eurostat"}
    facts |= {"address": "https://ec.europa.eu/eurostat", "as_of": "2025-12-31"}
    return briefs.enter_market(room.session, room.lot, **facts | values, actor=room.lead, now=room.clock())


def test_the_share_of_the_market_is_taken_of_the_rounded_figure(room: Room):
    enter(room)

    [lot] = room.publish().figures["lots"]

    [market] = lot["market"]
    assert market["per_mille"] == 13_000 * 1000 // (4 * 45_000)
    assert (market["source"], market["as_of"]) == ("Eurostat", "2025-12-31")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("market", ""),
        ("source", " "),
        ("units_per_year", "many"),
        ("units_per_year", "0"),
        ("units_per_year", "99999999999"),
        ("address", "javascript:alert(1)"),
        ("address", "eurostat"),
        ("as_of", "soon"),
        ("as_of", "2199-01-01"),
    ],
)
def test_a_market_figure_without_source_number_or_day_is_refused_at_its_field(room: Room, field: str, typed: str):
    with pytest.raises(InvalidInput) as refused:
        enter(room, **{field: typed})

    assert refused.value.field == field


def test_a_market_figure_that_was_taken_back_is_shown_no_more(room: Room):
    enter(room)
    enter(room, source="Gartner")
    briefs.withdraw_market(room.session, room.lot, actor=room.lead, now=room.clock())

    [lot] = room.publish().figures["lots"]

    assert lot["market"] == []
    assert kinds(room)[-2:] == ["market_figure.withdrawn", "brief.published"]


def test_no_market_figure_is_taken_back_where_none_stands(room: Room, sign_in):
    with pytest.raises(MoveRefused) as refused:
        briefs.withdraw_market(room.session, room.lot, actor=room.lead, now=room.clock())
    lead = sign_in(room.lead_user, room.round.organisation)
    page = lead.send(f"/rounds/{room.round.public_id}/lots/{room.lot.public_id}/market/withdraw").text

    assert refused.value.code == "no-market-figure"
    assert "there is nothing to take back" in page
    assert "The market figure is taken back" not in page


def test_an_exact_pool_is_kept_from_suppliers_where_a_brief_and_it_would_tell_too_much(room: Room, build, clock):
    room.publish()
    supplier = build.organisation("supplier")
    reader = build.actor(build.user(supplier), supplier)
    room.round.settings = {"publish_pool": True}
    for demand in room.session.scalars(select(Demand)):
        demand.state = "locked"
    room.round.state, room.round.published_at = "published", clock()
    room.round.frozen_hash, room.round.frozen_text = "f" * 64, "{}"
    room.round.tender_deadline = clock() + dt.timedelta(days=30)
    room.session.flush()

    same = leverage.lever_strip(room.session, room.round, reader)
    newcomer = build.organisation("buyer")
    build.sign_on(room.round, newcomer, state="confirmed")
    build.demand(room.lot, newcomer, {"qty": 40_000, "spec_tier": "standard"}, state="locked")
    other = leverage.lever_strip(room.session, room.round, reader)

    assert [lot.quantity for lot in same.lots] == [EXACT]
    assert other is None


def test_the_lead_previews_chooses_and_publishes_and_each_sees_its_own(room: Room, sign_in, client):
    lead = sign_in(room.lead_user, room.round.organisation)
    member = sign_in(room.member_user, room.members[0])
    preview = lead.page(room.address("/new")).text
    seen = briefs.drafted(room.session, room.round, None).digest

    nobody = lead.post(room.address("/new"), data={"asked": "Let monitors in.", "seen": seen})
    sent = lead.post(room.address("/new"), data={"audience": "public", "asked": "Let monitors in.", "seen": seen})

    address = room.address(f"/{room.session.scalar(select(BriefRelease.public_id))}")
    own, open_ = member.page(address).text, client.page(f"/public{address}").text
    assert "at least 13,000 pieces" in preview
    assert (nobody.status_code, sent.status_code) == (422, 303)
    assert "Let monitors in." in nobody.text
    assert "×3 our own" in own
    assert "our share: at most 33.3 %" in own
    assert "the others add at least 8,679 pieces" in own
    assert "×3 our own" not in open_
    assert "Let monitors in." in open_
    assert not any(f"{number:,}" in open_ for number in (*QUANTITIES, EXACT))


def test_each_choice_of_readers_is_explained_where_it_stands_and_the_figure_says_what_it_is(room: Room, sign_in):
    html = sign_in(room.lead_user, room.round.organisation).get(room.address("/new")).get_data(as_text=True)

    for place, words in enumerate(("No supplier does.", "from its publication on.", "without an account")):
        hint = re.search(rf'id="audience-{place}-hint">([^<]*)<', html)
        assert hint
        assert words in hint[1]
        assert f'aria-describedby="audience-{place}-hint"' in html
    assert "They are no order" in html


def test_a_member_reads_what_a_brief_meant_to_it_on_the_day_it_was_published(room: Room, sign_in):
    release = room.publish()
    mine = select(DemandLine).join(Demand).where(Demand.member_id == room.members[0].id)
    for line in room.session.scalars(mine):
        line.qty_expected = line.qty_max = 12_000
    room.session.commit()

    own = sign_in(room.member_user, room.members[0]).page(room.address(f"/{release.public_id}")).text

    assert "our own: 4,321 pieces" in own
    assert "our share: at most 33.3 %" in own
    assert "our own: 12,000" not in own


@pytest.mark.parametrize(("audience", "seen"), [("members", False), ("suppliers", True), ("public", True)])
def test_suppliers_read_what_the_lead_chose_and_nothing_else(room: Room, sign_in, build, client, audience, seen):
    release = room.publish(audience)
    room.round.state, room.round.published_at = "published", room.clock()
    room.round.frozen_hash, room.round.frozen_text = "f" * 64, "{}"
    room.round.tender_deadline = room.clock() + dt.timedelta(days=30)
    supplier = build.organisation("supplier")
    browser = sign_in(build.user(supplier), supplier)
    room.session.commit()
    address = room.address(f"/{release.public_id}")

    page = browser.get(address)
    listed = browser.page(room.address()).text

    assert (page.status_code == 200, "Leverage brief no. 1" in listed) == (seen, seen)
    assert (client.get(f"/public{address}").status_code == 200) == (audience == "public")
    assert (client.get(f"/public{address}/brief.pdf").status_code == 200) == (audience == "public")
    assert browser.get(room.address("/new")).status_code == 403
    tender = client.page(f"/public/rounds/{room.round.public_id}").text
    assert ("Leverage brief no. 1" in tender) == (audience == "public")


def test_a_member_says_on_the_page_whether_it_may_be_named(room: Room, sign_in):
    member = sign_in(room.member_user, room.members[0])

    before = member.page(room.address()).text
    member.post(room.address("/consent"), data={"agrees": "yes"})
    after = member.page(room.address()).text

    assert "We have not answered" in before
    assert "We agreed on" in after


def test_who_says_no_reads_which_briefs_still_name_it_and_the_lead_is_told(room: Room, sign_in):
    briefs.answer_consent(room.session, room.round, agrees=True, actor=room.member, now=room.clock())
    release = room.publish("public")
    room.session.commit()
    member, lead = sign_in(room.member_user, room.members[0]), sign_in(room.lead_user, room.round.organisation)
    before = lead.page(room.address()).text

    answered = member.send(room.address("/consent"), data={"agrees": "no"}).text
    told = lead.page(room.address()).text
    lead.post(room.address(f"/{release.public_id}/withdraw"), data={"reason": "Gemeente A said no."})
    after = member.page(room.address()).text

    notice = "Gemeente A said no to being named before publication, and Leverage brief no. 1 still names it."
    assert "Those made before still do, until the lead withdraws them: Leverage brief no. 1." in answered
    assert "no brief names us before publication." not in answered.replace("From now on no brief", "")
    assert (notice in before, notice in told, notice in lead.page(room.address()).text) == (False, True, False)
    assert ": no brief names us before publication." in after


def test_a_market_figure_is_typed_kept_when_refused_and_listed(room: Room, sign_in):
    lead = sign_in(room.lead_user, room.round.organisation)
    address = f"/rounds/{room.round.public_id}/lots/{room.lot.public_id}/market"
    typed = {"market": "laptops in the EU", "units_per_year": "lots", "source": "Eurostat", "as_of": "2025-12-31"}

    refused = lead.post(address, data=typed)
    taken = lead.post(address, data=typed | {"units_per_year": "45000"})

    assert (refused.status_code, taken.status_code) == (422, 303)
    assert "Eurostat" in refused.text
    assert "45,000 · laptops in the EU · Eurostat" in lead.page(room.address()).text
    assert "Take it back" in lead.page(address).text


def test_the_brief_is_one_tagged_page_and_a_picture_of_a_slide(room: Room, client):
    enter(room)
    release = room.publish("public", asked="\n".join(["Name every factory, and let monitors in."] * 6))
    room.session.commit()
    address = f"/public{room.address(f'/{release.public_id}')}"

    pdf, png = client.get(f"{address}/brief.pdf"), client.get(f"{address}/brief.png")

    book = PdfReader(io.BytesIO(pdf.data))
    text = " ".join(book.pages[0].extract_text().split())
    assert len(book.pages) == 1
    assert struct.unpack(">II", png.data[16:24]) == (1920, 1080)
    assert "at least 13,000 pieces" in text
    assert not any(f"{number:,}" in text or str(number) in text for number in (*QUANTITIES, EXACT))


def test_the_files_of_a_withdrawn_brief_say_so(room: Room, sign_in):
    release = room.publish("public")
    room.session.commit()
    lead = sign_in(room.lead_user, room.round.organisation)
    address = room.address(f"/{release.public_id}")
    before = {name: lead.get(f"{address}/{name}").data for name in ("brief.pdf", "brief.png")}
    lead.post(f"{address}/withdraw", data={"reason": "Wrong."})

    after = {name: lead.get(f"{address}/{name}").data for name in before}

    valid, book = (PdfReader(io.BytesIO(some["brief.pdf"])) for some in (before, after))
    assert "Withdrawn on" not in valid.pages[0].extract_text()
    assert f"Withdrawn on {room.clock():%-d %b %Y}: no longer valid" in " ".join(book.pages[0].extract_text().split())
    assert len(book.pages) == 1
    assert before["brief.png"] != after["brief.png"]


def test_ten_lots_and_eighty_members_are_still_one_page(room: Room, build, client):
    for _number in range(9):
        lot = build.lot(room.round, categories=["laptop"])
        for member in room.members:
            build.demand(lot, member, {"qty": 500, "value_expected": 350_000}, state="accepted")
    for number in range(80):
        build.sign_on(room.round, build.organisation("buyer", name=f"Gemeente Nummer {number}"), state="confirmed")
    room.round.published_at, room.round.state = room.clock(), "published"
    room.round.frozen_hash, room.round.frozen_text = "f" * 64, "{}"
    room.round.tender_deadline = room.clock() + dt.timedelta(days=30)
    for demand in room.session.scalars(select(Demand)):
        demand.state = "locked"
    for sign_on in room.session.scalars(select(SignOn).where(SignOn.round_id == room.round.id)):
        about = {"round_id": room.round.id, "organisation_id": sign_on.organisation_id, "at": room.clock()}
        room.session.add(EligibilitySnapshot(**about, facts={"organisation": sign_on.organisation.name}))
    release = room.publish("public", asked="Name every factory.")
    room.session.commit()

    book = PdfReader(io.BytesIO(client.get(f"/public{room.address(f'/{release.public_id}')}/brief.pdf").data))

    assert len(release.figures["names"]) == 85
    assert len(book.pages) == 1


@pytest.mark.parametrize(
    "asked", ["Name every factory, and let monitors in wherever they ask. " * 25, "a\n" * 20 + "b"]
)
def test_much_that_is_asked_and_many_who_ask_are_still_one_page_and_one_slide(room: Room, client, asked: str):
    release = room.publish("public", asked=asked)
    release.figures = release.figures | {"names": [f"Gemeente Nummer {number}" for number in range(300)]}
    room.session.commit()
    address = f"/public{room.address(f'/{release.public_id}')}"

    pdf, png = client.get(f"{address}/brief.pdf"), client.get(f"{address}/brief.png")

    book = PdfReader(io.BytesIO(pdf.data))
    text = " ".join(book.pages[0].extract_text().split())
    assert len(book.pages) == 1
    assert "Gemeente Nummer 99" in text
    assert "200 more" in text
    assert "Gemeente Nummer 299" in client.page(address).text, "the page names all"
    assert (png.status_code, struct.unpack(">II", png.data[16:24])) == (200, (1920, 1080))


def test_the_preview_asks_the_database_at_most_twenty_five_times(room: Room, sign_in, build):
    for _number in range(4):
        lot = build.lot(room.round, categories=["laptop"])
        for member in room.members:
            build.demand(lot, member, {"qty": 500}, state="accepted")
    room.publish()
    room.session.commit()
    lead = sign_in(room.lead_user, room.round.organisation)
    address, asked = room.address("/new"), []

    def count(_connection, _cursor, statement, *_others):
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        lead.page(address)
    finally:
        event.remove(db.engine, "before_cursor_execute", count)

    assert len(asked) <= 25
