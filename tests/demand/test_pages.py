"""Pages of demand: the grid, the preview, approval, the board, the pool; strangers and suppliers see nothing."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select

from models.base import db
from models.demand import Demand
from models.records import AuditEvent, Mail
from tests.demand.conftest import World, line
from tests.pages import inspect


def address(world: World, path: str = "") -> str:
    return f"/rounds/{world.round.public_id}{path}"


def grid_address(world: World, path: str = "") -> str:
    return address(world, f"/lots/{world.lot.public_id}/demand{path}")


def row(number: int = 1, year: int = 1, qty: str = "420", **cells: str) -> dict[str, str]:
    facts = {
        f"category-{number}": "laptop",
        f"tier-{number}": "standard",
        f"country-{number}": "NL",
        f"firm-{number}-{year}": qty,
        f"expected-{number}-{year}": qty,
        f"max-{number}-{year}": qty,
        f"value-{number}-{year}": "1.234,50",
        f"certainty-{number}-{year}": "planned",
    }
    return facts | cells


def form(version: int = 0, rows: int = 3, do: str = "save", **cells: str) -> dict[str, str]:
    return {"version": str(version), "rows": str(rows), "do": do, "baseline_source": "erp"} | cells


def stored(world: World) -> list[tuple]:
    world.session.expire_all()
    return [
        (d.version_no, d.state, [(x.year_no, x.qty_expected) for x in d.lines])
        for d in world.session.scalars(select(Demand).order_by(Demand.id))
    ]


def test_the_grid_of_a_member_who_has_not_begun_is_empty_and_changes_nothing(world: World, people):
    page = people["first"].page(grid_address(world))

    assert "Nothing binds you before you call off" in page.text
    assert stored(world) == []


def test_demand_goes_from_the_grid_to_the_pool_in_two_presses_and_a_second_person(world: World, people):
    page = people["first"].send(grid_address(world), form(do="submit", **row()))
    assert "A second person of your organisation must now approve it" in page.text
    demand = world.session.scalars(select(Demand)).one()

    people["second"].send(address(world, f"/demand/{demand.public_id}/approve"), {"version": demand.version})
    world.session.refresh(demand)
    page = people["lead"].send(
        address(world, f"/demand/{demand.public_id}/accept"), {"version": demand.version, "seen": "y"}
    )

    assert "Accepted. It counts in the pool." in page.text
    assert stored(world) == [(1, "accepted", [(1, 420)])]
    pool = people["first"].page(address(world, "/pool"))
    assert "420" in pool.text
    assert "1,234" in pool.text or "1,235" in pool.text


def test_a_person_who_is_alone_is_told_that_nobody_can_approve(world: World, build, sign_in):
    alone = build.organisation("buyer")
    build.sign_on(world.round, alone, state="confirmed")
    browser = sign_in(build.user(alone), alone)

    before = browser.page(grid_address(world))
    page = browser.send(grid_address(world), form(do="submit", **row()))

    assert "nobody else of it has an account yet" in before.text
    assert "nobody else of your organisation has an account" in page.text


def test_who_has_a_colleague_is_not_told_to_ask_for_one(world: World, people):
    assert "nobody else of it has an account" not in people["first"].page(grid_address(world)).text


def test_what_is_wrong_is_told_at_once_and_what_was_typed_is_kept(world: World, people):
    cells = row(1, qty="ca. 500") | row(2, qty="10", **{"max-2-1": "5", "country-2": "Narnia"})

    page = people["first"].send(grid_address(world), form(**cells), status=422)

    assert "“ca. 500” is approximate" in page.text
    assert "firm must not be more than expected" in page.text
    assert "“Narnia” is not a country we know" in page.text
    assert stored(world) == []


def test_what_is_wrong_is_marked_at_its_field(world: World, people):
    response = people["first"].post(
        grid_address(world), data=form(**row(1, **{"max-1-1": "5"}), **row(2, qty="x", **{"tier-2": "power"}))
    )
    html = response.get_data(as_text=True)

    assert re.findall(r'<a href="#([a-z]+-\d[-\d]*)">', html) == ["firm-2-1", "expected-2-1", "max-2-1", "expected-1-1"]
    assert re.findall(r'id="([a-z0-9-]+)" name="[a-z0-9-]+" aria-invalid="true"', html) == [
        "expected-1-1",
        "firm-2-1",
        "expected-2-1",
        "max-2-1",
    ]


def test_what_is_wrong_is_said_with_its_field(world: World, people):
    response = people["first"].post(grid_address(world), data=form(**row(1, qty="x", **{"country-1": "Narnia"})))

    html = response.get_data(as_text=True)
    described = re.findall(r'aria-invalid="true" aria-describedby="([^"]+)"', html)
    texts = dict(re.findall(r'<span class="govuk-visually-hidden" id="([^"]+)" data-error>([^<]+)</span>', html))
    assert described == list(texts) == ["country-1-error", "firm-1-1-error", "expected-1-1-error", "max-1-1-error"]
    assert "“Narnia” is not a country we know" in texts["country-1-error"]
    assert inspect(html).text.count(texts["country-1-error"]) == 2


@pytest.mark.parametrize(
    ("language", "typed", "shown"),
    [("nl", "1.500", "1500"), ("sv", "1500,50", "1500,50"), ("en", "1,500.50", "1500.50")],
)
def test_thousands_are_kept_in_every_language(world: World, people, language: str, typed: str, shown: str):
    people["first"].post(f"/language/{language}")
    cells = row(1, qty="2.000", **{"firm-1-1": "1.000", "max-1-1": "3.000", "value-1-1": typed})

    page = people["first"].get(people["first"].post(grid_address(world), data=form(**cells)).headers["Location"])

    html = page.get_data(as_text=True)
    assert [
        re.search(rf'name="{n}-1-1"[^>]* value="([^"]*)"', html)[1] for n in ("firm", "expected", "max", "value")
    ] == [
        "1000",
        "2000",
        "3000",
        shown,
    ]


def test_enter_in_a_cell_saves_and_does_not_submit(world: World, people):
    html = people["first"].get(grid_address(world)).get_data(as_text=True)
    default = re.search(r'<form[^>]*id="demand-form".*?<button[^>]*name="do" value="([a-z]+)"', html, re.DOTALL)
    assert default

    people["first"].send(grid_address(world), form(do=default[1], **row()))

    assert stored(world) == [(1, "draft", [(1, 420)])]
    assert world.session.scalars(select(Demand)).one().submitted_at is None


def test_nothing_is_declared_only_by_saying_so(world: World, people):
    refused = people["first"].send(grid_address(world), form(do="submit"), status=422)
    both = people["first"].send(grid_address(world), form(do="submit", nothing="y", **row()), status=422)
    said = people["first"].send(grid_address(world), form(do="submit", nothing="y"))

    assert "The grid is empty" in refused.text
    assert "but there are rows" in both.text
    assert "A second person of your organisation must now approve it" in said.text
    assert stored(world) == [(1, "draft", [])]


def test_a_row_says_what_becomes_of_the_years_left_empty(world: World, people):
    world.draft(
        line(1, qty=5),
        line(1, qty=6, spec_tier="power"),
        line(2, qty=None, spec_tier="power", not_known_reason="later"),
    )
    world.session.commit()

    page = people["first"].page(grid_address(world))

    assert "Not declared: year 2, 3, 4" in page.text
    assert "Not known yet: year 2, 3, 4" in page.text


def test_more_rows_than_a_page_can_send_are_refused_by_their_number(world: World, people):
    page = people["first"].send(grid_address(world), form(rows=401, **row()))

    assert "This page has 401 rows; it can take 400" in page.text
    assert stored(world) == []


def test_more_rows_keep_what_was_typed_and_save_nothing(world: World, people):
    response = people["first"].post(grid_address(world), data=form(do="rows", **row()))

    html = response.get_data(as_text=True)
    assert 'name="category-8"' in html
    assert 'value="420"' in html
    assert stored(world) == []


def test_a_reason_makes_lines_that_are_not_known(world: World, people):
    cells = {"category-1": "laptop", "tier-1": "power", "country-1": "NL", "reason-1": "Budget in March"}

    people["first"].send(grid_address(world), form(**cells))

    assert stored(world) == [(1, "draft", [(1, None), (2, None), (3, None), (4, None)])]


def test_a_form_sent_twice_has_one_effect(world: World, people):
    data = form(**row()) | {"once": "k" * 16}

    people["first"].send(grid_address(world), data)
    people["first"].send(grid_address(world), data)

    assert stored(world) == [(1, "draft", [(1, 420)])]


def test_the_first_person_is_not_offered_to_approve(world: World, people):
    people["first"].send(grid_address(world), form(do="submit", **row()))
    demand = world.session.scalars(select(Demand)).one()

    page = people["first"].page(address(world, f"/demand/{demand.public_id}"))
    refused = people["first"].send(address(world, f"/demand/{demand.public_id}/approve"), {"version": demand.version})

    assert "Another person of Gemeente A must approve it" in page.text
    assert "You proposed this yourself" in refused.text


@pytest.mark.parametrize(
    "path",
    ["", "/approve", "/submit", "/send-back", "/recall", "/withdraw", "/accept", "/return", "/strike"],
)
def test_another_members_declaration_is_not_found(world: World, people, path: str):
    demand = world.draft(line())
    world.session.commit()
    place = address(world, f"/demand/{demand.public_id}{path}")

    response = people["other"].get(place) if not path else people["other"].post(place, data={"version": 1})

    assert response.status_code in (403, 404)
    assert response.status_code == 404 or path in ("/accept", "/return", "/strike")
    assert b"Gemeente A" not in response.data


@pytest.mark.parametrize("path", ["/demand", "/pool", "/pool.xlsx"])
def test_a_supplier_sees_no_demand(world: World, build, sign_in, path: str):
    world.accepted(line(qty=77_123))
    world.round.state = "published"
    world.round.frozen_hash, world.round.frozen_text = "f" * 64, "{}"
    world.round.published_at = world.round.tender_deadline = world.clock()
    supplier = build.organisation("supplier")
    browser = sign_in(build.user(supplier), supplier)

    response = browser.get(address(world, path))

    assert response.status_code == 403
    assert b"77,123" not in response.data


@pytest.mark.parametrize(
    ("setting", "names"),
    [("members", ["Member", "Gemeente A"]), ("lead", ["Member", "Other members together"])],
)
def test_members_see_each_others_volumes_only_where_the_setting_says_so(
    world: World, people, setting: str, names: list[str]
):
    world.accepted(line(qty=31_111))
    world.round.settings = {"share_member_volumes": setting}
    world.session.commit()

    page = people["other"].page(address(world, "/pool"))
    exported = people["other"].get(address(world, "/pool.xlsx")).data

    assert ("Gemeente A" in page.text) is (setting == "members")
    assert [c.value for c in load_workbook(io.BytesIO(exported))["Members"]["C"]] == names
    assert "Gemeente A" in people["lead"].page(address(world, "/pool")).text


def test_the_pool_says_what_it_means_to_us(world: World, people):
    world.accepted(line(qty=58_000), member=1)
    world.accepted(line(qty=420), member=0)
    world.session.commit()

    page = people["first"].page(address(world, "/pool"))
    without = people["first"].page(address(world, "/pool?without=us"))

    assert "×139" in page.text
    assert "58,420" in page.text
    assert "58,000" in without.text


def test_the_picture_of_the_pool_is_drawn_once_and_only_for_the_round(world: World, people):
    world.accepted(line(qty=5))
    world.session.commit()
    html = people["first"].get(address(world, "/pool")).get_data(as_text=True)
    src = re.search(r'src="(/rounds/[^"]+\.svg)"', html)
    assert src

    response = people["first"].get(src[1])

    assert response.mimetype == "image/svg+xml"
    assert b"Gemeente A" in response.data
    assert people["first"].get(src[1].replace(".svg", "0.svg")).status_code == 404


def test_the_board_shows_answers_and_ghosts_and_reminds(world: World, people):
    world.accepted(line(qty=420))
    world.session.commit()

    page = people["lead"].page(address(world, "/demand"))
    told = people["lead"].send(address(world, "/demand/remind"))

    assert "420" in page.text
    assert "no answer" in page.text
    assert "1 member has not answered for every lot" in page.text
    assert "2 reminders leave by mail" in told.text
    assert len(world.session.scalars(select(Mail).where(Mail.template == "demand_reminder")).all()) == 2


def test_accepting_without_looking_is_refused_and_recorded(world: World, people):
    demand = world.submitted()
    world.session.commit()

    page = people["lead"].send(address(world, f"/demand/{demand.public_id}/accept"), {"version": demand.version})

    assert "say that you have seen it" in page.text
    world.session.expire_all()
    denied = world.session.scalars(select(AuditEvent.kind).where(AuditEvent.outcome == "denied")).all()
    assert denied == ["demand.accept.denied"]


def test_after_the_lock_the_grid_cannot_be_sent(world: World, people):
    world.accepted(line(qty=420))
    world.lock()
    world.session.commit()

    response = people["first"].post(grid_address(world), data=form(**row()))

    assert response.status_code == 409
    assert stored(world) == [(1, "locked", [(1, 420)])]


@pytest.mark.parametrize("path", ["/demand", "/pool"])
def test_pages_take_few_queries(world: World, people, path: str):
    world.accepted(line(qty=420))
    world.session.commit()
    people["lead"].page(address(world, path))
    seen: list[str] = []

    def count(_c, _cur, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    people["lead"].page(address(world, path))
    event.remove(db.engine, "before_cursor_execute", count)

    assert len(seen) <= 25


def test_the_board_leaves_as_a_workbook_for_the_lead_alone(world: World, people):
    world.accepted(line(qty=420))
    world.session.commit()

    answer = people["lead"].get(address(world, "/demand.xlsx"))
    rows = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))

    assert rows[0][0] == "Member"
    assert [row[4:] for row in rows if row[4] == "Accepted"] == [("Accepted", 1, 420, 420, 420)]
    assert [row[5:] for row in rows if row[4] == "no answer"] == [(None, None, None, None)]
    assert people["first"].get(address(world, "/demand.xlsx")).status_code == 403


def test_an_address_that_no_database_holds_is_not_found(world: World, people):
    world.session.commit()
    places = [address(world, "/demand/%00"), f"{grid_address(world)}/preview/%00"]

    assert [people["first"].get(place).status_code for place in places] == [404, 404]
    assert people["first"].post("/applications/%00").status_code == 404
