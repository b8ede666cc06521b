"""From a block or a sheet to the draft: a preview at its own address, questions, an account of the rows, taken over as one unit."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from framework.demand import declare
from framework.demand.lines import LABELS
from models.demand import Demand
from models.records import StoredFile
from tests.demand.conftest import World, line
from tests.demand.test_pages import address, grid_address, stored
from views import worker
from views.demand import imports

HEAD = "Category\tTier\tCountry\tYear\tFirm\tExpected\tMax\n"
BLOCK = HEAD + "Notebook\tstandard\tNederland\t1\t1\t2\t3\n"


def paste(browser, world: World, block: str) -> str:
    """Paste a block; the address of its preview."""
    answer = browser.post(grid_address(world, "/paste"), data={"block": block})
    assert answer.status_code == 303
    return answer.headers["Location"]


def upload(browser, world: World, content: bytes, name: str = "demand.xlsx", lot=None) -> str:  # type: ignore[no-untyped-def]
    """Upload a file; the address of its preview."""
    place = grid_address(world, "/upload") if lot is None else address(world, f"/lots/{lot.public_id}/demand/upload")
    answer = browser.post(place, data={"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")
    assert answer.status_code == 303
    return answer.headers["Location"]


def seal_of(browser, place: str) -> str:
    """The seal of what a preview shows."""
    found = re.search(r'name="seal" value="([0-9a-f]{64})"', browser.get(place).get_data(as_text=True))
    assert found
    return found[1]


def test_a_pasted_block_is_shown_before_it_is_saved(world: World, people):
    browser = people["first"]
    place = paste(browser, world, BLOCK)

    page = browser.page(place)
    before = stored(world)
    browser.send(place, {"do": "apply", "seal": seal_of(browser, place), "version": "0"})

    assert "Lines: new 1, changed 0, removed 0." in page.text
    assert "Rows in the table: 1. Taken: 1" in page.text
    assert before == []
    assert stored(world) == [(1, "draft", [(1, 2)])]


def test_a_preview_is_kept_at_its_address_for_the_back_button_and_for_nobody_else(world: World, people):
    place = paste(people["first"], world, BLOCK)

    assert "Notebook" in people["first"].page(place).text
    assert "Notebook" in people["second"].page(place).text
    assert people["other"].get(place).status_code == 404
    assert people["other"].get(f"{place}/listed.xlsx").status_code == 404
    assert people["lead"].get(place).status_code in (403, 404)


@pytest.mark.parametrize("seal", ["", "0" * 64])
def test_only_what_the_preview_showed_is_taken_over(world: World, people, seal: str):
    place = paste(people["first"], world, BLOCK)

    page = people["first"].send(place, {"do": "apply", "seal": seal, "version": "0"})

    assert "Look at the changes again" in page.text
    assert stored(world) == []


def test_options_changed_without_reading_again_are_shown_first(world: World, people):
    place = paste(people["first"], world, BLOCK)
    seal = seal_of(people["first"], place)

    page = people["first"].send(place, {"do": "apply", "seal": seal, "version": "0", "target-6": ""})

    assert "Look at the changes again" in page.text
    assert "your choice" in page.text
    assert stored(world) == []


def test_a_draft_saved_meanwhile_is_compared_anew(world: World, people):
    demand = world.draft(line(qty=10))
    world.session.commit()
    place = paste(people["first"], world, BLOCK)
    seal, old = seal_of(people["first"], place), demand.version
    people["second"].send(
        grid_address(world), {"version": str(old), "rows": "0", "do": "save", "baseline_source": "erp"}
    )

    people["first"].send(place, {"do": "apply", "seal": seal, "version": str(old)})

    assert stored(world) == [(1, "draft", [])]


def test_others_save_while_a_file_is_read_and_what_they_saved_is_compared_anew(world: World, people, app, monkeypatch):
    number = world.draft(line(qty=10)).id
    world.session.commit()
    place = upload(people["first"], world, BLOCK.replace("\t", ",").encode(), "demand.csv")
    seal, read_book = seal_of(people["first"], place), imports.read_book

    def read_while_a_colleague_saves(path):
        with app.app_context(), worker.writing_session() as session:
            demand = session.get_one(Demand, number)
            colleague, now = world.actor(person=1), world.clock()
            declare.edit(session, demand, [line(qty=99)], actor=colleague, now=now, version=demand.version)
            session.commit()
        return read_book(path)

    colleague = world.actor(person=1)
    world.session.rollback()
    monkeypatch.setattr(world, "actor", lambda person: colleague)
    monkeypatch.setattr(imports, "read_book", read_while_a_colleague_saves)
    answer = people["first"].post(place, data={"do": "apply", "seal": seal, "version": "2"})
    monkeypatch.setattr(imports, "read_book", read_book)

    assert "Look at the changes again" in people["first"].page(answer.headers["Location"]).text
    assert stored(world) == [(1, "draft", [(1, 99)])]


def test_choices_go_to_the_address_without_reading_the_file(world: World, people, monkeypatch):
    place = upload(people["first"], world, BLOCK.replace("\t", ",").encode(), "demand.csv")
    html = people["first"].get(place).get_data(as_text=True)
    shown = dict(re.findall(r'name="(read-\d+)" value="([^"]*)"', html))
    chosen = {name.replace("read", "target"): value for name, value in shown.items()} | {"target-6": ""}
    monkeypatch.delattr(imports, "read_book")

    answer = people["first"].post(place, data={"do": "read", "default-year_no": "2"} | shown | chosen)

    assert len(shown) == 7
    assert answer.headers["Location"] == f"{place}?target-6=&default-year_no=2"


def test_one_missing_year_is_one_question_and_its_answer_stays_in_the_address(world: World, people):
    place = paste(people["first"], world, "Category\tTier\tCountry\tExpected\n" + "laptop\tstandard\tNL\t5\n" * 3)

    asked = people["first"].page(place)
    answer = people["first"].post(place, data={"do": "read", "default-year_no": "2", "add_up": "y"})
    page = people["first"].page(answer.headers["Location"])

    assert asked.text.count("3 rows say no contract year") == 1
    assert "default-year_no=2" in answer.headers["Location"]
    assert "Taken: 1; added to another row: 2; totals left out: 0; listed with a reason: 0." in page.text
    assert "your choice" not in page.text


def test_values_are_shown_in_their_currency_and_the_readers_form(world: World, people):
    place = paste(
        people["first"], world, HEAD.replace("Max", "Max\tValue") + "laptop\tstandard\tNL\t1\t1\t2\t3\t1 234,50"
    )
    people["first"].post("/language/nl")

    world.draft(line(qty=2))
    world.session.commit()

    assert "EUR 1.234,50" in people["first"].page(place).text.replace("\xa0", " ")


def test_the_listed_rows_leave_with_their_reasons(world: World, people):
    place = paste(
        people["first"], world, BLOCK + "laptop\tstandard\tNarnia\t1\tca. 5\t2\t3\n=1+1\tstandard\tNL\t2\t1\t2\t3\n"
    )

    answer = people["first"].get(f"{place}/listed.xlsx")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))

    assert rows[0][:3] == ("Row", "Reason", "Category")
    assert [(row[0], row[2]) for row in rows[1:]] == [(3, "laptop"), (4, "=1+1")]
    assert "approximate" in rows[1][1]


def test_a_block_above_the_limit_is_refused_by_its_number(world: World, people):
    place = paste(people["first"], world, HEAD + "laptop\tstandard\tNL\t1\t1\t2\t3\n" * 25_000)

    page = people["first"].page(place)

    assert "This table has 25,001 rows; at most 20,000 are read at once" in page.text
    assert stored(world) == []


def test_a_block_keeps_what_it_has_no_column_for(world: World, people):
    world.draft(line(qty=10))
    world.session.commit()
    place = paste(people["first"], world, "Category\tTier\tCountry\tYear\tExpected\nlaptop\tstandard\tNL\t1\t10\n")

    assert "Nothing would change" in people["first"].page(place).text


def test_the_workbook_goes_out_and_back_unchanged(world: World, people):
    world.draft(line(1, qty=5), line(2, qty=6))
    world.session.commit()
    sent = people["first"].get(grid_address(world, ".xlsx")).data

    page = people["first"].page(upload(people["first"], world, sent))

    assert "Nothing would change" in page.text
    assert "saved after this workbook" not in page.text


def test_one_edited_cell_of_the_workbook_is_one_change(world: World, people):
    world.draft(line(1, qty=5), line(2, qty=6))
    world.session.commit()
    book = load_workbook(io.BytesIO(people["first"].get(grid_address(world, ".xlsx")).data))
    book["Demand"].cell(2, 2 + list(LABELS).index("qty_max")).value = 50
    changed = io.BytesIO()
    book.save(changed)

    page = people["first"].page(upload(people["first"], world, changed.getvalue()))

    assert "Lines: new 0, changed 1, removed 0." in page.text
    assert stored(world) == [(1, "draft", [(1, 5), (2, 6)])]


def test_a_workbook_from_before_the_last_save_says_so(world: World, people):
    demand = world.draft(line(1, qty=5))
    world.session.commit()
    sent = people["first"].get(grid_address(world, ".xlsx")).data
    cells = {
        "category-1": "laptop",
        "tier-1": "standard",
        "country-1": "NL",
        "firm-1-1": "6",
        "expected-1-1": "6",
        "max-1-1": "6",
    }
    people["second"].send(
        grid_address(world),
        {"version": str(demand.version), "rows": "1", "do": "save", "baseline_source": "erp"} | cells,
    )

    page = people["first"].page(upload(people["first"], world, sent))

    assert "Your declaration was saved after this workbook was downloaded" in page.text


def test_the_workbook_of_another_lot_or_member_is_refused_by_both_names(world: World, build, people):
    lot = build.lot(world.round, code="MON", name="Monitors", categories=["monitor"], spec_tiers=[])
    world.session.commit()
    sent = people["first"].get(grid_address(world, ".xlsx")).data

    elsewhere = people["first"].page(upload(people["first"], world, sent, lot=lot))
    another = people["other"].page(upload(people["other"], world, sent))

    assert world.lot.name in elsewhere.text
    assert "Monitors · Gemeente A" in elsewhere.text
    assert "Gemeente A”, and this is" in another.text
    assert "Gemeente B" in another.text


def test_a_file_that_is_no_table_is_refused_in_words(world: World, people):
    page = people["first"].page(upload(people["first"], world, b"%PDF-1.4", "x.xlsx"))

    assert "file" in page.text
    assert stored(world) == []


def test_an_upload_without_a_file_is_asked_for_one(world: World, people):
    page = people["first"].send(grid_address(world, "/upload"), {})

    assert "Choose a file first" in page.text


def test_what_was_sent_is_kept_byte_for_byte_and_named_by_the_draft(world: World, people, app):
    place = paste(people["first"], world, BLOCK)
    people["first"].send(place, {"do": "apply", "seal": seal_of(people["first"], place), "version": "0"})

    demand = world.session.scalars(select(Demand)).one()
    kept = world.session.get_one(StoredFile, demand.source_upload_id)

    assert app.extensions["files"].path(kept.sha256).read_text("utf-8") == BLOCK
    assert [(x.source_row, x.delivery_country) for x in demand.lines] == [(2, "NL")]


def test_many_answers_make_no_long_address_and_a_reload_takes_nothing_over(world: World, people):
    browser = people["first"]
    things = "".join(f"Thing {number}\tstandard\tNL\t1\t1\t2\t3\n" for number in range(50))
    place = paste(browser, world, BLOCK + things)
    keys = re.findall(r'name="(word-[^"]+)"', browser.get(place).get_data(as_text=True))
    assert len(keys) == 50

    answer = browser.post(place, data={"do": "read", "sheet": "S" * 900, **dict.fromkeys(keys, "-")})
    shown = [browser.page(answer.headers["Location"]).text for _reload in range(2)]

    assert len(answer.headers["Location"]) < 1500
    assert "50 rows are left out, as you said." in shown[0]
    assert shown[0] == shown[1]
    assert stored(world) == []
    assert people["other"].get(answer.headers["Location"]).status_code == 404
    seal = seal_of(browser, answer.headers["Location"])
    again = {"do": "apply", "seal": seal, **dict.fromkeys(keys, "-")}
    browser.send(place, again)
    assert stored(world) == [(1, "draft", [(1, 2)])]
