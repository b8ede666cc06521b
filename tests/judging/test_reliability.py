"""Verdicts as the fifth measure: counted with the stored figures, with the spread beside, and kept from who still judges and from who has no part in it."""

from __future__ import annotations

import re
from fractions import Fraction

from sqlalchemy import select

from framework.chain.measures import judged as kept
from framework.chain.measures import stored
from models.measures import LotMeasures, ProductMeasures
from models.people import Organisation, User


def settled(judged):
    submission, items = judged.tender(name="Northern IT")
    stored.count_next(judged.session, judged.round, now=judged.clock())
    anna, bert = judged.evaluators
    judged.all_say(submission, items, anna, ["E3", "E2", "E1", "E1"])
    judged.all_say(submission, items, bert, ["E2", "E0", "E1", "E1"])
    return submission, items


def test_reliability_is_the_mean_over_judged_nodes_with_the_spread_beside(judged, session):
    settled(judged)
    assert judged.work()
    first, second = session.scalars(select(ProductMeasures.figures).order_by(ProductMeasures.product_id))
    # final assembly E2, battery E1 and tin E1; the mainboard is still talked about
    assert Fraction(first["values"]["reliability"]) == Fraction(14, 30)
    assert (first["counts"]["judged"], first["counts"]["apart"], first["weakest"]) == (3, 1, "E1")
    assert Fraction(second["values"]["reliability"]) == Fraction(1, 2), "its battery is not disclosed"


def test_who_still_judges_sees_no_verdict_anywhere(judged, session, sign_in):
    submission, _every = settled(judged)
    judged.work()
    other, _items = judged.tender(name="Southern IT", evaluators=[judged.evaluators[0]])
    people = {}
    buyer = judged.build.person(judged.member, "member")
    for name, actor in (("anna", judged.evaluators[0]), ("chair", judged.chair), ("member", buyer)):
        user, member = session.get_one(User, actor.user_id), session.get_one(Organisation, actor.organisation_id)
        people[name] = (user, member)
    session.commit()
    browsers = {name: sign_in(*both) for name, both in people.items()}
    lot = f"/rounds/{judged.round.public_id}/lots/{judged.lot.public_id}"
    product = session.scalars(select(ProductMeasures.product_id).order_by(ProductMeasures.product_id)).first()
    comparison = browsers["chair"].get(f"{lot}/comparison").text
    brand = re.search(rf"measures/{submission.public_id}\?brand=([^\"#&]+)", comparison).group(1)
    for path in (
        f"{lot}/measures/{submission.public_id}?brand={brand}",
        f"{lot}/measures/{submission.public_id}/reliability?brand={brand}",
        f"{lot}/products/{product}",
    ):
        seen = browsers["chair"].get(path)
        assert seen.status_code == 200, path
        assert "are judged" in seen.text or "judged E2" in seen.text, path
        for hidden in (browsers[name].get(path) for name in ("anna", "member")):
            assert hidden.status_code == 200, path
            assert "judged E2" not in hidden.text, path
            assert "46.7" not in hidden.text, path
            assert "the evaluators differed" not in hidden.text, path
    assert other is not None


def test_the_stored_sums_are_masked_for_a_blind_reader_alone(judged, session):
    settled(judged)
    judged.work()
    group = session.scalars(select(LotMeasures)).first()
    assert kept.sums_of(group) == group.sums
    kept.hide(session, hidden=True)
    masked = kept.sums_of(group)
    assert (masked["known"]["reliability"], masked["counts"]["judged"]) == ("0", 0)
    assert masked["known"]["completeness"] == group.sums["known"]["completeness"]
    kept.hide(session, hidden=False)
