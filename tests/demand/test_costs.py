"""Joint costs: drafts, proposals that never change, answers, mails that stop, who sees whose share, sums to the cent."""

from __future__ import annotations

import datetime as dt
import io
import re
from contextlib import contextmanager
from decimal import Decimal
from itertools import groupby
from types import SimpleNamespace

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import event, select

from framework.demand import cost_notices as notices
from framework.demand import cost_paste, cost_sheet, costs
from framework.demand import cost_reading as reading
from framework.demand.cost_plan import MOST_ITEMS, Plan, Planned
from framework.demand.cost_steps import answer_step
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound, Stale
from framework.ground.reading.numbers import Habit
from framework.rounds.next_action import Reader
from models.base import db
from models.costs import CostAnswer, CostProposal, CostShare
from models.records import AuditEvent, Mail
from models.rounds import Round
from models.signons import SignOn
from tests.memory import remembered
from views.demand import cost_words

SPENDS = ("6000000", "3000000", "1000000")


@pytest.fixture
@remembered
def sharing(world, session):
    """The world with three members whose spends are known."""
    third = world.build.organisation("buyer", name="Gemeente C")
    world.members.append(third)
    world.users[third.id] = (world.build.user(third), world.build.user(third))
    world.build.sign_on(world.round, third, state="confirmed")
    spend(world, *SPENDS)
    return world


def spend(world, *amounts):
    for member, amount in zip(world.members, amounts, strict=True):
        sign_on = world.session.scalars(
            select(SignOn).where(SignOn.organisation_id == member.id, SignOn.round_id == world.round.id)
        ).one()
        sign_on.in_scope_spend_annual = Decimal(amount) if amount is not None else None
    world.session.flush()


def planned(amount="10500", rule="by_spend", kind="dues", label="Dues", currency="EUR", **more):
    return Planned(kind, label, Decimal(amount) if amount is not None else None, currency, rule, **more)


def saved(world, *items, title="Joint costs 2027", version=0, **more):
    draft = costs.save(
        world.session,
        world.round,
        Plan(title, items or (planned(),), **more),
        actor=world.lead_actor,
        now=world.clock(),
        version=version,
    )
    world.session.flush()
    return draft


def proposed(world, *items, **more):
    draft = saved(world, *items, **more)
    costs.propose(world.session, draft, actor=world.lead_actor, now=world.clock(), version=draft.version)
    world.session.flush()
    return draft


def said(world, proposal, answer="yes", member=0, reason=""):
    made = costs.answer(world.session, proposal, answer, actor=world.actor(member), now=world.clock(), reason=reason)
    world.session.flush()
    return made


def shares_of(proposal):
    return [[str(share.amount) for share in item.shares] for item in proposal.items]


def mails(world, template, state="waiting"):
    query = select(Mail.recipient).where(Mail.template == template, Mail.state == state).order_by(Mail.recipient)
    return list(world.session.scalars(query))


def kinds(world):
    return list(
        world.session.scalars(select(AuditEvent.kind).where(AuditEvent.kind.like("costs.%")).order_by(AuditEvent.seq))
    )


@contextmanager
def statements():
    """The statements that are sent to the database meanwhile."""
    seen: list[str] = []

    def keep(_connection, _cursor, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)


def at_once(seen):
    """The statements without what one flush repeats: SQLite gives the keys of new rows one by one."""
    return seen if db.engine.dialect.name == "postgresql" else [text for text, _same in groupby(seen)]


def test_a_proposal_fixes_what_each_member_bears_and_asks_their_people(sharing):
    third = {member.id: Decimal(p) for member, p in zip(sharing.members, ("50", "25.5", "24.5"), strict=True)}

    proposal = proposed(
        sharing,
        planned(),
        planned("5500", "equal", "auditor", "Auditor"),
        planned("0.99", "entered", "secretariat", "Desk", percents=third),
    )

    assert shares_of(proposal) == [
        ["6300.00", "3150.00", "1050.00"],
        ["1833.34", "1833.33", "1833.33"],
        ["0.50", "0.25", "0.24"],
    ]
    assert all(sum(share.amount for share in item.shares) == item.amount for item in proposal.items)
    assert len(mails(sharing, "costs_proposed")) == 6
    assert kinds(sharing) == ["costs.saved", "costs.proposed"]


def test_sums_of_members_and_of_costs_are_the_same_ledger(sharing):
    proposal = proposed(sharing, planned("100.01"), planned("7", "equal", currency="SEK"), planned("0.02", "equal"))

    sums = reading.sums_of_members((item, reading.parts(item)) for item in proposal.items)

    assert reading.whole(proposal.items) == {"EUR": Decimal("100.03"), "SEK": Decimal("7.00")}
    for currency, whole in reading.whole(proposal.items).items():
        assert sum(one[currency] for one in sums.values()) == whole


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (planned(None), "amount"),
        (planned(rule="entered"), "share"),
        (planned(rule="entered", percents={}), "share"),
    ],
)
def test_what_cannot_be_divided_is_not_proposed(sharing, item, words):
    draft = saved(sharing, item)

    with pytest.raises(MoveRefused, match="costs-undivided") as refused:
        costs.propose(sharing.session, draft, actor=sharing.lead_actor, now=sharing.clock(), version=draft.version)

    assert words in refused.value.message


def test_an_unknown_spend_blocks_a_split_by_spend_and_is_named(sharing):
    spend(sharing, "1", None, None)
    draft = saved(sharing)

    with pytest.raises(MoveRefused) as refused:
        costs.propose(sharing.session, draft, actor=sharing.lead_actor, now=sharing.clock(), version=draft.version)

    assert refused.value.params["names"] == ["Gemeente B", "Gemeente C"]
    assert proposed_again_equally(sharing, draft) == [["3500.00"] * 3]


def proposed_again_equally(world, draft):
    draft = saved(world, planned(rule="equal"), version=draft.version)
    costs.propose(world.session, draft, actor=world.lead_actor, now=world.clock(), version=draft.version)
    return shares_of(draft)


@pytest.mark.parametrize("percents", [("50", "25", "24.99"), ("50", "25", "25.01")])
def test_entered_shares_must_add_up_to_a_hundred(sharing, percents):
    shares = {member.id: Decimal(p) for member, p in zip(sharing.members, percents, strict=True)}
    draft = saved(sharing, planned(rule="entered", percents=shares))

    with pytest.raises(MoveRefused) as refused:
        costs.propose(sharing.session, draft, actor=sharing.lead_actor, now=sharing.clock(), version=draft.version)

    assert refused.value.params["entered"] == sum(map(Decimal, percents))


def test_a_draft_without_costs_or_with_a_day_that_is_over_is_not_proposed(sharing):
    draft = saved(sharing, answer_by=(sharing.clock() - dt.timedelta(days=2)).date())
    with pytest.raises(MoveRefused, match="costs-day-past"):
        costs.propose(sharing.session, draft, actor=sharing.lead_actor, now=sharing.clock(), version=draft.version)

    costs.save(
        sharing.session,
        sharing.round,
        Plan("Nothing", ()),
        actor=sharing.lead_actor,
        now=sharing.clock(),
        version=draft.version,
    )
    sharing.session.flush()

    with pytest.raises(MoveRefused, match="costs-empty"):
        costs.propose(sharing.session, draft, actor=sharing.lead_actor, now=sharing.clock(), version=draft.version)


@pytest.mark.parametrize(
    ("item", "place"),
    [
        (planned("0"), "item-1-amount"),
        (planned("-1"), "item-1-amount"),
        (planned("1.001"), "item-1-amount"),
        (planned("1000000000000"), "item-1-amount"),
        (planned(label=" "), "item-1-label"),
        (planned(label="x" * 201), "item-1-label"),
        (planned(kind="bribe"), "item-1-kind"),
        (planned(rule="by_head"), "item-1-rule"),
        (planned(currency="euro"), "item-1-currency"),
        (planned(currency="XXQ"), "item-1-currency"),
        (planned(currency="\x00AB"), "item-1-currency"),
        (planned(source="x" * 301), "item-1-source"),
        (planned(rule="entered", percents={7: Decimal("100.01")}), "share-1-7"),
        (planned(rule="entered", percents={7: Decimal(-1)}), "share-1-7"),
        (planned(rule="entered", percents={7: Decimal("0.001")}), "share-1-7"),
    ],
)
def test_what_cannot_be_a_cost_is_told_at_its_field(sharing, item, place):
    with pytest.raises(InvalidInput) as refused:
        saved(sharing, item)

    assert refused.value.field == place


def test_texts_that_no_database_stores_are_kept_with_visible_escapes(sharing):
    proposal = proposed(sharing, planned(label="Du\x00es", source="a\ud800"), title="Co\x00sts", note="no\x00te")
    made = said(sharing, proposal, "no", reason="too\x00 dear")
    costs.withdraw(sharing.session, proposal, actor=sharing.lead_actor, now=sharing.clock(), motive="wr\x00ong")
    sharing.session.flush()

    assert (proposal.title, proposal.note, proposal.withdraw_motive) == ("Co\\x00sts", "no\\x00te", "wr\\x00ong")
    assert (proposal.items[0].label, proposal.items[0].source) == ("Du\\x00es", "a\\ud800")
    assert made.reason == "too\\x00 dear"


def test_all_that_is_wrong_is_told_at_once(sharing):
    with pytest.raises(InvalidInput) as refused:
        saved(sharing, planned("0", label=""), title="")

    assert [refused.value.field, *(one.field for one in refused.value.also)] == [
        "title",
        "item-1-label",
        "item-1-amount",
    ]


def test_more_costs_than_a_proposal_holds_are_refused(sharing):
    with pytest.raises(InvalidInput, match="costs-too-many"):
        saved(sharing, *[planned()] * (MOST_ITEMS + 1))


def test_a_draft_that_somebody_else_saved_meanwhile_is_stale(sharing):
    draft = saved(sharing)
    seen = draft.version
    saved(sharing, planned("1"), version=seen)

    with pytest.raises(Stale):
        saved(sharing, planned("2"), version=seen)
    with pytest.raises(Stale):
        costs.propose(sharing.session, draft, actor=sharing.lead_actor, now=sharing.clock(), version=seen)


def test_a_newer_version_takes_the_place_of_the_older_and_asks_again(sharing):
    first = proposed(sharing)
    said(sharing, first)
    second = proposed(sharing, planned("20000"))

    assert (first.version_no, second.version_no) == (1, 2)
    assert reading.standing(sharing.session, sharing.round).id == second.id
    assert reading.answers(sharing.session, second) == {}
    assert shares_of(first) == [["6300.00", "3150.00", "1050.00"]]
    assert len(mails(sharing, "costs_proposed", "dropped")) == 6
    assert len(mails(sharing, "costs_proposed")) == 6
    with pytest.raises(Stale, match="costs-not-standing"):
        said(sharing, first, member=1)


def test_an_answer_stops_the_mails_of_its_member_alone_and_tells_the_lead(sharing):
    proposal = proposed(sharing)

    said(sharing, proposal)
    said(sharing, proposal, "no", member=1, reason="Too dear.")

    assert len(mails(sharing, "costs_proposed")) == 2
    assert len(mails(sharing, "costs_answered")) == 2
    assert [one.answer for one in reading.answers(sharing.session, proposal).values()] == ["yes", "no"]
    assert kinds(sharing)[-2:] == ["costs.agreed", "costs.objected"]


def test_an_objection_needs_a_reason_and_an_answer_is_yes_or_no(sharing):
    proposal = proposed(sharing)

    with pytest.raises(InvalidInput, match="costs-reason-missing"):
        said(sharing, proposal, "no", reason="  ")
    with pytest.raises(InvalidInput, match="costs-answer-missing"):
        said(sharing, proposal, "perhaps")


def test_a_reason_and_a_motive_are_kept_whole_or_refused_and_a_line_end_is_one_character(sharing):
    proposal = proposed(sharing)
    longest = "\r\n".join(["x" * 199] * 5) + "x"
    assert len(longest.replace("\r", "")) == 1000

    for too_long in (longest + "x", "\x00" * 251):
        with pytest.raises(InvalidInput, match="text-too-long") as refused:
            said(sharing, proposal, "no", reason=too_long)
        assert (refused.value.field, refused.value.params["most"]) == ("reason", 1000)
        with pytest.raises(InvalidInput, match="text-too-long") as refused:
            costs.withdraw(sharing.session, proposal, actor=sharing.lead_actor, now=sharing.clock(), motive=too_long)
        assert refused.value.field == "motive"

    made = said(sharing, proposal, "no", reason=longest)
    costs.withdraw(sharing.session, proposal, actor=sharing.lead_actor, now=sharing.clock(), motive=longest)
    assert made.reason == proposal.withdraw_motive == longest.replace("\r\n", "\n")


def test_an_answer_may_change_until_everybody_agreed(sharing):
    proposal = proposed(sharing)
    said(sharing, proposal, "no", reason="Wait.")
    said(sharing, proposal)
    with pytest.raises(MoveRefused, match="answered-already"):
        said(sharing, proposal)
    said(sharing, proposal, member=1)
    said(sharing, proposal, member=2)

    with pytest.raises(MoveRefused, match="costs-settled"):
        said(sharing, proposal, "no", reason="On second thoughts.")
    assert len(sharing.session.scalars(select(CostAnswer)).all()) == 4


def test_withdrawing_says_why_ends_the_mails_and_lets_nothing_stand(sharing):
    proposed(sharing)
    second = proposed(sharing)
    with pytest.raises(MoveRefused, match="motive-missing"):
        costs.withdraw(sharing.session, second, actor=sharing.lead_actor, now=sharing.clock(), motive=" ")

    costs.withdraw(sharing.session, second, actor=sharing.lead_actor, now=sharing.clock(), motive="Wrong offer.")
    sharing.session.flush()

    assert reading.standing(sharing.session, sharing.round) is None
    assert mails(sharing, "costs_proposed") == []
    assert len(mails(sharing, "costs_withdrawn")) == 6
    with pytest.raises(Stale):
        said(sharing, second)


def test_reminders_go_to_who_has_not_answered_once_a_day(sharing, clock):
    proposal = proposed(sharing)
    said(sharing, proposal)
    with pytest.raises(MoveRefused, match="reminded-already"):
        costs.remind(sharing.session, proposal, actor=sharing.lead_actor, now=sharing.clock())

    sent = costs.remind(sharing.session, proposal, actor=sharing.lead_actor, now=sharing.clock() + dt.timedelta(days=1))
    said(sharing, proposal, member=1)
    said(sharing, proposal, "no", member=2, reason="No.")

    assert sent == 4
    assert mails(sharing, "costs_reminder") == []
    with pytest.raises(MoveRefused, match="nobody-missing"):
        costs.remind(sharing.session, proposal, actor=sharing.lead_actor, now=sharing.clock())


def test_only_the_lead_proposes_and_only_members_with_a_share_answer(sharing):
    proposal = proposed(sharing)
    late = sharing.build.sign_on(sharing.round, state="confirmed").organisation
    stranger = sharing.build.person(sharing.build.organisation("buyer"))

    with pytest.raises(NotAllowed):
        costs.save(sharing.session, sharing.round, Plan("x", ()), actor=sharing.actor(), now=sharing.clock())
    with pytest.raises(NotAllowed):
        costs.withdraw(sharing.session, proposal, actor=sharing.actor(), now=sharing.clock(), motive="x")
    with pytest.raises(NotAllowed):
        costs.answer(sharing.session, proposal, "yes", actor=sharing.lead_actor, now=sharing.clock())
    with pytest.raises(NotFound):
        costs.answer(sharing.session, proposal, "yes", actor=sharing.build.person(late), now=sharing.clock())
    with pytest.raises(NotFound):
        costs.answer(sharing.session, proposal, "yes", actor=stranger, now=sharing.clock())


def test_the_lead_reads_what_changed_since(sharing):
    proposal = proposed(sharing)
    assert not reading.changed(sharing.session, proposal)

    spend(sharing, "6000000", "3000001", "1000000")
    late = sharing.build.sign_on(sharing.round, state="confirmed").organisation
    sharing.session.scalars(select(SignOn).where(SignOn.organisation_id == sharing.members[0].id)).one().state = "left"
    sharing.session.flush()

    assert reading.changed(sharing.session, proposal) == reading.Changed((late.name,), ("Gemeente A",), ("Gemeente B",))


def test_dues_are_estimated_from_all_spends_or_from_none(sharing):
    found = reading.estimate(reading.members(sharing.session, sharing.round), "EUR")
    assert (found.together.amount, found.alone_sum) == (Decimal("10500.00"), Decimal("16150.00"))

    spend(sharing, "6000000", None, "1000000")

    found = reading.estimate(reading.members(sharing.session, sharing.round), "EUR")
    assert (found.together.amount, found.together.reason, found.alone_sum) == (None, "spend-unknown", None)


# Pages


@pytest.fixture
@remembered
def browsers(sharing, sign_in):
    made = {"lead": sign_in(sharing.lead_user, sharing.lead)}
    for letter, member in zip("abc", sharing.members, strict=True):
        made[letter] = sign_in(sharing.users[member.id][0], member)
    return made


def place(world, tail=""):
    return f"/rounds/{world.round.public_id}/costs{tail}"


def form(world, *lines, version=0, **more):
    found = {"title": "Joint costs 2027", "version": str(version), **more}
    for number, line in enumerate(lines, 1):
        values = {"kind": "dues", "label": "Dues", "amount": "10500", "currency": "EUR", "rule": "by_spend"} | line
        found |= {f"item-{number}-{name}": value for name, value in values.items()}
    return found


def test_the_lead_enters_previews_and_proposes_and_a_member_agrees(sharing, browsers):
    sharing.session.commit()
    lead, member = browsers["lead"], browsers["a"]
    assert "Enter the costs" in lead.page(place(sharing)).text
    assert "Nothing is proposed yet" in member.page(place(sharing)).text

    answer = lead.post(
        place(sharing, "/draft"),
        data=form(sharing, {}, {"label": "Auditor", "kind": "auditor", "rule": "equal", "amount": "5,500.00"}),
    )
    assert answer.status_code == 303
    preview = lead.page(place(sharing, "/draft"))
    assert "EUR 8,133.34" in preview.text
    assert "Nothing is proposed yet" in member.page(place(sharing)).text
    draft = sharing.session.scalars(select(CostProposal)).one()
    lead.post(place(sharing, "/propose"), data={"version": str(draft.version)})
    page = member.page(place(sharing))
    assert "EUR 8,133.34" in page.text
    assert "Gemeente C" in page.text
    member.post(place(sharing, "/answer"), data={"proposal": draft.public_id, "answer": "yes"})

    assert "You agreed" in member.page(place(sharing)).text
    assert "1 of 3 members agreed." in lead.page(place(sharing)).text


def test_what_was_typed_stays_where_it_cannot_be_read(sharing, browsers):
    sharing.session.commit()

    answer = browsers["lead"].post(
        place(sharing, "/draft"), data=form(sharing, {"amount": "lots"}, {"label": "", "amount": "5"}, note="Kept.")
    )
    text = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert "“lots” is not a number we can read." in text
    assert "Kept." in text
    assert sharing.session.scalars(select(CostProposal)).all() == []
    answer = browsers["lead"].post(place(sharing, "/draft"), data=form(sharing, {}, {"label": "", "amount": "5"}))
    assert answer.status_code == 422
    assert 'href="#item-2-label"' in answer.get_data(as_text=True)


def test_a_nul_in_a_form_of_joint_costs_breaks_no_page(sharing, browsers):
    sharing.session.commit()
    lead, member, nul = browsers["lead"], browsers["a"], "a\x00b"
    answer = lead.post(place(sharing, "/draft"), data=form(sharing, {"currency": "\x00AB"}))
    assert answer.status_code == 422
    lead.post(place(sharing, "/draft"), data=form(sharing, {"label": nul, "source": nul}, title=nul, note=nul))
    draft = sharing.session.scalars(select(CostProposal)).one()
    lead.post(place(sharing, "/propose"), data={"version": str(draft.version)})

    shown = {"proposal": draft.public_id}
    member.post(place(sharing, "/answer"), data=shown | {"answer": "no", "reason": nul})
    lead.post(place(sharing, "/withdraw"), data=shown | {"motive": nul})

    assert "a\\x00b" in member.page(place(sharing, "/versions/1")).text


def test_entered_shares_are_typed_per_member_and_told_where_they_do_not_fit(sharing, browsers):
    sharing.session.commit()
    lead = browsers["lead"]
    shares = {
        f"share-1-{member.public_id}": text for member, text in zip(sharing.members, ("50", "25.5 %", "x"), strict=True)
    }
    wrong = lead.post(place(sharing, "/draft"), data=form(sharing, {"rule": "entered"}) | shares)
    assert wrong.status_code == 422
    shares[f"share-1-{sharing.members[2].public_id}"] = "24"

    lead.post(place(sharing, "/draft"), data=form(sharing, {"rule": "entered"}) | shares)

    assert "the shares add up to 99.5 %, not to 100" in lead.page(place(sharing, "/draft")).text


def test_the_estimated_dues_become_a_line(sharing, browsers):
    sharing.session.commit()

    browsers["lead"].post(place(sharing, "/draft"), data={"version": "0", "add": "dues", "title": ""})

    draft = sharing.session.scalars(select(CostProposal)).one()
    assert [(item.kind, item.amount, item.rule) for item in draft.items] == [("dues", Decimal("10500.00"), "by_spend")]


def test_where_volumes_are_not_shared_a_member_sees_its_own_share_and_the_rest_as_one(sharing, browsers):
    sharing.round.settings = {"share_member_volumes": "lead"}
    proposal = proposed(sharing)
    sharing.session.commit()

    page = browsers["b"].page(place(sharing)).text
    content = browsers["b"].get(place(sharing, f"/versions/{proposal.version_no}/costs.xlsx")).data

    assert "2 other members" in page
    assert "Gemeente A" not in page
    rows = list(openpyxl.load_workbook(io.BytesIO(content))["Shares"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[3]) for row in rows] == [("Gemeente B", 3150), ("Other members together", 7350)]


def test_a_member_reads_its_own_statement_alone_and_the_lead_all(sharing, browsers):
    proposal = proposed(sharing)
    sharing.session.commit()
    of_a, of_b = (f"/versions/{proposal.version_no}/members/{m.public_id}/statement" for m in sharing.members[:2])

    assert browsers["a"].get(place(sharing, f"{of_a}-en.pdf")).status_code == 200
    assert browsers["a"].get(place(sharing, f"{of_b}-en.pdf")).status_code == 404
    assert browsers["a"].get(place(sharing, f"{of_b}.xlsx")).status_code == 404
    assert browsers["lead"].get(place(sharing, f"{of_b}.xlsx")).status_code == 200
    assert browsers["lead"].get(place(sharing, f"{of_b}-xx.pdf")).status_code == 404


@pytest.mark.parametrize(
    ("language", "heading", "total"),
    [
        ("en", "Statement of joint costs", "EUR 6,300.00"),
        ("nl", "Overzicht van gezamenlijke kosten", "EUR 6.300,00"),
        ("sv", "Sammanställning av gemensamma kostnader", "EUR 6 300,00"),
    ],
)
def test_the_statement_is_the_same_bytes_in_its_language_and_tagged(sharing, browsers, language, heading, total):
    proposal = proposed(sharing, planned(label="Dues [#]"))
    sharing.session.commit()
    at = place(
        sharing, f"/versions/{proposal.version_no}/members/{sharing.members[0].public_id}/statement-{language}.pdf"
    )

    first, again = browsers["a"].get(at).data, browsers["lead"].get(at).data
    read = PdfReader(io.BytesIO(first))
    text = " ".join(" ".join(page.extract_text() for page in read.pages).replace("\xa0", " ").split())

    assert first == again
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert read.trailer["/Root"]["/Lang"] == language
    assert heading in text
    assert total in text
    assert "Dues [#]" in text


def test_no_version_is_shown_to_a_member_without_a_share_and_no_draft_to_any(sharing, browsers, sign_in):
    proposal = proposed(sharing)
    saved(sharing, planned("1"))
    late = sharing.build.sign_on(sharing.round, state="confirmed").organisation
    browser = sign_in(sharing.build.user(late), late)
    sharing.session.commit()

    assert "you have no share in it" in browser.page(place(sharing)).text
    assert browser.get(place(sharing, f"/versions/{proposal.version_no}")).status_code == 404
    assert browsers["lead"].get(place(sharing, "/versions/2")).status_code == 404
    assert browsers["lead"].get(place(sharing, f"/versions/{10**30}")).status_code == 404


def test_an_older_version_can_still_be_read_but_not_answered(sharing, browsers):
    proposed(sharing)
    proposed(sharing, planned("20000"))
    sharing.session.commit()

    page = browsers["a"].page(place(sharing, "/versions/1"))

    assert "superseded" in page.text
    assert "We agree" not in page.text
    assert "We agree" in browsers["a"].page(place(sharing)).text


def test_a_withdrawn_version_says_why(sharing, browsers):
    proposal = proposed(sharing)
    sharing.session.commit()

    browsers["lead"].post(place(sharing, "/withdraw"), data={"proposal": proposal.public_id, "motive": "Wrong offer."})

    assert "Wrong offer." in browsers["lead"].page(place(sharing)).text
    assert "Wrong offer." in browsers["a"].page(place(sharing, "/versions/1")).text


def test_a_member_states_its_spend_and_the_split_by_spend_becomes_possible(sharing, browsers):
    spend(sharing, "6000000", "3000000", None)
    sign_on = sharing.session.scalars(select(SignOn).where(SignOn.organisation_id == sharing.members[2].id)).one()
    sharing.session.commit()
    at = {"version": str(sign_on.version)}
    browsers["lead"].post(place(sharing, "/draft"), data=form(sharing, {}))
    assert "the yearly spend of Gemeente C is unknown" in browsers["lead"].page(place(sharing, "/draft")).text
    assert "is not known: state it" in browsers["c"].page(place(sharing)).text

    refused = browsers["c"].post(place(sharing, "/spend"), data=at | {"spend": "a million"}, follow_redirects=True)
    browsers["c"].post(place(sharing, "/spend"), data=at | {"spend": "1,000,000.00"})
    stale = browsers["c"].post(place(sharing, "/spend"), data=at | {"spend": "2"}, follow_redirects=True)

    assert "Give your yearly spend as an amount" in refused.get_data(as_text=True)
    assert "Your sign-on was changed by somebody else" in stale.get_data(as_text=True)
    assert "EUR 1,050.00" in browsers["lead"].page(place(sharing, "/draft")).text
    assert kinds(sharing)[-1] == "costs.spend_stated"


def field(text, name):
    """What a page offers again in the field of this name, and whether it marks it as wrong."""
    tag = re.search(rf'<(?:textarea|input)[^>]* name="{name}"[^>]*>([^<]*)', text)
    value = re.search(r' value="([^"]*)"', tag[0])
    return value[1] if value else tag[1].strip(), "--error" in tag[0]


def test_a_refused_reason_motive_or_spend_stays_on_the_page_and_is_told_at_its_field(sharing, browsers):
    proposal = proposed(sharing)
    sign_on = sharing.session.scalars(select(SignOn).where(SignOn.organisation_id == sharing.members[0].id)).one()
    seen, public_id = str(sign_on.version), proposal.public_id
    sharing.session.commit()
    shown, long = {"proposal": public_id}, "y" * 1001
    lead, member = browsers["lead"], browsers["a"]

    objected = member.post(place(sharing, "/answer"), data=shown | {"answer": "no", "reason": long})
    withdrawn = lead.post(place(sharing, "/withdraw"), data=shown | {"motive": long})
    stated = member.post(place(sharing, "/spend"), data={"version": seen, "spend": "a million"})

    for answer, name, typed, at in (
        (objected, "reason", long, "objection"),
        (withdrawn, "motive", long, "withdraw-motive"),
        (stated, "spend", "a million", "spend"),
    ):
        text = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert field(text, name) == (typed, True)
        assert f'href="#{at}"' in text
    assert "This text has 1,001 characters, and at most 1,000 are kept." in objected.get_data(as_text=True)
    sharing.session.rollback()
    assert sharing.session.scalars(select(CostAnswer)).all() == []


def test_a_spend_that_was_overtaken_is_kept_on_the_page_that_says_so(sharing, browsers):
    sign_on = sharing.session.scalars(select(SignOn).where(SignOn.organisation_id == sharing.members[0].id)).one()
    data = {"version": str(sign_on.version)}
    sharing.session.commit()
    browsers["a"].post(place(sharing, "/spend"), data=data | {"spend": "7000000"})

    answer = browsers["a"].post(place(sharing, "/spend"), data=data | {"spend": "5"})
    text = answer.get_data(as_text=True)

    assert answer.status_code == 409
    assert "What you typed is kept below" in text
    assert "EUR 7,000,000.00" in text
    assert field(text, "spend") == ("5", False)


def test_a_draft_that_changed_is_not_proposed_and_nothing_is_said_to_be_kept(sharing, browsers):
    saved(sharing)
    sharing.session.commit()

    text = browsers["lead"].post(place(sharing, "/propose"), data={"version": "99"}, follow_redirects=True)

    assert "The draft was changed meanwhile." in text.get_data(as_text=True)
    assert "kept below" not in text.get_data(as_text=True)


@pytest.mark.parametrize(
    ("who", "said_so"),
    [
        ("members", "The lead and the other members read this."),
        ("lead", "The lead and your own organisation read this; the other members do not."),
    ],
)
def test_an_objector_reads_who_reads_the_objection(sharing, browsers, who, said_so):
    sharing.round.settings = {"share_member_volumes": who}
    proposal = proposed(sharing)
    said(sharing, proposal, "no", reason="A third is too much.")
    sharing.session.commit()

    of_other = browsers["b"].page(place(sharing)).text

    assert said_so in of_other
    assert ("A third is too much." in of_other) == (who == "members")
    assert "A third is too much." in browsers["a"].page(place(sharing)).text


def test_a_member_is_led_to_a_proposal_until_it_answered(sharing, browsers):
    proposal = proposed(sharing)
    sharing.round.state = "demand_locked"
    sharing.session.commit()
    home = f"/rounds/{sharing.round.public_id}"
    assert "A proposal of joint costs waits for your answer." in browsers["a"].page(home).text

    browsers["a"].post(place(sharing, "/answer"), data={"proposal": proposal.public_id, "answer": "yes"})

    assert "A proposal of joint costs waits" not in browsers["a"].page(home).text


@pytest.mark.parametrize(("who", "tail"), [("lead", ""), ("lead", "/draft"), ("a", ""), ("a", "/versions/1")])
def test_pages_take_few_queries_however_many_costs_and_members(sharing, browsers, who, tail):
    for _each in range(20):
        sharing.build.sign_on(sharing.round, state="confirmed", in_scope_spend_annual=Decimal(5))
    proposal = proposed(sharing, *[planned(str(n)) for n in range(1, MOST_ITEMS + 1)])
    said(sharing, proposal, "no", member=1, reason="No.")
    saved(sharing, *[planned(str(n), "equal") for n in range(1, MOST_ITEMS + 1)])
    sharing.session.commit()
    browsers[who].page(place(sharing, tail))

    with statements() as seen:
        browsers[who].page(place(sharing, tail))

    assert len([one for one in seen if one.lstrip().upper().startswith("SELECT")]) <= 25


NAMES = {1: "Gemeente A", 2: "Gemeente B", 3: "Gemeente B"}


@pytest.mark.parametrize(
    ("block", "percents", "problems"),
    [
        ("Member\tShare\nGemeente A\t50\ngemeenteB\t25,5 %", {1: "50", 2: "25.5"}, 0),
        ("Gemeente A;50.25\nGemeente B;0", {1: "50.25", 2: "0"}, 0),
        ("Gemeente A\t50\nGemeente A\t50", {1: "50"}, 1),
        ("Gemeente A\t50\nTogether\t100", {1: "50"}, 1),
        ("Gemeente A\tall of it", {}, 1),
        ("Gemeente A\t33.330\nGemeente B\t33.3375 %", {1: "33.33"}, 1),
        ("Gemeente A", {}, 1),
        ("\n\n", {}, 0),
    ],
)
def test_shares_are_read_from_a_block(block, percents, problems):
    found = cost_paste.read(block, {1: "Gemeente A", 2: "Gemeente B"}, Habit.POINT)

    assert found.percents == {number: Decimal(text) for number, text in percents.items()}
    assert len(found.problems) == problems


def test_a_name_that_two_members_have_is_not_guessed():
    found = cost_paste.read("Gemeente B\t5", NAMES, Habit.COMMA)

    assert (found.percents, len(found.problems)) == ({}, 1)


def test_entered_shares_go_out_in_a_workbook_and_come_back_by_pasting(sharing, browsers):
    shares = {member.id: Decimal(p) for member, p in zip(sharing.members, ("33.34", "33.33", "33.33"), strict=True)}
    draft = saved(sharing, planned(rule="entered", percents=shares))
    sharing.session.commit()
    lead, version = browsers["lead"], draft.version

    book = openpyxl.load_workbook(io.BytesIO(lead.get(place(sharing, "/draft.xlsx")).data))
    block = "\n".join("\t".join(map(str, row)) for row in book["1 Entered shares"].iter_rows(values_only=True))
    wrong = lead.post(
        place(sharing, "/draft"), data=form(sharing, {"rule": "entered"}, version=version) | {"paste-1": "Nobody\t5"}
    )
    lead.post(place(sharing, "/draft"), data=form(sharing, {"rule": "entered"}, version=version) | {"paste-1": block})

    assert wrong.status_code == 422
    assert "“Nobody” is no confirmed member" in wrong.get_data(as_text=True)
    sharing.session.rollback()
    sharing.session.expire_all()
    again = sharing.session.scalars(select(CostProposal)).one()
    assert {share.member_id: share.percent for share in again.items[0].shares} == shares


def test_a_pasted_share_with_a_third_decimal_is_told_with_its_row_and_not_rounded(sharing, browsers):
    sharing.session.commit()
    block = "Gemeente A\t33.3375\nGemeente B\t33.33\nGemeente C\t33.33"

    answer = browsers["lead"].post(
        place(sharing, "/draft"), data=form(sharing, {"rule": "entered"}) | {"paste-1": block}
    )
    text = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert "Row 1: the share “33.3375” has more than two decimals." in text
    assert "33.34" not in text
    assert sharing.session.scalars(select(CostProposal)).all() == []


def test_reminders_leave_out_a_member_that_left(sharing, clock):
    proposal = proposed(sharing)
    sharing.session.scalars(select(SignOn).where(SignOn.organisation_id == sharing.members[0].id)).one().state = "left"
    sharing.session.flush()

    sent = costs.remind(sharing.session, proposal, actor=sharing.lead_actor, now=clock() + dt.timedelta(days=1))

    assert sent == 4


def test_the_statement_of_an_older_version_says_that_it_was_superseded(sharing, browsers):
    proposed(sharing)
    proposed(sharing, planned("20000"))
    sharing.session.commit()
    tail = f"members/{sharing.members[0].public_id}/statement-en.pdf"

    older, newer = (browsers["a"].get(place(sharing, f"/versions/{number}/{tail}")).data for number in (1, 2))

    assert "by version 2" in PdfReader(io.BytesIO(older)).pages[0].extract_text()
    assert "Superseded" not in PdfReader(io.BytesIO(newer)).pages[0].extract_text()


def test_a_member_is_offered_the_versions_it_shares_in_and_no_others(sharing, browsers, sign_in):
    proposed(sharing)
    late = sharing.build.sign_on(sharing.round, state="confirmed", in_scope_spend_annual=Decimal(5)).organisation
    proposed(sharing, planned("20000"))
    browser = sign_in(sharing.build.user(late), late)
    sharing.session.commit()

    assert "Other versions" in browsers["a"].page(place(sharing)).text
    assert "Other versions" not in browser.page(place(sharing)).text


class Walked(list):
    """Shares that count how often they are walked through."""

    walks = 0

    def __iter__(self):
        self.walks += 1
        return super().__iter__()


@pytest.mark.parametrize("rule", ["entered", "by_spend"])
def test_the_shares_of_a_cost_are_walked_through_once_however_many_members(app, rule):
    members = [reading.Member(n, str(n), f"Member {n}", Decimal(n)) for n in range(1, 101)]
    shares = Walked(CostShare(member_id=n, percent=Decimal(1), amount=Decimal(1)) for n in range(1, 101))
    item = SimpleNamespace(id=1, position=1, label="Dues", amount=Decimal(100), currency="EUR", rule=rule)
    item.shares, item.proposal = shares, SimpleNamespace(round=SimpleNamespace(currency="EUR"), items=[item])
    visible = frozenset(range(1, 101))

    rows = list(cost_sheet._shares([item], members, visible, {}, {"": ""}, str))
    of_sheet, shares.walks = shares.walks, 0
    with app.test_request_context():
        version = cost_words.Version(item.proposal, members, {}, visible, None)
        shown = cost_words.table(version)["rows"]
        of_table, shares.walks = shares.walks, 0
        previewed = cost_words.preview([item], members)["rows"]

    assert (len(rows), len(shown), len(previewed)) == (100, 100, 100)
    assert shown[7]["cells"][0]["basis"] == previewed[7]["cells"][0]["basis"] != ""
    assert max(of_sheet, of_table, shares.walks) <= 2


def test_asking_and_withdrawing_take_as_many_statements_for_many_members_as_for_few(sharing):
    few = proposed(sharing)
    with statements() as asked_few:
        notices.ask(sharing.session, few, [one.id for one in sharing.members], now=sharing.clock(), is_reminder=True)
    for _each in range(20):
        sign_on = sharing.build.sign_on(sharing.round, state="confirmed", in_scope_spend_annual=Decimal(5))
        sharing.build.user(sign_on.organisation)
        sharing.members.append(sign_on.organisation)
    many = proposed(sharing)
    everybody = [one.id for one in sharing.members]

    with statements() as asked_many:
        sent = notices.ask(sharing.session, many, everybody, now=sharing.clock(), is_reminder=True)
    with statements() as told:
        notices.withdrawn(sharing.session, many, everybody, now=sharing.clock())
        sharing.session.flush()

    assert sent == len(mails(sharing, "costs_withdrawn")) == 26
    assert mails(sharing, "costs_reminder") == mails(sharing, "costs_proposed") == []
    assert len(at_once(asked_many)) == len(at_once(asked_few)) <= 5
    assert len(at_once(told)) <= 5


def test_whether_an_answer_is_waited_for_takes_one_query(sharing):
    reader = sharing.actor(0)
    member = reader.organisation_id

    def waits():
        sharing.session.flush()
        with statements() as seen:
            found = reading.waits_for(sharing.session, sharing.round, member)
        assert len(seen) == 1
        return found

    found = [waits()]
    draft = saved(sharing)
    found.append(waits())
    costs.propose(sharing.session, draft, actor=sharing.lead_actor, now=sharing.clock(), version=draft.version)
    found.append(waits())
    said(sharing, draft, member=1)
    found.append(waits())
    said(sharing, draft, "no", reason="No.")
    found.append(waits())
    newer = proposed(sharing)
    found.append(waits())
    costs.withdraw(sharing.session, newer, actor=sharing.lead_actor, now=sharing.clock(), motive="Wrong.")
    found.append(waits())
    late = sharing.build.sign_on(sharing.round, state="confirmed").organisation

    assert found == [False, False, True, True, False, True, False]
    assert not reading.waits_for(sharing.session, sharing.round, late.id)


def test_the_step_of_a_member_takes_one_query_and_loads_no_answer(sharing):
    proposed(sharing)
    said(sharing, proposed(sharing), member=1)
    sharing.session.flush()
    reader = Reader(sharing.actor(0), frozenset({"member"}), sharing.clock())
    sharing.session.expunge_all()
    round_ = sharing.session.get_one(Round, sharing.round.id)

    with statements() as seen:
        step = answer_step(sharing.session, round_, reader)

    assert (step.page, step.urgency, len(seen)) == ("demand.costs", 60, 1)
    assert not any(isinstance(one, CostAnswer | CostProposal) for one in sharing.session)
