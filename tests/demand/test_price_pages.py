"""Pages of indicative prices: a supplier gives, the lead compares, a member sees its own, and nobody sees more."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from models.prices import PriceList
from tests.demand.pricing import Pricing
from tests.memory import remembered


@pytest.fixture
@remembered
def pricing(build):
    return Pricing(build)


@pytest.fixture
def queries():
    """The statements since this list was last cleared."""
    found = []

    def note(_connection, _cursor, statement, *_others):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def key(pricing, tier=0, category="laptop"):
    return f"{pricing.lot.public_id}.{category}.{tier}"


def typed(pricing, *rows, **head):
    facts = {"rows": str(len(rows)), "currency": "EUR", "reading": "whole", "based_on": "0", "do": "give"} | head
    for n, (item, start, price) in enumerate(rows, start=1):
        facts |= {f"item-{n}": item, f"from-{n}": start, f"price-{n}": price}
    return facts


def lists(pricing):
    pricing.session.rollback()
    return pricing.session.scalars(select(PriceList).order_by(PriceList.id)).all()


def book(rows):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    buffer = io.BytesIO()
    made.save(buffer)
    buffer.seek(0)
    return buffer


def test_a_supplier_gives_a_list_and_the_lead_compares_it(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])
    item = key(pricing)
    rows = [(item, "1", "700"), (item, "1000", "650,50"), ("", "", "")]

    supplier.post("/language/nl")
    supplier.send(f"{pricing.here}/price-list", typed(pricing, *rows, note="Including delivery"))
    (found,) = lists(pricing)
    assert [(step.from_qty, str(step.unit_price)) for step in found.steps] == [(1, "700.0000"), (1000, "650.5000")]

    pricing.session.info["write"] = True
    lead = pricing.browser(sign_in, pricing.lead_actor)
    lead.post("/language/en")
    page = lead.page(f"{pricing.here}/prices").text
    assert "Zeewind Computers" in page
    assert "EUR 650.50" in page
    assert "Amberdorp and Bronzestad" in page
    detail = lead.page(f"{pricing.here}/prices/{found.public_id}").text
    assert "Including delivery" in detail
    assert "EUR 19,800.00" in detail


def test_what_is_wrong_with_a_row_is_said_there_and_everything_typed_is_kept(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])
    item = key(pricing)
    rows = [(item, "1", "700"), (item, "1", "650"), (item, "ca. 500", "0"), ("", "5", "7"), (item, "", "")]

    answer = supplier.post(f"{pricing.here}/price-list", data=typed(pricing, *rows, note="Kept"))

    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Row 2 begins at the same quantity as row 1" in text
    assert "“ca. 500” is approximate" in text
    assert "Row 3 has a price of 0" in text
    assert "Row 4 has no category" in text
    assert "Row 5 names a product without quantity and price" in text
    assert 'value="650"' in text
    assert "Kept" in text
    assert lists(pricing) == []


def test_a_forged_product_is_refused(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])

    answer = supplier.post(f"{pricing.here}/price-list", data=typed(pricing, ("nothing.laptop.0", "1", "700")))

    assert answer.status_code == 422
    assert lists(pricing) == []


def test_more_rows_keep_what_was_typed(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])

    page = supplier.send(f"{pricing.here}/price-list", typed(pricing, (key(pricing), "1", "700"), do="rows"))

    assert len([found for _tag, found in page.fields if str(found.get("name")).startswith("from-")]) == 11
    assert lists(pricing) == []


def test_the_template_filled_in_comes_back_row_by_row(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])
    empty = openpyxl.load_workbook(io.BytesIO(supplier.get(f"{pricing.here}/price-list/prices.xlsx").data))
    sheet = empty.worksheets[0]
    ready = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[:2] for row in ready] == [("L1 · Lot 1", "Laptop"), ("L1 · Lot 1", "Monitor")]
    for column, value in enumerate(("L1 · Lot 1", "Laptop", "power", 1, 900.25), start=1):
        sheet.cell(4, column, value)
    for column, value in enumerate(("L1 · Lot 1", "Laptop", "power", 500, "850"), start=1):
        sheet.cell(5, column, value)
    sheet.cell(6, 1, "L9")
    sheet.cell(6, 4, 1)
    sheet.cell(6, 5, "700 SEK")
    buffer = io.BytesIO()
    empty.save(buffer)
    buffer.seek(0)

    answer = supplier.post(f"{pricing.here}/price-list/upload", data={"file": (buffer, "prices.xlsx")})
    place = answer.headers["Location"]
    page = supplier.page(place)

    assert "2 rows become steps; 1 row is left out." in page.text
    assert "“L9” is not a lot of this round" in page.text
    assert "another currency" in page.text
    assert "rows 2, 3" in page.text
    seal = next(found["value"] for found in _inputs(supplier, place) if found.get("name") == "seal")
    head = {"seal": seal, "based_on": "0", "currency": "EUR", "reading": "parts"}
    left_out = openpyxl.load_workbook(io.BytesIO(supplier.get(f"{place}/left-out.xlsx").data)).active
    assert [row[0] for row in left_out.iter_rows(min_row=2, values_only=True)] == [6]
    supplier.send(place, head)
    (found,) = lists(pricing)
    assert (found.reading, [(s.spec_tier, s.from_qty) for s in found.steps]) == (
        "parts",
        [("power", 1), ("power", 500)],
    )
    assert found.source_upload_id is not None


def _inputs(browser, place):
    from html.parser import HTMLParser

    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag == "input":
                found.append(dict(attrs))

    Reader().feed(browser.get(place).get_data(as_text=True))
    return found


def test_a_sheet_read_otherwise_than_shown_is_shown_again(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])
    rows = [("From quantity", "Price", "Category"), (1, "EUR 700", "Laptop")]
    answer = supplier.post(f"{pricing.here}/price-list/upload", data={"file": (book(rows), "p.xlsx")})
    place = answer.headers["Location"]
    seal = next(found["value"] for found in _inputs(supplier, place) if found.get("name") == "seal")

    again = supplier.post(place, data={"seal": seal, "based_on": "0", "currency": "SEK", "reading": "whole"})

    assert again.status_code == 409
    assert lists(pricing) == []


@pytest.mark.parametrize("rows", [[("Name", "Town"), ("a", "b")], [(1, 2, 3)]])
def test_a_sheet_without_prices_is_told_what_to_do(pricing, sign_in, rows):
    supplier = pricing.browser(sign_in, pricing.givers[0])

    page = supplier.send(f"{pricing.here}/price-list/upload", {"file": (book(rows), "p.xlsx")})

    assert "Download the template and fill it in" in page.text


def test_a_file_that_is_no_sheet_is_told_so(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])

    answer = supplier.post(
        f"{pricing.here}/price-list/upload", data={"file": (io.BytesIO(b"\x00\x01nonsense"), "p.xlsx")}
    )

    assert answer.status_code == 303
    assert supplier.get(answer.headers["Location"]).status_code == 303


def test_a_sheet_of_another_supplier_is_not_found(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])
    rows = [("From quantity", "Price", "Category"), (1, 700, "Laptop")]
    place = supplier.post(f"{pricing.here}/price-list/upload", data={"file": (book(rows), "p.xlsx")}).headers[
        "Location"
    ]

    assert pricing.browser(sign_in, pricing.givers[1]).get(place).status_code == 404


def test_a_supplier_sees_its_own_list_alone_and_nothing_else_of_the_round(pricing, sign_in):
    pricing.given((1, "701.77"))
    pricing.given((1, "702.88"), supplier=1)
    pricing.session.commit()
    rival = pricing.browser(sign_in, pricing.givers[1])

    page = rival.page(f"{pricing.here}/price-list")
    assert "702.88" in page.text
    assert "701.77" not in page.text
    assert "Zeewind" not in page.text
    assert "Amberdorp" not in page.text
    for tail in ("", "/prices", "/prices.xlsx", "/pool", "/demand", "/terms"):
        assert rival.get(pricing.here + tail).status_code in (403, 404), tail


def test_a_supplier_that_is_only_asked_does_not_see_where_the_round_stands(build, sign_in):
    pricing = Pricing(
        build,
        signon_deadline=build.clock() - dt.timedelta(days=3),
        demand_deadline=build.clock() + dt.timedelta(days=70),
        tender_deadline=build.clock() + dt.timedelta(days=160),
        term_starts_on=dt.date(2028, 3, 4),
    )
    supplier = pricing.browser(sign_in, pricing.givers[0])
    lead = pricing.browser(sign_in, pricing.lead_actor)
    dates = [pricing.round.signon_deadline, pricing.round.demand_deadline, pricing.round.tender_deadline]
    tokens = [f"{one.day} {one:%b}" for one in dates] + [
        "4 Mar 2028",
        "phases__step",
        "phases__state",
        'aria-current="step"',
    ]

    page = supplier.get(f"{pricing.here}/price-list").get_data(as_text=True)
    known = lead.get(f"{pricing.here}/prices").get_data(as_text=True)

    assert pricing.round.name in page
    assert [one for one in tokens if one in page] == []
    assert [one for one in tokens if one not in known] == []


def test_who_gave_a_list_withdraws_it_though_nobody_is_asked_any_more(pricing, sign_in):
    found = pricing.given()
    pricing.round.settings = {"ask_indicative_prices": False}
    pricing.session.commit()
    supplier = pricing.browser(sign_in, pricing.givers[0])
    here = f"{pricing.here}/price-list"

    page = supplier.page(here).text
    assert "EUR 700.00" in page
    assert "What you gave counts until you withdraw it" in page
    assert "Give this list" not in page
    assert "not asked any more" in supplier.page("/rounds").text
    answer = supplier.post(here, data=typed(pricing, (key(pricing), "1", "690"), based_on="1"))
    assert answer.status_code == 409
    assert "so no new one is taken" in answer.get_data(as_text=True)
    page = supplier.send(f"{here}/upload", {"file": (book([("From quantity", "Price"), (1, 700)]), "p.xlsx")})
    assert "so no new one is taken" in page.text
    assert len(lists(pricing)) == 1
    assert pricing.browser(sign_in, pricing.givers[1]).get(here).status_code == 404
    page = supplier.send(f"{here}/withdraw", {"list": found.public_id})
    assert "You withdrew your list" in page.text
    assert lists(pricing)[0].withdrawn_at is not None


def test_a_withdrawn_list_is_gone_from_the_lead_s_page(pricing, sign_in):
    found = pricing.given()
    pricing.session.commit()
    supplier = pricing.browser(sign_in, pricing.givers[0])

    page = supplier.send(f"{pricing.here}/price-list/withdraw", {"list": found.public_id})
    assert "You withdrew your list" in page.text
    lead = pricing.browser(sign_in, pricing.lead_actor)
    assert "No list has come yet" in lead.page(f"{pricing.here}/prices").text
    assert lead.get(f"{pricing.here}/prices/{found.public_id}").status_code == 404


def test_members_see_their_own_figures_only_where_the_lead_shows_them(build, sign_in):
    pricing = Pricing(build)
    found = pricing.given()
    pricing.session.commit()
    lead = pricing.browser(sign_in, pricing.lead_actor)
    member = pricing.browser(sign_in, pricing.member_actor())

    hidden = member.page(f"{pricing.here}/prices").text
    assert "does not show indicative prices" in hidden
    assert "650" not in hidden
    assert member.get(f"{pricing.here}/prices.xlsx").status_code == 404

    lead.send(f"{pricing.here}/prices/arrange", {"asked": "y", "shown": "y"})
    shown = member.page(f"{pricing.here}/prices").text
    assert "Price list 1" in shown
    assert "EUR 20,000.00" in shown
    assert "the pool falls below its step" in shown
    for secret in ("Zeewind", "Bronzestad", "35,000"):
        assert secret not in shown
    assert member.get(f"{pricing.here}/prices/{found.public_id}").status_code == 404
    sheets = openpyxl.load_workbook(io.BytesIO(member.get(f"{pricing.here}/prices.xlsx").data))
    cells = [cell for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "Amberdorp" in cells
    assert not {"Bronzestad", "Zeewind Computers"} & set(cells)


def test_the_workbook_of_a_member_tells_nothing_over_the_other_members(build, sign_in):
    pricing = Pricing(build, shown=True)
    pricing.given((500, "700"), (1000, "650"))
    pricing.session.commit()
    heads = {}
    for name, who in (("lead", pricing.lead_actor), ("member", pricing.member_actor())):
        got = pricing.browser(sign_in, who).get(f"{pricing.here}/prices.xlsx").data
        head, row = openpyxl.load_workbook(io.BytesIO(got)).worksheets[0].iter_rows(max_row=2, values_only=True)
        heads[name] = dict(zip(head, row, strict=True))

    over = {
        "Saving of members with a price alone, compared": 35_000,
        "Members without a price alone": 1,
        "Members that decide the step": 2,
    }
    assert heads["lead"].items() >= over.items()
    assert heads["lead"].keys() - heads["member"].keys() == over.keys()
    shown = {key: value for key, value in heads["lead"].items() if key not in over}
    assert heads["member"] == shown | {"Price list": "Price list 1"}


def test_a_member_is_told_where_a_list_does_not_hold_today(build, sign_in):
    pricing = Pricing(build, shown=True)
    pricing.given(valid_from=dt.date(2027, 1, 1), valid_until=dt.date(2027, 2, 1))
    pricing.given(supplier=1, valid_until=dt.date(2027, 2, 1))
    pricing.session.commit()

    page = pricing.browser(sign_in, pricing.member_actor()).page(f"{pricing.here}/prices").text

    assert page.count("does not hold today") == 1
    assert "1 Jan 2027 to 1 Feb 2027" in page


def test_a_list_without_a_rate_is_not_comparable_until_the_lead_enters_one(pricing, sign_in):
    pricing.given((1, "7500"), currency="SEK")
    pricing.session.commit()
    lead = pricing.browser(sign_in, pricing.lead_actor)

    page = lead.page(f"{pricing.here}/prices").text
    assert "not comparable" in page
    assert "Lists in SEK cannot be compared" in page
    entered = {"currency": "SEK", "rate": "0.0885", "on_date": "2026-11-20", "source": "European Central Bank"}
    page = lead.send(f"{pricing.here}/prices/rates", entered).text
    assert "1 SEK = 0.0885 EUR" in page
    assert "European Central Bank" in page
    assert "EUR 663.75" in page
    assert "not comparable" not in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": "0"},
        {"rate": "much"},
        {"rate": ""},
        {"rate": "1" * 25},
        {"rate": "1e400"},
        {"rate": "Infinity"},
        {"on_date": "2027-01-01"},
        {"source": ""},
        {"currency": "EUR"},
    ],
)
def test_a_wrong_rate_is_told_at_its_field_and_kept_as_typed(pricing, sign_in, wrong):
    entered = {"currency": "SEK", "rate": "0.0885", "on_date": "2026-11-20", "source": "My own source"} | wrong

    answer = pricing.browser(sign_in, pricing.lead_actor).post(f"{pricing.here}/prices/rates", data=entered)

    assert answer.status_code == 422
    assert "govuk-error-message" in answer.get_data(as_text=True)
    assert wrong.get("source") == "" or "My own source" in answer.get_data(as_text=True)


def test_a_lead_who_opens_or_judges_sees_no_prices(build, sign_in):
    pricing = Pricing(build, shown=True)
    pricing.given((1, "701.77"))
    user = build.user(pricing.lead)
    build.appoint(pricing.round, user, build.organisation("buyer"), "evaluator")
    pricing.session.commit()
    browser = sign_in(user, pricing.lead)

    for tail in ("/prices", "/prices.xlsx"):
        answer = browser.get(pricing.here + tail)
        assert answer.status_code == 403
        assert "701.77" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_no_tab_leads_to_prices_that_are_kept_from_the_reader(build, sign_in, queries, elsewhere):
    pricing = Pricing(build, shown=True)
    pricing.given()
    user = build.user(pricing.lead)
    pricing.session.commit()
    browser, tab = sign_in(user, pricing.lead), f'href="{pricing.here}/prices"'
    assert tab in browser.get(pricing.here).get_data(as_text=True)
    pricing.session.info["write"] = True
    build.appoint(pricing.round, user, build.organisation("buyer") if elsewhere else pricing.lead, "evaluator")
    pricing.session.commit()

    queries.clear()
    assert tab not in browser.get(pricing.here).get_data(as_text=True)
    assert sum("role_grant.role" in one and "appointment.role" in one for one in queries) <= 1


def test_after_the_publication_a_supplier_still_sees_its_list_and_changes_it_no_more(pricing, sign_in):
    found = pricing.given()
    pricing.round.state, pricing.round.frozen_hash = "published", "f" * 64
    pricing.round.published_at = pricing.round.tender_deadline = pricing.clock()
    pricing.round.tender_deadline = pricing.clock.now.replace(year=2027)
    pricing.session.commit()
    supplier = pricing.browser(sign_in, pricing.givers[0])

    assert "EUR 700.00" in supplier.page(f"{pricing.here}/price-list").text
    assert supplier.post(f"{pricing.here}/price-list", data=typed(pricing)).status_code in (403, 409)
    withdrawn = supplier.post(f"{pricing.here}/price-list/withdraw", data={"list": found.public_id})
    assert withdrawn.status_code in (403, 409)


@pytest.mark.parametrize("who", ["lead", "member", "supplier"])
def test_the_pages_ask_few_queries_however_many_lists_there_are(build, sign_in, queries, who):
    pricing = Pricing(build, shown=True)
    for number in range(6):
        pricing.list_of(build.organisation("supplier"), currency=("EUR", "SEK")[number % 2])
    made = pricing.given()
    pricing.session.commit()
    people = {"lead": pricing.lead_actor, "member": pricing.member_actor(), "supplier": pricing.givers[0]}
    browser = pricing.browser(sign_in, people[who])
    places = {"lead": ["/prices", f"/prices/{made.public_id}"], "member": ["/prices"], "supplier": ["/price-list"]}

    here = pricing.here
    for place in places[who]:
        queries.clear()
        browser.page(here + place)
        assert len(queries) <= 25, "\n".join(queries)


def test_a_list_longer_than_the_page_offers_is_taken_whole(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])
    rows = [(key(pricing), str(n), "700") for n in range(1, 206)]

    supplier.send(f"{pricing.here}/price-list", typed(pricing, *rows))
    assert len(lists(pricing)[0].steps) == 205
    page = supplier.page(f"{pricing.here}/price-list")
    assert len([found for _tag, found in page.fields if str(found.get("name")).startswith("from-")]) == 205


def test_more_rows_than_are_read_are_refused_and_none_is_left_out_in_silence(pricing, sign_in):
    supplier = pricing.browser(sign_in, pricing.givers[0])

    answer = supplier.post(f"{pricing.here}/price-list", data=typed(pricing, rows="2001"))

    assert answer.status_code == 422
    assert "it can take 2,000" in answer.get_data(as_text=True)
    assert lists(pricing) == []
