"""Not applicable: what counts as a claim, who accepts it, and how the measures follow."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from framework.chain.measures import claims, stored, waived
from framework.ground.conflicts import keep_out
from framework.ground.errors import InvalidInput, NotAllowed, NotFound, RuleBroken, WrongPhase
from models.base import db
from models.chain import Product
from models.measures import NotApplicable, ProductMeasures
from models.records import AuditEvent
from tests.chain.opened import BAT, FA, MB, hand_counted
from tests.memory import remembered

BATTERY, GOLD = f"component:{BAT}", "mineral:gold"
WHY = "A desktop has no battery."


def saying(reason=claims.REASON, *, of="P2", kind=BAT, smelter=claims.REASON, more=()):
    """The rows of the chain's tests with one component of a model that does not apply, and gold."""
    rows = [one for one in hand_counted() if one[1].get("mineral") != "gold"]
    rows.append(
        (
            "2_components",
            {
                "component_ref": f"{of}-XX",
                "product_ref": of,
                "component_type": kind,
                "tier": 2,
                "not_disclosed_reason": reason,
                "not_disclosed_evidence": "No such part.",
            },
        )
    )
    rows.append(("5_smelters", {"mineral": "gold", "not_disclosed_reason": smelter, "applies_to": "company"}))
    return [*rows, *more]


@pytest.fixture
@remembered
def round_(opened):
    """A tender with two kinds of claims, one that names a place for it, and somebody of the lead."""
    opened.tender = opened.built(saying(), name="Northern IT")
    opened.other = opened.built(hand_counted(), name="Southern IT")
    opened.lead = opened.build.person(opened.round.organisation, "lead")
    return opened


def found(here):
    return {(one.submission.id, one.kind): one for one in claims.groups(here.session, here.round)}


def numbers(here, kind, tender=None):
    return [one.product.id for one in claims.group(here.session, here.round, tender or here.tender, kind).claims]


def accept(here, kind=BATTERY, products=None, motive=WHY, actor=None, tender=None):
    chosen = numbers(here, kind, tender) if products is None else products
    who = actor or here.lead
    return claims.accept(here.session, tender or here.tender, kind, chosen, motive, actor=who, now=here.clock())


def figures(here, product):
    """The stored figures, once the job has counted what an act marked."""
    stored.count_next(here.session, here.round, now=here.clock())
    query = select(ProductMeasures).where(ProductMeasures.product_id == product)
    return here.session.scalars(query.execution_options(populate_existing=True)).one().figures


def test_claims_stand_by_tender_and_kind_with_what_the_row_says(round_):
    group = found(round_)[round_.tender.id, BATTERY]

    assert set(found(round_)) == {(round_.tender.id, BATTERY), (round_.tender.id, GOLD)}
    (claim,) = group.claims
    assert (claim.product.model_name, claim.proof, group.waiting) == ("Two", "No such part.", 1)
    assert {one.product.model_name for one in found(round_)[round_.tender.id, GOLD].claims} == {"One", "Two"}


def test_who_else_names_a_place_for_the_model_is_counted(round_):
    row = ("4_links", {"product_ref": "P2", "component_ref": "P2-YY", "site_ref": "S3"})
    component = ("2_components", {"component_ref": "P2-YY", "product_ref": "P2", "component_type": BAT, "tier": 2})
    smelter = ("5_smelters", {"mineral": "gold", "smelter_name": "Gold Ltd", "applies_to": "company"})
    round_.built([*hand_counted(), component, row, smelter], name="Eastern IT")

    assert [one.named for one in found(round_)[round_.tender.id, BATTERY].claims] == [1]
    assert [one.named for one in found(round_)[round_.tender.id, GOLD].claims] == [1, 1]


@pytest.mark.parametrize(
    "rows",
    [
        saying("unknown", smelter="unknown"),
        saying("", smelter=""),
        saying(kind="camera", smelter="unknown"),
        saying(
            smelter="unknown",
            more=[("4_links", {"product_ref": "P2", "component_ref": "P2-XX", "site_ref": "S3"})],
        ),
        saying(
            smelter="unknown",
            more=[
                (
                    "2_components",
                    {
                        "component_ref": "P2-ZZ",
                        "product_ref": "P2",
                        "component_type": BAT,
                        "tier": 2,
                        "not_disclosed_reason": "trade_secret",
                    },
                )
            ],
        ),
        saying(
            "unknown", more=[("5_smelters", {"mineral": "gold", "smelter_name": "Gold Ltd", "applies_to": "company"})]
        ),
        saying(
            "unknown",
            more=[("5_smelters", {"mineral": "gold", "not_disclosed_reason": "unknown", "applies_to": "company"})],
        ),
    ],
    ids=["unknown", "silent", "not-asked", "site-named", "two-reasons", "smelter-named", "two-minerals"],
)
def test_what_is_said_otherwise_or_not_asked_is_no_claim(opened, rows):
    tender = opened.built(rows)

    assert [one for one in claims.groups(opened.session, opened.round) if one.submission.id == tender.id] == []


def test_what_is_accepted_leaves_what_is_asked_and_the_measures_follow(round_):
    link = ("4_links", {"product_ref": "P2", "component_ref": "P2-MB", "site_ref": "S3"})
    tender = round_.built(saying(more=[link]), name="Eastern IT")
    (product,) = numbers(round_, BATTERY, tender)
    before = figures(round_, product)
    assert accept(round_, tender=tender) == 1
    after = figures(round_, product)

    assert after["counts"]["required"] == before["counts"]["required"] - 1
    assert Fraction(after["values"]["completeness"]) > Fraction(before["values"]["completeness"])
    assert not [gap for gap in after["gaps"] if gap[2] == BAT]
    other = next(one for one in numbers(round_, GOLD, tender) if one != product)
    assert figures(round_, other)["counts"]["required"] == before["counts"]["required"]


def test_a_mineral_leaves_with_its_smelters_and_its_origins(round_):
    round_.lot.asks_mines = True
    products = numbers(round_, GOLD)
    stored.products_changed(round_.session, round_.round, products, now=round_.clock())
    before = figures(round_, products[0])["counts"]["required"]
    accept(round_, GOLD)

    assert figures(round_, products[0])["counts"]["required"] == before - 2


def test_taking_back_brings_everything_back_as_it_was(round_):
    (product,) = numbers(round_, BATTERY)
    before = figures(round_, product)
    accept(round_)
    claims.undo(round_.session, round_.tender, BATTERY, [product], actor=round_.lead, now=round_.clock())

    assert figures(round_, product) == before
    one = round_.session.scalars(select(NotApplicable)).one()
    assert (one.motive, one.undone_by_id) == (WHY, round_.lead.user_id)
    assert waived.standing(round_.session, [product]) == {}
    assert accept(round_) == 1, "it can be accepted again"


def test_every_act_is_in_the_record_with_its_reason(round_):
    accept(round_)
    claims.undo(round_.session, round_.tender, BATTERY, numbers(round_, BATTERY), actor=round_.lead, now=round_.clock())
    events = round_.session.scalars(
        select(AuditEvent).where(AuditEvent.kind.startswith("not_applicable")).order_by(AuditEvent.seq)
    ).all()

    assert [one.kind for one in events] == ["not_applicable.accepted", "not_applicable.undone"]
    assert (events[0].data["motive"], events[0].data["count"], events[0].round_id) == (WHY, 1, round_.round.id)
    assert {one.subject_id for one in events} == {round_.tender.public_id}


@pytest.mark.parametrize("is_older", [False, True])
def test_the_record_keeps_the_acts_from_whom_the_tender_is_kept(round_, is_older):
    """Older events name the round, and the tender by its receipt number."""
    accept(round_)
    session = round_.session
    kinds = select(AuditEvent.seq).where(AuditEvent.kind.startswith("not_applicable"))
    if is_older:
        event = session.scalars(select(AuditEvent).where(AuditEvent.kind.startswith("not_applicable"))).one()
        facts = {column.name: getattr(event, column.name) for column in AuditEvent.__table__.columns}
        facts |= {"seq": event.seq + 1, "subject_type": "round", "subject_id": round_.round.public_id, "hash": "0" * 64}
        session.execute(AuditEvent.__table__.insert().values(**facts))
    assert len(session.scalars(kinds).all()) == 1 + is_older
    keep_out(session, frozenset({round_.tender.id}))
    assert session.scalars(kinds).all() == []


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"products": []}, InvalidInput, "claims-missing"),
        ({"motive": "  "}, InvalidInput, "motive-missing"),
        ({"motive": "x" * 1001}, InvalidInput, "too-long"),
        ({"products": [2**31 - 1]}, RuleBroken, "stale"),
        ({"kind": "component:camera", "products": [1]}, RuleBroken, "stale"),
    ],
)
def test_what_is_no_open_claim_or_has_no_reason_is_refused(round_, change, kind, code):
    with pytest.raises(kind) as refused:
        accept(round_, **change)

    assert refused.value.code == code
    assert round_.session.query(NotApplicable).count() == 0


def test_the_same_is_not_accepted_twice_nor_taken_back_twice(round_):
    (product,) = numbers(round_, BATTERY)
    accept(round_)
    with pytest.raises(RuleBroken):
        accept(round_, products=[product])
    claims.undo(round_.session, round_.tender, BATTERY, [product], actor=round_.lead, now=round_.clock())
    with pytest.raises(RuleBroken):
        claims.undo(round_.session, round_.tender, BATTERY, [product], actor=round_.lead, now=round_.clock())


def test_a_model_of_another_tender_is_not_taken_along(round_):
    theirs = round_.session.scalars(select(Product.id).where(Product.submission_id == round_.other.id)).all()

    for act in (claims.accept, claims.undo):
        more = (WHY,) if act is claims.accept else ()
        with pytest.raises(RuleBroken):
            act(round_.session, round_.tender, BATTERY, theirs, *more, actor=round_.lead, now=round_.clock())


@pytest.mark.parametrize("role", ["member", "evaluator", "chair", "monitor", "supplier"])
def test_nobody_but_the_lead_accepts(round_, role):
    if role in ("evaluator", "chair"):
        user = round_.build.user(round_.member)
        round_.build.appoint(round_.round, user, round_.member, role)
        who = round_.build.actor(user, round_.member)
    else:
        body = {"member": round_.member, "monitor": round_.build.organisation("monitor")}
        who = round_.build.person(body.get(role, round_.tender.supplier))

    with pytest.raises((NotAllowed, NotFound)):
        accept(round_, actor=who)


@pytest.mark.parametrize("state", ["award", "standstill", "in_force", "closed"])
def test_once_the_judging_is_closed_nothing_is_accepted(round_, state):
    round_.round.state = state

    with pytest.raises(WrongPhase):
        accept(round_)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.booleans(), st.sampled_from([BATTERY, GOLD])), max_size=8))
def test_whatever_is_accepted_and_taken_back_the_stored_figures_are_those_of_now(round_, acts):
    saved = round_.session.begin_nested()
    for is_accept, kind in acts:
        group = claims.group(round_.session, round_.round, round_.tender, kind)
        chosen = [one.product.id for one in group.claims if (one.accepted is None) is is_accept]
        if is_accept and chosen:
            accept(round_, kind, chosen)
        elif chosen:
            claims.undo(round_.session, round_.tender, kind, chosen, actor=round_.lead, now=round_.clock())
    every = numbers(round_, GOLD)
    kept = {number: figures(round_, number) for number in every}
    stored.products_changed(round_.session, round_.round, every, now=round_.clock())

    assert {number: figures(round_, number) for number in every} == kept
    accepted = len(waived.standing(round_.session, every))
    assert sum(one["counts"]["required"] for one in kept.values()) == 2 * 5 - accepted
    saved.rollback()


# -- pages ------------------------------------------------------------------


@pytest.fixture
@remembered
def lead(round_, sign_in):
    user = round_.build.user(round_.round.organisation)
    round_.session.commit()
    return sign_in(user, round_.round.organisation)


def place(here):
    return f"/rounds/{here.round.public_id}/not-applicable"


def test_the_lead_sees_open_claims_accepts_with_a_reason_and_takes_back(round_, lead):
    here = f"{place(round_)}/{round_.tender.public_id}/{BATTERY}"
    (product,) = numbers(round_, BATTERY)
    lot = f"/rounds/{round_.round.public_id}/lots/{round_.lot.public_id}"
    round_.session.rollback()

    listed = lead.page(place(round_))
    group = lead.page(here)
    accepted = lead.send(here, {"product": [str(product)], "motive": WHY, "act": "accept"})
    model = lead.page(f"{lot}/products/{product}")
    back = lead.send(here, {"product": [str(product)], "act": "undo"})

    assert "3 claims wait" in listed.text
    assert "No such part." in group.text
    assert WHY in accepted.text
    assert "Accepted as not applicable" in model.text
    assert WHY not in back.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"motive": WHY, "act": "accept"}, "Choose at least one model."),
        ({"product": ["{one}"], "motive": "", "act": "accept"}, "Say in a few words why"),
        ({"product": ["{one}"], "act": "undo"}, "The list has changed"),
        ({"product": ["²", "-1", "9" * 30], "act": "accept", "motive": WHY}, "Choose at least one model."),
    ],
)
def test_what_cannot_be_taken_comes_back_with_what_was_typed(round_, lead, data, said):
    (product,) = numbers(round_, BATTERY)
    round_.session.rollback()
    data = {k: [str(product) if v == "{one}" else v for v in vs] if k == "product" else vs for k, vs in data.items()}

    answer = lead.post(f"{place(round_)}/{round_.tender.public_id}/{BATTERY}", data=data)

    assert answer.status_code in (409, 422)
    assert said in answer.get_data(as_text=True)


@pytest.mark.parametrize("tail", ["nobody/component:battery", "{tender}/component:camera", "{tender}/%00"])
def test_what_is_not_claimed_is_not_found(round_, lead, tail):
    path = f"{place(round_)}/{tail.format(tender=round_.tender.public_id)}"

    assert lead.get(path).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("member", 403), ("evaluator", 403), ("monitor", 403), ("chair", 200)])
def test_who_else_sees_the_page(round_, sign_in, role, status):
    organisation = round_.build.organisation("monitor") if role == "monitor" else round_.member
    user = round_.build.user(organisation)
    if role in ("evaluator", "chair"):
        round_.build.appoint(round_.round, user, organisation, role)
    round_.session.commit()
    browser = sign_in(user, organisation)

    assert browser.get(place(round_)).status_code == status
    if status == 200:
        page = browser.page(f"{place(round_)}/{round_.tender.public_id}/{BATTERY}")
        assert "Accept for the chosen models" not in page.text


def test_the_list_needs_the_same_queries_however_many_claims_there_are(round_, lead):
    def asked():
        counted = []
        listen = lambda *arguments: counted.append(arguments[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        try:
            lead.page(place(round_))
        finally:
            event.remove(db.engine, "before_cursor_execute", listen)
        return len(counted)

    first = asked()
    round_.session.rollback()
    round_.session.info["write"] = True
    for name in ("Western IT", "Eastern IT"):
        round_.built(saying(of="P1", kind=MB), name=name)
        round_.built(saying(of="P1", kind=FA), name=f"{name} 2")
    round_.session.commit()

    assert asked() <= first
