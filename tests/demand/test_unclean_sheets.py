"""Sheets as buyers really write them: two header rows, units, sums, several sheets, own words; nothing guessed in silence."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from framework.demand import uploads, workbook
from framework.demand.columns import EVERY, Choices
from framework.demand.headings import target_of
from framework.demand.lines import Line, Scope
from framework.demand.tables import understand
from framework.demand.understood import Understood
from framework.demand.vocabulary import is_total
from framework.demand.wordings import OUT, key_of
from framework.ground.blocks import split_block
from framework.ground.category_words import near
from framework.ground.errors import FileRefused
from framework.ground.sheets.cells import Book, Refusal, Row, Sheet
from tests.demand.conftest import World
from tests.demand.test_imports import paste, seal_of, upload
from tests.demand.test_pages import stored

SCOPE = Scope(("tablet",), (), 4)
HERE = workbook.Reference("r1", "l1", "m1", "d1/3", "Round · Lot · Gemeente A")
DEFAULTS = {"delivery_country": "NL"}


def read(text: str, **choices: object) -> Understood:
    defaults = DEFAULTS | dict(choices.pop("defaults", {}))  # type: ignore[call-overload]
    return understand(split_block(text), SCOPE, Choices(defaults=defaults, **choices))  # type: ignore[arg-type]


def quantities(lines: list[Line]) -> list[tuple[int, int | None, int | None]]:
    return [(line.year_no, line.qty_expected, line.qty_max) for line in lines]


def codes(found: Understood) -> list[tuple[str, int | None]]:
    return [(issue.code, issue.row) for issue in found.issues]


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("Aantal (stuks)", "qty_expected"),
        ("Totaal aantal", "qty_expected"),
        ("Totalt antal", "qty_expected"),
        ("Number of devices", "qty_expected"),
        ("No. of units", "qty_expected"),
        ("Geraamd aantal", "qty_expected"),
        ("Uppskattat antal", "qty_expected"),
        ("Antal/år", "qty_expected"),
        ("Aantal vorig jaar", "baseline_qty"),
        ("Max. aantal", "qty_max"),
        ("Minimaal aantal", "qty_firm"),
        ("Aantal jaar 2 (stuks)", "qty_expected:2"),
        ("1e jaar", "qty_expected:1"),
        ("Account number", None),
        ("Number", None),
        ("Aantal medewerkers", None),
        ("Total", None),
        ("Previous", None),
        ("Min max antal", None),
    ],
)
def test_a_heading_of_several_words_is_known_where_every_word_is(header: str, target: str | None):
    assert target_of(header) == target


def test_two_rows_of_a_header_are_read_together():
    found = read(
        "Raming hardware\t\t\t\t\t\n"
        "Afdeling\tProduct\t2027\t\t2028\t\n"
        "\t\tverwacht (stuks)\tmax.\tverwacht (stuks)\tmax.\n"
        "Balie\tTablet\t120\t150\t1.200\t1.500\n"
    )

    assert codes(found) == []
    assert quantities(found.lines) == [(1, 120, 150), (2, 1200, 1500)]
    assert found.account.rows == 1
    assert any("header was found" in note and params == {"row": 2} for note, params in found.notes)


def test_a_title_over_the_years_and_years_over_the_quantities():
    found = read("\t\t2027\t\t2028\t\nAfdeling\tProduct\tverwacht\tmax\tverwacht\tmax\nBalie\tTablet\t1\t2\t3\t4\n")

    assert quantities(found.lines) == [(1, 1, 2), (2, 3, 4)]


def test_a_first_row_of_words_is_no_second_row_of_the_header():
    found = read("Product\tVerwacht\tOpmerking\nTablet\tonbekend\tnog niet bekend\n", defaults={"year_no": "1"})

    assert found.account.rows == 1
    assert [(x.qty_expected, x.not_known_reason) for x in found.lines] == [(None, "onbekend")]


@pytest.mark.parametrize("cell", ["1 250 st", "1.250 stuks", "1,250 pcs", "1250st."])
def test_the_word_for_pieces_behind_a_figure_is_left_out_and_told(cell: str):
    found = read(f"Produkt\tÅr\tAntal\nTablet\t1\t{cell}\n")

    assert quantities(found.lines) == [(1, 1250, 1250)]
    assert any(params.get("count") == 1 and params.get("example") == cell for _note, params in found.notes)


@pytest.mark.parametrize("cell", ["12 dozen", "12 kg", "1,2k", "ca. 40", "10-12"])
def test_what_is_no_plain_figure_stays_an_issue(cell: str):
    assert len(read(f"Product\tJaar\tAantal\nTablet\t1\t{cell}\n").issues) == 1


def test_a_word_for_not_known_is_a_reason_and_never_nought():
    found = read("Product\tAantal 2027\tAantal 2028\nTablet\t10\tn.n.b.\n")

    assert codes(found) == []
    assert [(x.year_no, x.qty_expected, x.not_known_reason) for x in found.lines] == [(1, 10, ""), (2, None, "n.n.b.")]


def test_a_word_for_not_known_takes_the_place_of_what_was_declared():
    table = split_block("Product\tJaar\tAantal\nTablet\t1\tTBC\n")

    found = understand(table, SCOPE, Choices(defaults=DEFAULTS), stored=[Line("tablet", "", "NL", 1, 1, 2, 3)])

    assert codes(found) == []
    assert [(x.qty_firm, x.qty_expected, x.qty_max, x.not_known_reason) for x in found.lines] == [
        (None, None, None, "TBC")
    ]


def test_a_sum_without_its_unknown_part_is_asked_for():
    text = "Afdeling\tProduct\tJaar\tAantal\nA\tTablet\t1\t10\nB\tTablet\t1\tTBC\nC\tTablet\t1\t5\n"

    asked, without = read(text, add_up=True), read(text, add_up=True, without_unknown=True)

    assert ("sum-not-known", 3) in codes(asked)
    assert codes(without) == []
    assert quantities(without.lines) == [(1, 15, 15)]
    assert (without.unknown, without.left) == ([3], [3])
    assert (without.account.taken, without.account.added, without.account.left) == (1, 1, 1)
    assert without.account.is_exact


def test_a_sum_of_unknown_parts_alone_is_unknown():
    found = read("Afdeling\tProduct\tJaar\tAantal\nA\tTablet\t1\tTBC\nB\tTablet\t1\tTBC\n", add_up=True)

    assert codes(found) == []
    assert [(x.qty_expected, x.not_known_reason) for x in found.lines] == [(None, "TBC")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Grand total", True),
        ("Totaal generaal", True),
        ("Subtotal North", True),
        ("Delsumma vård", True),
        ("Summa", True),
        ("Sum", True),
        ("@SUM(A1:A2)", False),
        ("Tablet", False),
        ("We buy what the total of all schools needs", False),
    ],
)
def test_words_for_sums(text: str, expected: bool):
    assert is_total(text) is expected


def test_totals_of_parts_are_left_out_told_and_put_back():
    text = (
        "Team\tCategory\tExpected\tYear\nA\tTablet\t5\t1\n\tSubtotal North\t5\t\nB\tTablet\t7\t2\nGrand total\t\t12\t\n"
    )

    found, kept = read(text), read(text, keep_totals=True)

    assert (found.totals, codes(found)) == ([3, 5], [])
    assert quantities(found.lines) == [(1, 5, 5), (2, 7, 7)]
    assert kept.totals == []
    assert {row for _code, row in codes(kept)} == {3, 5}


def test_figures_without_a_word_that_add_up_the_rows_above_are_a_total():
    text = "Afdeling\tProduct\tAantal\nA\tTablet\t300\nB\tTablet\t20\n\t\t{}\n"

    bare = read(text.format(320), add_up=True, defaults={"year_no": "1"})
    other = read(text.format(321), add_up=True, defaults={"year_no": "1"})

    assert (bare.totals, quantities(bare.lines)) == ([4], [(1, 320, 320)])
    assert other.totals == []


def test_bare_figures_of_a_table_without_words_are_no_total():
    found = read("Jaar\tAantal\n1\t1\n1\t2\n1\t3\n", defaults={"category": "tablet"}, add_up=True)

    assert quantities(found.lines) == [(1, 6, 6)]


def test_a_column_of_sums_beside_years_is_not_used():
    found = read("Product\tAantal 2027\tAantal 2028\tTotaal aantal\nTablet\t1\t2\t3\n")

    assert quantities(found.lines) == [(1, 1, 1), (2, 2, 2)]


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Tablet 10 inch", "tablet"),
        ("iPad Air 128 GB", "tablet"),
        ("bärbar dator 14 tum", "laptop"),
        ("Hoesje voor tablet", None),
        ("Laptop charger", None),
        ("laptop of tablet", None),
        ("Beamer", None),
    ],
)
def test_a_wording_near_one_category_is_proposed(text: str, category: str | None):
    assert near(text) == category


def test_a_wording_near_ours_is_asked_and_taken_only_when_said():
    text = "Artikel\tAantal\tJaar\nTablet 10 inch\t30\t1\nHoesje voor tablet\t12\t2\n"

    asked = read(text)
    said = read(text, wordings={key_of("tablet 10 INCH"): "tablet", key_of("Hoesje voor tablet"): OUT})

    assert [(one.text, one.rows, one.proposal) for one in asked.wordings] == [
        ("Tablet 10 inch", (2,), "tablet"),
        ("Hoesje voor tablet", (3,), ""),
    ]
    assert [code for code, _row in codes(asked)] == ["category-unknown", "category-unknown"]
    assert (codes(said), quantities(said.lines), said.left) == ([], [(1, 30, 30)], [3])
    assert said.account.is_exact


def test_more_wordings_than_a_page_asks_about_come_after_the_first_are_answered():
    text = "Artikel\tAantal\tJaar\n" + "".join(f"Kast {n}\t1\t1\n" for n in range(60))

    first = read(text).wordings
    rest = read(text, wordings={one.key: OUT for one in first}).wordings

    assert len(first) == 50
    assert [one.text for one in rest if not one.said] == [f"Kast {n}" for n in range(50, 60)]


def test_what_another_lot_buys_is_proposed_to_be_left_out():
    found = read("Item\tQuantity required\tYear\nTablet\t30\t1\nSmartphone\t80\t1\n")

    assert [(one.text, one.proposal, one.category) for one in found.wordings] == [("Smartphone", OUT, "smartphone")]
    assert codes(found) == [("category-outside", 3)]


def test_a_column_of_things_is_never_overlooked_for_the_only_category_of_the_lot():
    found = read("Item\tQuantity\tYear\nBeamer\t30\t1\n", defaults={"category": "tablet"})

    assert codes(found) == [("category-unknown", 2)]


def test_a_column_called_category_that_speaks_of_something_else_gives_way():
    found = read("category\tpersona\tQuantity\tYear\nSchool\tTablet\t3\t1\nSocial care\tTablet 10 inch\t4\t2\n")

    assert [(c.header, c.target, c.ground) for c in found.columns][:2] == [
        ("category", "", ""),
        ("persona", "category", "header"),
    ]


def test_values_that_are_only_near_make_no_column_of_categories():
    found = read("Holder\tNetwork\tQuantity\tYear\nA\tFirst Mobile\t1\t1\nB\tSecond Mobile\t1\t1\n")

    assert [c.target for c in found.columns] == ["", "", "qty_expected", "year_no"]


def test_a_quantity_for_each_year_is_taken_for_all_years_when_said():
    found = read("Product\tAantal per jaar\tVorig jaar\nTablet\t12\t9\n", defaults={"year_no": EVERY})

    assert [(x.year_no, x.qty_expected, x.baseline_qty) for x in found.lines] == [
        (1, 12, 9),
        (2, 12, None),
        (3, 12, None),
        (4, 12, None),
    ]


def test_rows_of_single_devices_are_counted_when_said():
    text = "Serienummer\tType\tLocatie\nX1\tTablet\tA\nX2\tTablet\tB\nX3\tTablet\tC\n"

    asked, counted = read(text), read(text, count=True, defaults={"year_no": "1"})

    assert {code for code, _row in codes(asked)} == {"no-quantities"}
    assert (codes(counted), quantities(counted.lines)) == ([], [(1, 3, 3)])
    assert (counted.account.taken, counted.account.added) == (1, 2)


def test_rows_that_no_answer_mends_are_left_out_only_when_said():
    text = "Product\tYear\tallocation\tallocation_delta\nTablet\t1\t10\t\nTablet\t2\t\t3\nTablet\t3\t4\t-1\n"

    asked, without = read(text), read(text, leave_out=True)

    assert (asked.may_leave_out, asked.left) == (True, [])
    assert codes(asked) == [("is-a-change", 3), ("total-and-change", 4)]
    assert (without.left, codes(without)) == ([3, 4], [])
    assert quantities(without.lines) == [(1, 10, 10)]
    assert without.account.is_exact


def test_rows_against_the_rules_are_left_out_before_they_are_added_up():
    text = "Product\tYear\tFirm\tExpected\tMax\nTablet\t1\t1\t2\t3\nTablet\t1\t9\t2\t3\nTablet\t1\t1\t1\t1\n"

    found = read(text, leave_out=True, add_up=True)

    assert (found.left, codes(found)) == ([3], [])
    assert quantities(found.lines) == [(1, 3, 4)]


def test_what_an_answer_mends_is_never_left_out_with_the_rest():
    found = read("Product\tAantal\nTablet\t1\nTablet\tca. 2\n", leave_out=True)

    assert codes(found) == [("year-missing", 2)]
    assert found.left == [3]


def book(*sheets: tuple[str, list[list[object]]]) -> Book:
    return Book(
        "xlsx",
        [Sheet(name, [Row(n, tuple(cells)) for n, cells in enumerate(rows, 1)]) for name, rows in sheets],  # type: ignore[arg-type]
    )


def test_the_sheet_with_quantities_is_read_and_the_others_are_named():
    full = ("About", [["Text", "Longer text", "More"] for _row in range(9)])
    table = ("2027", [["Product", "Year", "Quantity"], ["Tablet", 1, 5]])
    old = ("Old", [["Product", "Year", "Quantity"], ["Tablet", 1, 9]])

    found, _whole = uploads.understand(book(full, table, old), SCOPE, Choices(defaults=DEFAULTS), here=HERE)
    chosen, _whole = uploads.understand(
        book(full, table, old), SCOPE, Choices(defaults=DEFAULTS, sheet="Old"), here=HERE
    )

    assert (found.sheet, quantities(found.lines)) == ("2027", [(1, 5, 5)])
    assert found.notes[0][1] == {"sheet": "2027", "others": ["About", "Old"]}
    assert (chosen.sheet, quantities(chosen.lines)) == ("Old", [(1, 9, 9)])


def test_an_empty_file_says_what_to_do_next():
    with pytest.raises(FileRefused) as refused:
        uploads.understand(Refusal("file-empty", "no-cells"), SCOPE, Choices(), here=HERE)

    assert "Fill in a sheet and send it again" in refused.value.message


def test_a_long_list_of_columns_is_cut_and_counted():
    found = read(
        "\t".join(f"Code {n}" for n in range(12)) + "\tProduct\tYear\tQuantity\n" + "x\t" * 12 + "Tablet\t1\t5"
    )

    assert any(params.get("count") == 4 for _note, params in found.notes)


CELLS = [
    "",
    "Tablet",
    "Notebook",
    "Tablet 10 inch",
    "Totaal",
    "1",
    "2",
    "3",
    "12 st",
    "TBC",
    "-1",
    "ca. 4",
    "Beamer",
    "n.v.t.",
]
HEADS = ["Product", "Jaar", "Aantal", "Max", "Verandering", "Aantal 2027", "Aantal 2028", "2029", "Afdeling", ""]


@settings(max_examples=300, deadline=None)
@given(
    heads=st.lists(st.sampled_from(HEADS), min_size=2, max_size=5),
    rows=st.lists(st.lists(st.sampled_from(CELLS), min_size=2, max_size=5), max_size=8),
    options=st.fixed_dictionaries(
        dict.fromkeys(("add_up", "count", "keep_totals", "leave_out", "without_unknown"), st.booleans())
    ),
    year=st.sampled_from(["", "1", EVERY]),
    out=st.booleans(),
)
def test_every_row_is_accounted_for_under_any_answers(heads, rows, options, year, out):
    said = {key_of("Beamer"): OUT, key_of("Tablet 10 inch"): "tablet"} if out else {}
    text = "\n".join("\t".join(row) for row in [heads, *rows])

    found = read(text, wordings=said, defaults={"year_no": year, "category": "tablet"}, **options)

    assert found.account.is_exact
    assert all(line.row not in found.left for line in found.lines)


def test_many_rows_without_words_are_looked_at_once():
    words = "".join(f"Team {n}\tTablet\t1\n" for n in range(6000))

    found = read("Team\tProduct\tAantal\n" + words + "\t\t2\n" * 6000, defaults={"year_no": "1"}, add_up=True)

    assert found.totals == []
    assert found.account.is_exact


def unclean() -> bytes:
    """A sheet of forty departments, as a buyer keeps it: invented."""
    made = Workbook()
    made.active.title = "Read me"
    made.active.append(["For internal use"])
    sheet = made.create_sheet("Needs")
    sheet.append(["Hardware needs", None, None, None])
    sheet.append(["Department", "Item", 2027, None, 2028, None])
    sheet.append([None, None, "expected (pcs)", "max", "expected (pcs)", "max"])
    for number in range(40):
        item = ("Notebook", "notebook 14 inch", "Sleeve for notebook", "Notebook")[number % 4]
        sheet.append([f"Department {number + 1}", item, "1 000 pcs", 1100, *((10, 20) if number else ("TBC", "TBC"))])
    sheet.append(["Grand total", None, 40000, 44000, 400, 800])
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_forty_departments_in_an_unclean_sheet_are_done_in_one_answer(world: World, people):
    browser = people["first"]
    place = upload(browser, world, unclean(), "needs.xlsx")
    html = browser.get(place).get_data(as_text=True)
    near_one, sleeve = f"word-{key_of('notebook 14 inch')}", f"word-{key_of('Sleeve for notebook')}"
    answers = {"do": "read", "add_up": "y", near_one: "laptop", sleeve: OUT, "default-spec_tier": "standard"}
    answers |= {"default-delivery_country": "NL", "without_unknown": "y"}

    answered = browser.post(place, data=answers)
    shown = answered.headers["Location"]
    after = browser.page(shown)
    browser.send(place, answers | {"do": "apply", "seal": seal_of(browser, shown)})

    assert "Not read: Read me." in html
    assert "Left out, because they are totals: rows 44." in html
    assert near_one in html
    assert sleeve in html
    assert "10 rows are left out, as you said" in after.text
    assert "Taken: 2; added to another row: 28; totals left out: 1; listed with a reason: 0." in after.text
    assert [state for _version, state, _lines in stored(world)] == ["draft"]


def test_a_table_of_which_no_row_is_for_this_lot_says_so(world: World, people):
    browser = people["first"]
    place = paste(browser, world, "Item\tYear\tQuantity\nBeamer\t1\t5\n")

    answered = browser.post(place, data={"do": "read", f"word-{key_of('Beamer')}": OUT})

    assert "No row of this table is taken for this lot" in browser.page(answered.headers["Location"]).text


def test_the_column_of_quantities_is_chosen_where_the_page_asks(world: World, people):
    browser = people["first"]
    place = paste(browser, world, "Item\tYear\tqtx\nNotebook\t1\t5\n")

    answered = browser.post(place, data={"do": "read", "quantity": "2", "default-spec_tier": "standard"})

    assert "target-2=qty_expected" in answered.headers["Location"]
    assert "Lines: new 1" in browser.page(answered.headers["Location"]).text


@pytest.mark.parametrize("value", ["\x00", "9" * 400, "laptop' --", "server"])
def test_an_answer_that_is_none_is_taken_as_none(world: World, people, value: str):
    browser = people["first"]
    place = paste(browser, world, "Item\tYear\tQuantity\nBeamer\t1\t5\n")

    answered = browser.post(
        place, data={"do": "read", f"word-{key_of('Beamer')}": value, "quantity": value, "sheet": value}
    )
    page = browser.page(answered.headers["Location"])

    assert "none of our categories" in page.text


def test_every_row_that_is_left_out_or_added_up_without_is_named():
    rows = [f"Tablet\t{number}\tca. 2\n" if number > 1 else "Tablet\t1\t5\n" for number in range(1, 13)]
    left = read("Product\tYear\tExpected\n" + "".join(rows), leave_out=True)
    text = "Afdeling\tProduct\tJaar\tAantal\nA\tTablet\t1\t10\nB\tTablet\t1\tTBC\nC\tTablet\t1\t5\n"
    without = read(text, add_up=True, without_unknown=True)

    said = dict(left.notes + without.notes)
    notes = [params["rows"] for message, params in left.notes if message.startswith("Left out, as you said")]

    assert notes == ["3–13"]
    assert said["Added up without what is not known yet, as you said: rows %(rows)s."] == {"rows": "3"}
