"""The scoring page: what stands on it, saving by script and by plain form, finishing, and few queries for many items."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from models.rounds import Criterion
from tests.chain.opened import FA
from tests.memory import remembered


@pytest.fixture
def queries():
    """The statements sent to the database since the list was last cleared."""
    found: list[str] = []

    def watch(_connection, _cursor, statement, *_others):
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "WITH")):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", watch)
    yield found
    event.remove(Engine, "before_cursor_execute", watch)


@pytest.fixture
@remembered
def desk(judged, sign_in, session):
    """A tender of four sections, and the browsers of its two evaluators and of the chair."""
    submission, items = judged.tender(name="Northern IT")
    here = f"/rounds/{judged.round.public_id}/judging"
    people = {"anna": judged.evaluators[0], "bert": judged.evaluators[1], "chair": judged.chair}
    return judged, submission, items, here, browsers(judged, sign_in, session, people)


def browsers(judged, sign_in, session, people):
    from models.people import Organisation, User

    found = {}
    for name, actor in people.items():
        user, member = session.get_one(User, actor.user_id), session.get_one(Organisation, actor.organisation_id)
        found[name] = sign_in(user, member)
    return found


def form(page, item_key):
    """The fields of one item as a browser would send them, without the level."""
    return {"assessment": item_key}


def keys(page):
    return re.findall(r'data-item="([a-z2-7]{16})"', page)


def test_points_stand_in_their_field_with_all_digits(desk, session):
    judged, submission, _items, here, people = desk
    criterion = Criterion(
        round=judged.round, name="Reach", place="award", weight=Decimal(10), formula="points", created_at=judged.clock()
    )
    judged.build.add(criterion)
    item = judged.item(submission, "", "", position=9, brand="", criterion=criterion, scale_max=20_000)
    judged.assign(item, judged.evaluators[0]).points = Decimal("10000.25")
    session.commit()
    assert 'value="10000.25"' in people["anna"].get(f"{here}/mine/{submission.public_id}").text


def test_the_page_shows_evidence_beside_the_form(desk):
    _judged, submission, _items, here, people = desk
    page = people["anna"].get(f"{here}/mine/{submission.public_id}").text
    assert len(keys(page)) == 4
    assert "Lakeside Ltd" in page
    assert "The evidence allows E3 at most." in page
    assert "report" not in page, "the name of a file is behind the link to its cell"
    assert "column=evidence_file" in page


def test_an_evaluator_saves_by_plain_form_and_goes_on(desk, session):
    _judged, submission, _items, here, people = desk
    there = f"{here}/mine/{submission.public_id}"
    first, second, *_others = keys(people["anna"].get(there).text)
    sent = people["anna"].post(f"{there}/save", data={"assessment": first, "level": "E3", "take": "yes"})
    assert sent.status_code == 303
    assert sent.location.endswith(f"#item-{second}")
    page = people["anna"].get(there).text
    assert "An independent audit of this place names it" in page
    assert "Saved" in page


def test_a_page_with_scripts_is_told_when_it_was_saved(desk):
    _judged, submission, _items, here, people = desk
    there = f"{here}/mine/{submission.public_id}"
    first = keys(people["anna"].get(there).text)[0]
    data = {"assessment": first, "level": "E2", "motive": "The report.", "seconds": "9"}
    sent = people["anna"].post(f"{there}/save", data=data, headers={"Accept": "application/json"})
    assert sent.status_code == 200
    assert sent.json["saved"].startswith("Saved ")
    assert sent.json["done"] == "1 of 4 have a value"
    assert sent.json["cells"]
    data["level"] = "E4"
    refused = people["anna"].post(f"{there}/save", data=data, headers={"Accept": "application/json"})
    assert refused.status_code == 422
    assert "E3 at most" in refused.json["error"]


def test_nobody_reaches_an_assessment_of_somebody_else(desk):
    _judged, submission, _items, here, people = desk
    there = f"{here}/mine/{submission.public_id}"
    first = keys(people["anna"].get(there).text)[0]
    assert people["bert"].post(f"{there}/save", data={"assessment": first, "level": "E0"}).status_code == 404
    assert people["chair"].get(there).status_code in (403, 404)


def test_all_is_made_final_in_one_act_and_then_one_may_look(desk):
    judged, submission, items, here, people = desk
    there = f"{here}/mine/{submission.public_id}"
    for item in items[:3]:
        judged.save(item, judged.evaluators[0], "E1")
    judged.session.commit()
    page = people["anna"].get(f"{there}/finish").text
    assert "1 item still lacks something" in page
    assert people["anna"].post(f"{there}/finish").status_code == 422
    last = keys(people["anna"].get(there).text)[3]
    people["anna"].post(f"{there}/save", data={"assessment": last, "level": "E1", "take": "yes"})
    assert people["anna"].post(f"{there}/finish").status_code == 303
    page = people["anna"].get(f"{there}/finish").text
    assert "See what the others found" in page
    assert people["anna"].post(f"{there}/look").status_code == 303
    pile = people["anna"].get(f"{here}/mine").text
    assert "Final" in pile


def test_a_page_of_three_hundred_claims_asks_few_questions(judged, sign_in, session, queries):
    rows = many_rows(300)
    sections = [("co", kind) for kind in ("mainboard_pcba", "battery")] + [("fa", FA)]
    submission, _items = judged.tender(rows, sections=[])
    place = 0
    for brand in range(100):
        for section, kind in sections:
            item = judged.item(submission, section, kind, position=place, brand=f"Brand {brand}")
            judged.assign(item, judged.evaluators[0])
            place += 1
    browser = browsers(judged, sign_in, session, {"anna": judged.evaluators[0]})["anna"]
    session.commit()
    there = f"/rounds/{judged.round.public_id}/judging/mine/{submission.public_id}"
    browser.get(there)
    queries.clear()
    page = browser.get(there)
    assert page.status_code == 200
    assert len(queries) <= 25, "\n".join(queries)
    queries.clear()
    first = keys(page.text)[0]
    data = {"assessment": first, "level": "E1", "motive": "x"}
    sent = browser.post(f"{there}/save", data=data, headers={"Accept": "application/json"})
    assert sent.status_code == 200, sent.text
    queries.clear()
    browser.post(f"{there}/save", data=data, headers={"Accept": "application/json"})
    assert len(queries) <= 20, "\n".join(queries)


def many_rows(claims):
    """A signed file of brands with a model each: three disclosed sections of a brand."""
    rows = []
    for number in range(claims // 3):
        brand, ref = f"Brand {number}", f"P{number}"
        rows.append(("0_submission", {"brand": brand, "scope": "contract_models", "signatory_name": "A"}))
        rows.append(
            ("1_products", {"product_ref": ref, "lot": "L1", "brand": brand, "model_name": ref, "category": "laptop"})
        )
        for kind, tier in ((FA, 1), ("mainboard_pcba", 2), ("battery", 2)):
            part = f"{ref}-{kind}"
            rows.append(
                ("2_components", {"component_ref": part, "product_ref": ref, "component_type": kind, "tier": tier})
            )
            site = f"S{number}-{kind}"
            where = {"address_line": f"{number} {kind} Road", "city": "Kunshan", "country": "CN"}
            rows.append(("3_sites", {"site_ref": site, "site_legal_name": f"{kind} {number} Ltd"} | where))
            rows.append(("4_links", {"product_ref": ref, "component_ref": part, "site_ref": site}))
    return rows
