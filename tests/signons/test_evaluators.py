"""Evaluators offered at sign-on: named by the member, seen by the lead, taken into the panel with one press."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sqlalchemy import insert, select

from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound
from framework.judging import judges
from framework.signons import evaluators
from models.judging import EvaluatorProfile
from models.people import Appointment, RoleGrant
from models.records import AuditEvent
from models.signons import OfferedEvaluator
from tests.memory import remembered


class Joined:
    """A round with a body that joins, two of its people, and browsers of the first of them and of the lead."""

    @remembered
    def __init__(self, build, sign_in, *, state: str = "demand") -> None:
        self.session, self.clock = build.session, build.clock
        self.round = build.round(state=state)
        self.sign_on = build.sign_on(self.round, state="confirmed")
        body = self.sign_on.organisation
        self.lead_user = build.user(self.round.organisation)
        self.first, self.second = build.user(body, name="First"), build.user(body, name="Second")
        self.elsewhere = build.organisation("buyer")
        self.stranger = build.user(self.elsewhere)
        self.actor = build.actor(self.first, body)
        self.lead_actor = build.actor(self.lead_user, self.round.organisation)
        self.member = sign_in(self.first, body)
        self.lead = sign_in(self.lead_user, self.round.organisation)
        build.session.commit()

    def offer(self, user, capacity=None, languages=(), actor=None) -> OfferedEvaluator:
        return evaluators.offer(
            self.session,
            self.sign_on,
            user,
            capacity=capacity,
            languages=languages,
            actor=actor or self.actor,
            now=self.clock(),
        )

    def path(self, tail: str) -> str:
        return f"/rounds/{self.round.public_id}{tail}"

    def named(self) -> list[int]:
        query = select(Appointment.user_id).where(Appointment.role == "evaluator", Appointment.withdrawn_at.is_(None))
        self.session.rollback()
        return sorted(self.session.scalars(query))


def values(page, *ids: str) -> list[str | None]:
    """What stands in fields of a page."""
    found = {str(field.get("id")): field.get("value") for _tag, field in page.fields}
    return [found[one] for one in ids]


@pytest.fixture
@remembered
def joined(build, sign_in):
    return Joined(build, sign_in)


@pytest.fixture
@remembered
def published(build, sign_in):
    return Joined(build, sign_in, state="published")


def test_a_member_offers_a_person_changes_it_and_takes_it_back(session, joined):
    place = joined.path("/sign-on/evaluators")

    page = joined.member.page(place)
    told = joined.member.send(place, {"person": joined.second.public_id, "capacity": "12", "languages": "NL, sv"})
    again = joined.member.send(place, {"person": joined.second.public_id, "capacity": "", "languages": "nl"})
    own = joined.member.page(joined.path("/sign-on"))
    back = joined.member.send(place, {"person": joined.second.public_id, "do": "back"})

    assert "Nobody is offered yet" in page.text
    assert "Second is offered as evaluator." in told.text
    assert values(told, "capacity-1", "languages-1") == ["12", "nl sv"]
    assert values(again, "capacity-1", "languages-1") == ["", "nl"]
    assert "Second." in own.text
    assert "Second is offered no longer." in back.text
    assert session.scalars(select(OfferedEvaluator)).all() == []
    query = select(AuditEvent).where(AuditEvent.kind.startswith("sign_on.evaluator")).order_by(AuditEvent.seq)
    assert [(one.kind, one.data.get("capacity"), one.data.get("languages")) for one in session.scalars(query)] == [
        ("sign_on.evaluator_offered", 12, ["nl", "sv"]),
        ("sign_on.evaluator_offered", None, ["nl"]),
        ("sign_on.evaluator_taken_back", None, None),
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"capacity": "many"}, "Give a whole number of items, or nothing."),
        ({"capacity": "9" * 400}, "Give a whole number of items, or nothing."),
        ({"capacity": "100001"}, "Give a whole number of items, or nothing."),
        ({"languages": "dutch"}, "Give languages by their codes of two letters"),
        ({"person": ""}, "Choose a person."),
        ({"person": "a\x00b"}, "Choose a person."),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_kept(session, joined, more, said):
    form = {"person": joined.second.public_id, "capacity": "3", "languages": "nl"} | more

    answer = joined.member.post(joined.path("/sign-on/evaluators"), data=form)

    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert session.scalars(select(OfferedEvaluator)).all() == []


def test_only_people_of_the_own_body_are_offered_and_only_by_it(joined):
    with pytest.raises(NotFound):
        joined.offer(joined.stranger)
    with pytest.raises(NotFound):
        joined.offer(joined.lead_user)
    with pytest.raises(NotAllowed):
        joined.offer(joined.second, actor=joined.lead_actor)


def test_a_stranger_sees_no_such_page(sign_in, joined):
    browser = sign_in(joined.stranger, joined.elsewhere)

    assert browser.get(joined.path("/sign-on/evaluators")).status_code == 404


@pytest.mark.parametrize(("state", "may"), [("sign_on", True), ("opened", True), ("judging", False), ("award", False)])
def test_offers_stand_still_once_the_judging_has_started(build, sign_in, state, may):
    joined = Joined(build, sign_in, state=state)

    if may:
        assert joined.offer(joined.second, 5).capacity == 5
    else:
        with pytest.raises(MoveRefused, match="judging-started"):
            joined.offer(joined.second, 5)


def test_a_body_that_has_not_answered_offers_nobody(joined):
    joined.sign_on.state = "invited"

    with pytest.raises(MoveRefused):
        joined.offer(joined.second)


def test_the_lead_sees_the_offers_first_and_takes_one(session, published):
    published.offer(published.second, 7, ["nl", "sv"])
    published.offer(published.first)
    session.commit()

    page = published.lead.page(published.path("/judging/judges"))
    offer = session.scalars(select(OfferedEvaluator).where(OfferedEvaluator.user_id == published.second.id)).one()
    done = published.lead.send(published.path("/judging/judges/offered"), {"offer": offer.public_id})

    assert page.text.index("Offered by the members") < page.text.index("Name somebody")
    assert f"offered by {published.sign_on.organisation.name}" in page.text
    assert "Second is named." in done.text
    assert published.named() == [published.second.id]
    profile = session.scalars(select(EvaluatorProfile)).one()
    assert (profile.user_id, profile.capacity, profile.languages) == (published.second.id, 7, ["nl", "sv"])
    assert [one.user_id for one in judges.offered(session, published.round, now=published.clock())] == [
        published.first.id
    ]


def test_all_are_taken_with_one_press_and_no_offer_twice(session, published):
    published.offer(published.second, 7)
    published.offer(published.first)
    session.commit()

    done = published.lead.send(published.path("/judging/judges/offered"), {"offer": "all"})
    again = published.lead.post(published.path("/judging/judges/offered"), data={"offer": "all"})

    assert "2 persons are named." in done.text
    assert again.status_code == 422
    assert published.named() == sorted([published.first.id, published.second.id])


def test_what_the_lead_has_set_stays_when_an_offer_is_taken(session, published):
    published.offer(published.second, 7, ["nl"])
    session.add(
        EvaluatorProfile(
            round_id=published.round.id,
            user_id=published.second.id,
            capacity=2,
            languages=["sv"],
            created_at=published.clock(),
        )
    )
    session.flush()

    judges.take_offered(
        session,
        published.round,
        judges.offered(session, published.round, now=published.clock()),
        actor=published.lead_actor,
        now=published.clock(),
    )

    profile = session.scalars(select(EvaluatorProfile)).one()
    assert (profile.capacity, profile.languages) == (2, ["sv"])


@pytest.mark.parametrize("state", ["left", "refused"])
def test_who_has_left_offers_nobody(session, joined, state):
    joined.offer(joined.second)
    joined.sign_on.state = state
    session.flush()

    assert judges.offered(session, joined.round, now=joined.clock()) == []


def test_a_member_does_not_name_judges(session, published):
    published.offer(published.second)
    session.commit()

    assert published.member.post(published.path("/judging/judges/offered"), data={"offer": "all"}).status_code == 403
    assert published.named() == []


def test_the_sign_on_its_record_and_the_workbook_name_who_is_offered(session, joined):
    joined.offer(joined.second)
    joined.sign_on.statement = "We use the clauses."
    session.commit()
    place = joined.path(f"/sign-ons/{joined.sign_on.public_id}")

    detail, record = joined.lead.page(place), joined.member.page(f"{place}/record")
    book = openpyxl.load_workbook(io.BytesIO(joined.lead.get(joined.path("/sign-ons.xlsx")).data))

    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    header = next(row for row in rows if "Evaluators offered" in row)
    assert "Second" in detail.text
    assert "Second" in record.text
    assert rows[rows.index(header) + 1][header.index("Evaluators offered")] == "Second"


def test_a_capacity_that_is_none_is_refused(joined):
    with pytest.raises(InvalidInput):
        joined.offer(joined.second, -1)


@pytest.mark.parametrize("why", ["closed", "withdrawn", "ended"])
def test_who_acts_for_the_body_no_longer_is_offered_nowhere(session, joined, why):
    joined.offer(joined.second)
    if why == "closed":
        joined.second.disabled_at = joined.clock()
    else:
        grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == joined.second.id)).one()
        setattr(grant, "withdrawn_at" if why == "withdrawn" else "ends_at", joined.clock())
    session.commit()

    page = joined.member.page(joined.path("/sign-on/evaluators"))
    own = joined.member.page(joined.path("/sign-on"))
    book = joined.lead.get(joined.path("/sign-ons.xlsx")).data

    assert evaluators.offered(session, joined.round, now=joined.clock()) == []
    assert "Nobody is offered yet" in page.text
    assert "You offer nobody yet" in own.text
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(book)).active.values for cell in row]
    assert "Second" not in cells


def test_what_is_wrong_in_the_row_of_one_offered_stays_in_that_row(session, joined):
    joined.offer(joined.second, 12, ["nl"])
    session.commit()
    place = joined.path("/sign-on/evaluators")

    page = joined.member.send(place, {"person": joined.second.public_id, "capacity": "many", "languages": "sv"}, 422)

    assert values(page, "capacity-1", "languages-1", "new-capacity", "new-languages") == ["many", "sv", "", ""]
    assert page.text.count("Give a whole number of items, or nothing.") == 2


@pytest.mark.parametrize("act", ["offer", "take_back"])
def test_two_who_offer_one_person_at_once_wait_for_each_other(session, joined, act):
    """The sign-on is read anew under its lock: what somebody else offered meanwhile is seen."""
    assert list(joined.sign_on.evaluators) == []
    session.commit()
    list(joined.sign_on.evaluators)
    values = {"sign_on_id": joined.sign_on.id, "user_id": joined.second.id, "public_id": "elsewhere", "languages": []}
    stamps = {"created_at": joined.clock(), "created_by_id": joined.first.id, "version": 1}
    session.execute(insert(OfferedEvaluator.__table__).values(**values, **stamps))

    if act == "offer":
        joined.offer(joined.second, 5)
    else:
        who = {"actor": joined.actor, "now": joined.clock()}
        evaluators.take_back(session, joined.sign_on, joined.second, **who)

    kept = [one.capacity for one in session.scalars(select(OfferedEvaluator))]
    assert kept == ([5] if act == "offer" else [])
