"""Own assessments by workbook: only one's own and open ones, a preview that says all, saved as a unit, never final."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from html import unescape

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework.ground.sheets.cells import Book, Row, Sheet
from framework.judging import own_changes, own_sheet
from framework.judging.own_sheet import Vocabulary
from models.judging import AssessmentVersion
from models.rounds import Criterion
from tests.judging.test_scoring_page import browsers
from tests.memory import remembered

WORDS = Vocabulary(
    {name.casefold(): key for key, name in own_sheet.COLUMNS.items()}, {one: one for one in ("low", "medium", "high")}
)


@pytest.fixture
@remembered
def desk(judged, sign_in, session):
    """A tender of four sections and a criterion with points; the browsers of its evaluators and of the chair."""
    submission, items = judged.tender(name="Northern IT")
    criterion = judged.build.add(
        Criterion(
            round=judged.round,
            name="Spare parts",
            place="award",
            weight=Decimal(10),
            formula="points",
            parameters={"scale": "10"},
            created_at=judged.clock(),
        )
    )
    item = judged.item(submission, "", "", position=9, brand="", criterion=criterion, scale_max=10)
    for one in judged.evaluators:
        judged.assign(item, one)
    session.flush()
    here = f"/rounds/{judged.round.public_id}/judging"
    people = {"anna": judged.evaluators[0], "bert": judged.evaluators[1], "chair": judged.chair}
    return judged, submission, [*items, item], here, browsers(judged, sign_in, session, people)


def download(browser, here):
    answer = browser.get(f"{here}/mine.xlsx")
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.data))


def write_again(session):
    """A page that was read left a reading transaction; from here on the test writes."""
    session.rollback()
    session.info["write"] = True


def rows_of(book):
    """The rows of the sheet as lists under the names of the columns."""
    head, *rows = book.worksheets[0].iter_rows(values_only=True)
    assert list(head) == list(own_sheet.COLUMNS.values())
    return [dict(zip(own_sheet.COLUMNS, row, strict=True)) for row in rows]


def changed(book, is_formula=False, **values):
    """The bytes of a workbook with these values by item, as `item=(column, value)` pairs."""
    sheet, places = book.worksheets[0], list(own_sheet.COLUMNS)
    for row in sheet.iter_rows(min_row=2):
        for column, value in values.get(row[0].value, {}).items():
            cell = row[places.index(column)]
            cell.value = value
            if isinstance(value, str) and not is_formula:
                cell.data_type = "s"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def send(browser, here, content, name="mine.xlsx"):
    return browser.post(f"{here}/my-sheet", data={"file": (io.BytesIO(content), name)})


def apply(browser, here, page, *take):
    """Press the button of a preview."""
    plan = unescape(re.search(r'<textarea name="plan"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1])
    seal = re.search(r'name="seal" value="([0-9a-f]+)"', page)[1]
    return browser.post(f"{here}/my-sheet/apply", data={"plan": plan, "seal": seal, "take": list(take)})


def test_the_workbook_holds_own_open_items_with_guidance_and_lists(desk, session):
    judged, submission, items, here, people = desk
    judged.save(items[0], judged.evaluators[0], "E3", "The report.", confidence="high")
    judged.save(items[0], judged.evaluators[1], "E1", "Not seen by Anna.")
    session.commit()
    book = download(people["anna"], here)
    rows = rows_of(book)
    assert [row["item"] for row in rows] == [one.public_id for one in items]
    assert (rows[0]["tender"], rows[0]["level"], rows[0]["confidence"], rows[0]["motive"]) == (
        "Northern IT",
        "E3",
        "high",
        "The report.",
    )
    assert [row["most"] for row in rows] == ["E3", "E1", "E1", "E1", "10"] or rows[-1]["most"] == "10"
    assert len({row["stamp"].split("-")[0] for row in rows}) == 1
    text = str([row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True)])
    assert "Not seen by Anna." not in text
    assert [one.sheet_state for one in book.worksheets] == ["visible", "visible", "hidden"]
    assert len(book.worksheets[0].data_validations.dataValidation) == 2
    assert [row[:2] for row in book.worksheets[2].iter_rows(values_only=True)][:3] == [
        ("E0", "low"),
        ("E1", "medium"),
        ("E2", "high"),
    ]
    assert submission.public_id not in text


def test_an_untouched_workbook_changes_nothing(desk):
    _judged, _submission, _items, here, people = desk
    page = send(people["anna"], here, changed(download(people["anna"], here))).text
    assert "This workbook changes nothing." in page
    assert "5 rows say what is stored already." in page
    assert 'name="plan"' not in page


def test_a_filled_workbook_is_shown_and_then_saved_as_a_unit(desk, session):
    judged, _submission, items, here, people = desk
    filled = changed(
        download(people["anna"], here),
        **{
            items[0].public_id: {"level": 3, "motive": "=1+1 is what the report says", "confidence": "Hoog"},
            items[1].public_id: {"level": "e1", "motive": "Signed."},
            items[4].public_id: {"points": "7,5", "motive": "Parts for seven years."},
        },
    )
    page = send(people["anna"], here, filled).text
    assert "Nothing is saved yet" in page
    assert "=1+1 is what the report says" in page
    assert judged.own(items[0], judged.evaluators[0]).level == ""
    done = apply(people["anna"], here, page)
    assert done.status_code == 303
    session.expire_all()
    first, second, last = (judged.own(items[place], judged.evaluators[0]) for place in (0, 1, 4))
    assert (first.state, first.level, first.confidence, first.motive) == (
        "draft",
        "E3",
        "high",
        "=1+1 is what the report says",
    )
    assert first.sources, "the cells of the evidence for the level are noted as on the page"
    assert (second.level, last.points) == ("E1", Decimal("7.50"))
    assert judged.own(items[2], judged.evaluators[0]).state == "assigned"
    assert judged.own(items[0], judged.evaluators[1]).level == ""
    again = send(people["anna"], here, filled).text
    assert "This workbook changes nothing." in again


def test_rows_that_cannot_be_taken_over_are_named_with_the_reason(desk, session):
    judged, submission, items, here, people = desk
    book = download(people["anna"], here)
    write_again(session)
    third = judged.evaluator()
    theirs = judged.item(submission, "mi", "tin", position=10)
    judged.assign(theirs, third)
    judged.own(items[3], judged.evaluators[0]).motive = ""
    session.commit()
    sheet, places = book.worksheets[0], list(own_sheet.COLUMNS)
    rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
    rows[0][places.index("level")] = "E4"
    rows[1][places.index("level")] = "sure"
    rows[4][places.index("points")] = 11
    rows.append(list(rows[2]))
    rows[2][places.index("motive")] = "first"
    rows.append([theirs.public_id, *rows[0][1:]])
    rows.append(["aaaaaaaaaaaaaaaa", *rows[0][1:]])
    rows[3][places.index("stamp")] = None
    for number, row in enumerate(rows, start=2):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column).value = value
    page = unescape(send(people["anna"], here, changed(book)).text)
    assert re.search(r"Row 2 \(Northern IT .*\): The evidence that was handed in allows E3 at most\.", page)
    assert re.search(r"Row 3 \(.*\): “sure” is none of the levels\.", page)
    assert re.search(r"Row 5 \(.*\): the last column does not say", page)
    assert re.search(r"Row 6 \(.*Spare parts.*\): Give points from 0 to 10\.", page)
    assert re.search(r"Row 7 \(.*\): this item stands in a row above already", page)
    assert re.search(r"Row 8 \(.*\): this item is not yours to judge", page)
    assert re.search(r"Row 9 \(aaaaaaaaaaaaaaaa\): this is no item of this round", page)
    assert apply(people["anna"], here, page).status_code == 303
    session.expire_all()
    assert judged.own(items[2], judged.evaluators[0]).motive == "first"
    assert judged.own(items[0], judged.evaluators[0]).state == "assigned"


def test_what_was_changed_on_the_page_too_is_shown_with_both_values_and_chosen(desk, session):
    judged, _submission, items, here, people = desk
    anna = judged.evaluators[0]
    judged.save(items[0], anna, "E1", "At first.")
    session.commit()
    book = download(people["anna"], here)
    write_again(session)
    judged.save(items[0], anna, "E2", "On the page.")
    judged.save(items[1], anna, "E1", "On the page too.")
    session.commit()
    filled = changed(
        book,
        **{
            items[0].public_id: {"level": "E3", "motive": "In the sheet."},
            items[2].public_id: {"level": "E1", "motive": "Only in the sheet."},
        },
    )
    page = send(people["anna"], here, filled).text
    assert "Changed here too, since you downloaded" in page
    assert "On the page." in page
    assert "In the sheet." in page
    assert "On the page too." not in page, "the sheet does not touch that row, so the page's value stays"
    apply(people["anna"], here, page)
    session.expire_all()
    assert judged.own(items[0], anna).motive == "On the page."
    assert judged.own(items[1], anna).motive == "On the page too."
    assert judged.own(items[2], anna).motive == "Only in the sheet."
    page = send(people["anna"], here, filled).text
    apply(people["anna"], here, page, items[0].public_id)
    session.expire_all()
    one = judged.own(items[0], anna)
    assert (one.level, one.motive) == ("E3", "In the sheet.")
    kept = session.query(AssessmentVersion).filter_by(assessment_id=one.id).one()
    assert (kept.act, kept.level, kept.motive) == ("sheet", "E2", "On the page.")


def test_nothing_is_saved_where_the_page_changed_between_preview_and_button(desk, session):
    judged, _submission, items, here, people = desk
    anna = judged.evaluators[0]
    filled = changed(
        download(people["anna"], here),
        **{one.public_id: {"level": "E1", "motive": "From the sheet."} for one in items[:3]},
    )
    page = send(people["anna"], here, filled).text
    write_again(session)
    judged.save(items[2], anna, "E1", "Meanwhile.")
    session.commit()
    apply(people["anna"], here, page)
    told = people["anna"].get(f"{here}/mine").text
    assert "The list has changed since you looked at it." in told
    session.expire_all()
    assert [judged.own(one, anna).motive for one in items[:3]] == ["", "", "Meanwhile."]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (1e30, "is no number of points."),
        ("1e400", "“1e400” is no number of points."),
        ("1e-999999999", "“1e-999999999” is no number of points."),
        (999_999_999, "Give points from 0 to 10."),
        (6.004, "Give points with two decimals at most."),
    ],
)
def test_a_number_of_any_size_is_refused_with_its_row(desk, session, typed, why):
    judged, _submission, items, here, people = desk
    judged.save(items[4], judged.evaluators[0], "", "Kept.", points=Decimal("6.00"))
    session.commit()
    book = download(people["anna"], here)
    answer = send(people["anna"], here, changed(book, **{items[4].public_id: {"points": typed}}))
    assert answer.status_code == 200
    assert re.search(rf"Row 6 \(.*Spare parts.*\): .*{re.escape(why)}", unescape(answer.text))
    assert 'name="plan"' not in answer.text


def test_more_than_the_form_carries_is_told_at_the_preview(desk, app, monkeypatch):
    _judged, _submission, items, here, people = desk
    filled = changed(download(people["anna"], here), **{items[1].public_id: {"level": "E1", "motive": "ä" * 900}})
    monkeypatch.setitem(app.config, "MAX_FORM_MEMORY_SIZE", 505_000)
    assert send(people["anna"], here, filled).status_code == 303
    assert "Send it in parts." in people["anna"].get(f"{here}/mine").text


def test_level_and_points_are_not_taken_for_each_other(desk):
    _judged, _submission, items, here, people = desk
    values = {items[1].public_id: {"points": 3}, items[4].public_id: {"level": "E1"}}
    page = unescape(send(people["anna"], here, changed(download(people["anna"], here), **values)).text)
    assert re.search(r"Row 3 \(.*\): This item takes a level\.", page)
    assert re.search(r"Row 6 \(.*\): This item takes points\.", page)


def test_a_formula_without_a_result_empties_nothing(desk, session):
    judged, _submission, items, here, people = desk
    judged.save(items[0], judged.evaluators[0], "E1", "Kept.")
    session.commit()
    book = download(people["anna"], here)
    page = send(people["anna"], here, changed(book, True, **{items[0].public_id: {"motive": "=A1"}})).text
    assert "the cell under “Motive” holds something that cannot be read" in page
    assert 'name="plan"' not in page


def test_a_final_assessment_is_refused_and_stays(desk, session):
    judged, submission, items, here, people = desk
    anna = judged.evaluators[0]
    book = download(people["anna"], here)
    write_again(session)
    for item in items[:4]:
        judged.save(item, anna, "E1", "Own.")
    judged.save(items[4], anna, "", "Own.", points=Decimal(5))
    judged.finish(submission, anna)
    session.commit()
    page = send(people["anna"], here, changed(book, **{items[0].public_id: {"level": "E0", "motive": "No."}})).text
    assert "your assessment of it is final" in page
    assert 'name="plan"' not in page
    assert rows_of(download(people["anna"], here)) == []


def test_a_tie_takes_the_tender_out_of_the_workbook_and_out_of_what_comes_back(desk, session):
    judged, submission, items, here, people = desk
    anna = judged.evaluators[0]
    book = download(people["anna"], here)
    write_again(session)
    judged.tie(anna, submission)
    session.commit()
    assert rows_of(download(people["anna"], here)) == []
    page = send(people["anna"], here, changed(book, **{items[0].public_id: {"level": "E1"}})).text
    assert "this is no item of this round" in page
    assert "Northern IT" not in page


def test_the_workbook_of_another_evaluator_or_round_is_refused_whole(desk):
    _judged, _submission, items, here, people = desk
    content = changed(download(people["anna"], here), **{items[0].public_id: {"level": "E1"}})
    assert send(people["bert"], here, content).status_code == 303
    assert "made for another round or another evaluator" in people["bert"].get(f"{here}/mine").text


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_it_is_made_and_read_in_every_language_also_as_csv(desk, session, language):
    judged, _submission, items, here, people = desk
    people["anna"].post(f"/language/{language}")
    book = openpyxl.load_workbook(io.BytesIO(people["anna"].get(f"{here}/mine.xlsx").data))
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    places = list(own_sheet.COLUMNS)
    rows[1][places.index("level")], rows[1][places.index("motive")] = "E1", "Twee; drie"
    text = io.StringIO()
    csv.writer(text, delimiter=";" if language != "en" else ",").writerows(rows)
    people["anna"].post("/language/en")
    page = send(people["anna"], here, text.getvalue().encode("utf-8-sig"), "mine.csv").text
    assert "Twee; drie" in page
    apply(people["anna"], here, page)
    session.expire_all()
    assert judged.own(items[0], judged.evaluators[0]).motive == "Twee; drie"


def test_a_sheet_without_a_column_that_is_read_empties_nothing(desk):
    _judged, _submission, _items, here, people = desk
    book = download(people["anna"], here)
    book.worksheets[0].delete_cols(list(own_sheet.COLUMNS).index("motive") + 1)
    assert send(people["anna"], here, changed(book)).status_code == 303
    assert "The column “Motive” is missing." in people["anna"].get(f"{here}/mine").text


def test_only_evaluators_reach_it_and_only_while_the_round_is_judged(desk, session):
    judged, _submission, _items, here, people = desk
    assert people["chair"].get(f"{here}/mine.xlsx").status_code == 403
    write_again(session)
    judged.round.state = "award"
    session.commit()
    assert people["anna"].get(f"{here}/mine.xlsx").status_code == 409
    for tail in ("my-sheet", "my-sheet/apply"):
        assert people["anna"].post(f"{here}/{tail}").status_code == 409


def test_a_forged_plan_is_refused(desk):
    _judged, _submission, _items, here, people = desk
    for plan in (
        "",
        "[",
        "[" * 100_000,
        '[["a"]]',
        '[[1,"x","y","E1","NaN","",""]]',
        '[[1,"\\ud800","","","1","",""]]',
        '[[1e999,"x","y","E1","1","",""]]',
        '[[1,"x","y","",1e30,"",""]]',
        '[[1,"x","y","","1e-999999999","",""]]',
    ):
        answer = people["anna"].post(f"{here}/my-sheet/apply", data={"plan": plan, "seal": "0"})
        assert answer.status_code == 303, plan[:20]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    level=st.sampled_from(["", "E0", "E1"]),
    motive=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60),
    sure=st.sampled_from(["", "low", "medium", "high"]),
)
def test_what_is_written_is_what_is_read(judged, session, level, motive, sure):
    if not judged.session.info.get("item"):
        _submission, items = judged.tender(name="Northern IT")
        judged.session.info["item"] = items[0]
    anna, item = judged.evaluators[0], judged.session.info["item"]
    one = judged.own(item, anna)
    one.level, one.motive, one.confidence = level, motive, sure
    content = own_sheet.write(
        judged.round,
        [(one, item, "E1")],
        user_id=anna.user_id,
        now=judged.clock(),
        names={},
        confidence={code: code for code in ("low", "medium", "high")},
        label=lambda _item: "x",
    )
    cells = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    book = Book("xlsx", [Sheet("x", [Row(number, tuple(row)) for number, row in enumerate(cells, 1)])])
    told = own_sheet.understand(book, judged.round, anna.user_id, WORDS)
    found = own_changes.compare(session, judged.round, told, anna)
    assert (found.changes, found.refused, found.same) == ([], [], 1)
