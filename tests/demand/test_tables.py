"""Pasted blocks and foreign sheets: what is understood, what is asked, what is refused; 0 wrong cells."""

from __future__ import annotations

import datetime as dt
import io
import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from framework.demand import rules, uploads, workbook
from framework.demand.columns import Choices
from framework.demand.figures import DecimalSign
from framework.demand.groups import grouped, rows_named
from framework.demand.lines import LABELS, Line, Scope, differences, one_line
from framework.demand.tables import Account, understand
from framework.ground.blocks import best_sheet, split_block, table_of
from framework.ground.errors import InvalidInput
from framework.ground.sheets.cells import Book, Row, Sheet
from framework.ground.sheets.reader import read_book
from tests.demand.conftest import line

SCOPE = Scope(("laptop", "monitor"), ("standard", "power"), 4)
HERE = workbook.Reference("r1", "l1", "m1", "d1/3", "Round · Lot · Gemeente A")
FOREIGN = Path(__file__).resolve().parents[3] / "shared" / "data" / "demand" / "dfe_devices"


def lines_of(text: str, **choices: object) -> list[Line]:
    found = understand(split_block(text), SCOPE, Choices(**choices))  # type: ignore[arg-type]
    assert found.issues == []
    return found.lines


def test_a_block_with_a_header_is_read_by_its_words():
    found = lines_of(
        "Productgroep\tSpecificatie\tLand\tJaar\tVast\tVerwacht\tMaximaal\tBedrag\n"
        "Notebook\tStandard\tNederland\t2\t10\t1 200\t1 500\t840.000,50\n"
    )

    assert found == [Line("laptop", "standard", "NL", 2, 10, 1200, 1500, Decimal("840000.50"), source_row=2, row=2)]


def test_a_block_without_header_is_read_by_its_values():
    found = lines_of("laptop\tstandard\tNL\t1\t10\t20\t30\nmonitor\tpower\tSE\t2\t0\t5\t5")

    assert [(x.category, x.year_no, x.qty_firm, x.qty_expected, x.qty_max) for x in found] == [
        ("laptop", 1, 10, 20, 30),
        ("monitor", 2, 0, 5, 5),
    ]


@pytest.mark.parametrize("word", ["Förväntat", "Förväntad", "Förväntade", "Expected", "Verwacht"])
def test_the_expected_quantity_is_known_under_every_form_of_its_word(word: str):
    [line] = lines_of(f"Produkt\tTier\tLand\tÅr\t{word}\nlaptop\tstandard\tSE\t1\t12")

    assert line.qty_expected == 12


def test_semicolons_and_years_side_by_side():
    found = lines_of("Kategori;Tier;Land;År 1 förväntat;År 2 förväntat\nBärbar dator;standard;Sverige;10;20")

    assert [(x.year_no, x.qty_expected, x.qty_firm, x.qty_max) for x in found] == [(1, 10, 0, 10), (2, 20, 0, 20)]


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("Line 1,Line 2,Town\n201,City,London", 3),
        ("laptop,standard,NL,1,10", 5),
        ("urn,allocation\n1,10", 2),
        ("1,5\n2,5", 1),
        ("€ 1.234,50", 1),
        ("12,-", 1),
    ],
)
def test_commas_separate_cells_only_where_they_are_not_in_a_figure(text: str, width: int):
    assert len(split_block(text).rows[0][1]) == width


def test_what_was_filled_in_is_said():
    found = understand(split_block("Category\tTier\tCountry\tYear\tQuantity\nlaptop\tstandard\tNL\t1\t10"), SCOPE)

    assert [note[1] for note in found.notes] == [{"columns": ["Firm quantity", "Maximum quantity"]}]


def test_an_ambiguous_block_is_asked_and_not_guessed():
    text = "Category\tTier\tCountry\tYear\tQuantity\tValue\nlaptop\tstandard\tNL\t1\t1.234\t1.500"

    asked = understand(split_block(text), SCOPE)

    assert asked.sign_needed
    assert [i.code for i in asked.issues] == ["unclear"]
    assert asked.lines[0].qty_expected == 1234
    assert lines_of(text, sign=DecimalSign.COMMA)[0].value_expected == Decimal(1500)


def test_pieces_and_money_of_one_block_are_read_by_their_own_columns():
    found = understand(split_block("laptop\tstandard\tNL\t1\t1.000\t2.000\t3.000\t99.50"), SCOPE)

    assert [(x.qty_firm, x.qty_expected, x.qty_max, x.value_expected) for x in found.lines] == [
        (1000, 2000, 3000, Decimal("99.50"))
    ]
    assert "one thousand" in found.notes[-1][0]


def test_every_fault_stands_at_its_row_and_column():
    text = (
        "Category\tTier\tCountry\tYear\tFirm\tExpected\tMax\n"
        "toaster\tstandard\tNL\t1\t1\t1\t1\n"
        "laptop\tstandard\tNarnia\t1\t1\t1\t1\n"
        "laptop\tstandard\tNL\t9\t1\t1\t1\n"
        "laptop\tstandard\tNL\t1\t5\tca. 500\t15%\n"
    )

    found = understand(split_block(text), SCOPE)

    assert [(i.code, i.row, i.column) for i in found.issues] == [
        ("category-unknown", 2, "Category"),
        ("country-unknown", 3, "Delivery country"),
        ("year-outside", 4, "Contract year"),
        ("approximate", 5, "Expected"),
        ("percent", 5, "Max"),
    ]


def test_every_issue_has_a_sentence():
    found = understand(split_block("Category\tYear\tExpected\ntoaster\t9\tmany"), SCOPE)

    assert all(template % {"year": 1, **params} for template, params in map(rules.sentence, found.issues))


def test_a_total_row_is_left_out_and_that_is_said():
    found = understand(
        split_block("Category\tTier\tCountry\tYear\tExpected\nlaptop\tstandard\tNL\t1\t5\nTotaal\t\t\t\t5"), SCOPE
    )

    assert len(found.lines) == 1
    assert {"rows": ["3"]} in [params for _message, params in found.notes]
    assert found.account == Account(rows=2, taken=1, added=0, totals=1, listed=0)


def test_quoted_cells_and_a_lone_quote():
    block = 'Category\tTier\tCountry\tYear\tExpected\tReason\nlaptop\tstandard\tNL\t1\t\t"waiting\nfor budget"'
    lone = 'Category\tTier\tCountry\tYear\tExpected\tDelivery profile\nlaptop\tstandard\tNL\t1\t5\t15" on desks'

    assert lines_of(block)[0].not_known_reason == "waiting for budget"
    assert lines_of(lone)[0].delivery_profile == '15" on desks'


def test_rows_of_the_same_line_are_added_only_when_asked():
    text = "Category\tTier\tCountry\tYear\tExpected\nlaptop\tstandard\tNL\t1\t5\nlaptop\tstandard\tNL\t1\t7"

    refused = understand(split_block(text), SCOPE)
    added = understand(split_block(text), SCOPE, Choices(add_up=True))

    assert [(i.code, i.row, i.params["other"]) for i in refused.issues] == [("line-twice", 3, 2)]
    assert refused.account == Account(rows=2, taken=1, added=0, totals=0, listed=1)
    assert [x.qty_expected for x in added.lines] == [12]
    assert added.account == Account(rows=2, taken=1, added=1, totals=0, listed=0)


@pytest.mark.parametrize(
    "read",
    [split_block, lambda text: table_of(Sheet("S", [Row(n, ("x",)) for n, _ in enumerate(text.split("\n"), 1)]))],
)
def test_a_table_above_the_limit_is_refused_by_its_number(read):
    with pytest.raises(InvalidInput) as refused:
        read("\n".join(["laptop\t1"] * 25_000))

    assert refused.value.params["rows"] == 25_000


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "laptop", "Total", "NL", "1", "5", "x", "ca. 5", "1.234", "9"]), min_size=1, max_size=6
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_every_row_of_any_block_is_accounted_for(cells: list[list[str]], add_up: bool):
    table = split_block("Category\tCountry\tYear\tExpected\tValue\n" + "\n".join("\t".join(row) for row in cells))

    found = understand(table, SCOPE, Choices(add_up=add_up))

    assert found.account.is_exact
    assert found.account.rows == sum(1 for row in cells if any(row))


def test_a_wide_row_without_a_figure_is_listed_and_not_dropped():
    found = understand(
        split_block("Category\tTier\tCountry\tExpected year 1\nlaptop\tstandard\tNL\t\nlaptop\tpower\tNL\t4"), SCOPE
    )

    assert [(i.code, i.row) for i in found.issues] == [("quantity-missing", 2)]


def test_what_a_block_has_no_column_for_stays_as_it_is():
    old = line(
        qty=10, certainty="budgeted", baseline_qty=9, delivery_profile="ramp", current_supplier_end=dt.date(2027, 3, 31)
    )
    text = "Category\tTier\tCountry\tYear\tExpected\nlaptop\tstandard\tNL\t1\t10\nmonitor\tstandard\tNL\t1\t7"

    found = understand(split_block(text), SCOPE, stored=[old])

    assert found.issues == []
    assert found.lines[0] == old
    assert (found.lines[1].qty_firm, found.lines[1].qty_max, found.lines[1].certainty) == (0, 7, "indicative")


def test_a_quantity_that_does_not_fit_what_is_kept_is_told():
    text = "Category\tTier\tCountry\tYear\tExpected\nlaptop\tstandard\tNL\t1\t5"

    found = understand(split_block(text), SCOPE, stored=[line(qty=10)])

    assert [(i.code, i.row, i.params["firm"]) for i in found.issues] == [("kept-order", 2, 10)]


def test_a_reason_alone_makes_a_stored_quantity_unknown():
    text = "Category\tTier\tCountry\tYear\tReason\nlaptop\tstandard\tNL\t1\tbudget in March"

    found = understand(split_block(text), SCOPE, stored=[line(qty=10)])

    assert found.issues == []
    assert not found.lines[0].is_known


def test_a_missing_year_is_one_question():
    found = understand(split_block("Category\tTier\tCountry\tExpected\n" + "laptop\tstandard\tNL\t5\n" * 40), SCOPE)

    assert [(g.code, len(g.issues)) for g in grouped(found.issues)] == [("year-missing", 40)]


def test_rows_of_one_cause_are_one_group_that_names_the_first():
    text = "Category\tTier\tCountry\tYear\tExpected\n" + "laptop\tstandard\tNL\t1\t5\n" * 5000

    groups = grouped(understand(split_block(text), SCOPE).issues)

    assert [(g.code, len(g.issues), rows_named(g.issues)) for g in groups] == [("line-twice", 4999, "3, 4, 5, 6, 7, …")]


def test_a_table_without_quantities_is_one_message():
    found = understand(split_block("School\tCity\tCode\nA\tLeiden\tx1\nB\tDelft\tx2"), SCOPE)

    assert {i.code for i in found.issues} == {"no-quantities"}
    assert found.account.listed == found.account.rows


def test_two_columns_of_one_meaning_are_asked_and_neither_is_read():
    text = "Category\tTier\tCountry\tYear\tQty\tQuantity\nlaptop\tstandard\tNL\t1\t5\t7"

    asked = understand(split_block(text), SCOPE)
    chosen = understand(split_block(text), SCOPE, Choices(targets={4: "", 5: "qty_expected"}))

    assert "column-duplicate" in [i.code for i in asked.issues]
    assert [c.target for c in asked.columns][4:] == ["", ""]
    assert [x.qty_expected for x in chosen.lines] == [7]
    assert chosen.issues == []


def test_calendar_years_are_a_header_and_offered_as_contract_years():
    found = understand(
        split_block("Category\tTier\tCountry\t2027\t2028\t2029\t2030\nlaptop\tstandard\tNL\t10\t20\t30\t40"), SCOPE
    )

    assert found.issues == []
    assert [(x.year_no, x.qty_expected) for x in found.lines] == [(1, 10), (2, 20), (3, 30), (4, 40)]
    assert {c.ground for c in found.columns[3:]} == {"order"}


def test_calendar_years_of_a_sheet_may_be_numbers_and_name_a_field():
    sheet = Sheet("S", [Row(1, ("Category", 2027.0, 2028.0)), Row(2, ("laptop", 5, 6))])
    words = "Category\tFirm 2027/28\tExpected 2027/28\tExpected 2028/29\nlaptop\t1\t2\t3"
    given_ = Choices(defaults={"spec_tier": "standard", "delivery_country": "NL"})

    numbers = understand(table_of(sheet), SCOPE, given_)
    named = understand(split_block(words), SCOPE, given_)

    assert [(x.year_no, x.qty_expected) for x in numbers.lines] == [(1, 5), (2, 6)]
    assert [(x.year_no, x.qty_firm, x.qty_expected) for x in named.lines] == [(1, 1, 2), (2, 0, 3)]


def test_what_a_person_chose_is_a_choice_only_where_it_differs():
    text = "Category\tTier\tCountry\tYear\tExpected\tOther\nlaptop\tstandard\tNL\t1\t5\t7"
    same = {0: "category", 1: "spec_tier", 2: "delivery_country", 3: "year_no", 4: "qty_expected", 5: "qty_max"}

    found = understand(split_block(text), SCOPE, Choices(targets=same))

    assert [c.ground for c in found.columns] == ["header"] * 5 + ["chosen"]


def test_a_change_is_not_a_total():
    text = "urn,ukprn,allocation_delta,allocation,order_state\n1,,,10,can\n2,,2,,can\n3,,1,6,can\n"
    given_ = {"category": "laptop", "spec_tier": "standard", "delivery_country": "NL", "year_no": "1"}

    found = understand(split_block(text), SCOPE, Choices(defaults=given_))

    assert [(i.code, i.row) for i in found.issues] == [("is-a-change", 3), ("total-and-change", 4)]
    assert [x.qty_expected for x in found.lines] == [10]


@pytest.mark.skipif(not FOREIGN.is_dir(), reason="the real sheets are not on this machine")
@pytest.mark.parametrize(
    ("name", "codes", "quantities"),
    [
        ("allocation-upload-2.csv", [], [30]),
        ("allocation-upload-3.csv", ["is-a-change"], [10]),
        ("allocation_upload.csv", ["is-a-change", "is-a-change", "total-and-change"], [5]),
        ("allocation_upload_with_negative_deltas.csv", ["is-a-change"], [1]),
    ],
)
def test_real_allocation_sheets(name: str, codes: list[str], quantities: list[int]):
    given_ = {"category": "laptop", "spec_tier": "standard", "delivery_country": "GB", "year_no": "1"}

    found = understand(split_block((FOREIGN / name).read_text()), SCOPE, Choices(defaults=given_, add_up=True))

    assert [i.code for i in found.issues] == codes
    assert [x.qty_expected for x in found.lines] == quantities


@pytest.mark.skipif(not FOREIGN.is_dir(), reason="the real sheets are not on this machine")
@pytest.mark.parametrize("name", sorted(p.name for p in FOREIGN.glob("*") if p.name != "blank.xlsx"))
def test_the_header_of_a_real_sheet_is_not_counted_as_a_row(name: str):
    book = read_book(FOREIGN / name)
    assert isinstance(book, Book)
    sheet = best_sheet(book)
    assert sheet is not None

    found = understand(table_of(sheet), SCOPE)

    assert found.account.rows == len(sheet.rows) - 1
    assert len(grouped(found.issues)) <= 5


def test_hidden_sheets_are_not_data():
    hidden = Sheet("Lists", [Row(1, tuple("abcdefgh"))] * 9, visible=False)
    shown = Sheet("Form", [Row(1, ("Category", "Expected"))])

    assert best_sheet(Book("xlsx", [hidden, shown])) is shown


@given(st.text())
def test_a_tidied_text_stays_as_it_is(text: str):
    assert one_line(one_line(text)) == one_line(text)


HABITS = [("", "."), (".", ","), (" ", ","), ("'", "."), (",", "."), ("\u202f", ",")]


@pytest.mark.parametrize("seed", range(50))
def test_fifty_pasted_blocks_have_no_wrong_cell(seed: int):
    chance = random.Random(seed)
    thousands, decimal = HABITS[seed % len(HABITS)]
    shape = chance.sample(
        [(c, t, n, y) for c in SCOPE.categories for t in SCOPE.tiers for n in ("NL", "SE") for y in (1, 2, 3, 4)], 12
    )
    wanted = []
    for category, tier, country, year in shape:
        firm = chance.randrange(0, 90_000)
        expected = firm + chance.randrange(0, 90_000)
        value = Decimal(chance.randrange(0, 10**9)).scaleb(-2)
        wanted.append(Line(category, tier, country, year, firm, expected, expected + chance.randrange(0, 9_000), value))

    def money(value: Decimal) -> str:
        return f"{value:,.2f}".replace(",", "_").replace(".", decimal).replace("_", thousands)

    def whole(value: int | None) -> str:
        return f"{value:,}".replace(",", thousands)

    rows = [
        [
            x.category,
            x.spec_tier,
            x.delivery_country,
            str(x.year_no),
            whole(x.qty_firm),
            whole(x.qty_expected),
            whole(x.qty_max),
            money(x.value_expected),
        ]
        for x in wanted
    ]
    header = [["Category", "Tier", "Country", "Year", "Firm", "Expected", "Maximum", "Value"]] if seed % 2 else []
    delimiter = "\t" if seed % 3 else ";"
    text = "\r\n".join(delimiter.join(row) for row in header + rows)

    found = understand(split_block(text), SCOPE)

    assert found.issues == []
    assert found.lines == wanted


texts = st.text(st.characters(codec="utf-8"), max_size=20).map(one_line)


@st.composite
def some_lines(draw: st.DrawFn) -> list[Line]:
    keys = draw(
        st.lists(
            st.tuples(
                st.sampled_from(SCOPE.categories),
                st.sampled_from(SCOPE.tiers),
                st.sampled_from(["NL", "SE", "BE", "NA"]),
                st.integers(1, 4),
            ),
            unique=True,
            max_size=8,
        )
    )
    return [draw(some_line(key)) for key in keys]


@st.composite
def some_line(draw: st.DrawFn, key: tuple[str, str, str, int]) -> Line:
    known = draw(st.booleans())
    amounts = sorted(draw(st.lists(st.integers(0, 10**7), min_size=3, max_size=3))) if known else [None] * 3
    return Line(
        *key,
        *amounts,
        value_expected=draw(st.none() | st.integers(0, 10**11).map(lambda c: Decimal(c).scaleb(-2))),
        certainty=draw(st.sampled_from(["budgeted", "planned", "indicative"])),
        baseline_qty=draw(st.none() | st.integers(0, 10**7)),
        not_known_reason="" if known else ("because " + draw(texts)).strip(),
        current_supplier_end=draw(st.none() | st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1))),
        delivery_profile=draw(texts),
    )


def sheet_of(lines: list[Line], words=str) -> Book:  # type: ignore[no-untyped-def]
    """The workbook read by openpyxl in this process: the same cells as the reader's, without a child process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook, "BLANK_ROWS", 3)
        written = workbook.write(lines, SCOPE, reference=HERE, words=words)
    book = load_workbook(io.BytesIO(written))
    return Book(
        "xlsx",
        [
            Sheet(
                s.title,
                [Row(n, tuple(r)) for n, r in enumerate(s.iter_rows(values_only=True), 1)],
                visible=s.sheet_state == "visible",
            )
            for s in book.worksheets
        ],
    )


@settings(max_examples=50, deadline=None)
@given(some_lines())
def test_an_unchanged_workbook_changes_nothing(lines: list[Line]):
    found = workbook.read(sheet_of(lines), SCOPE)

    assert found is not None
    assert found.issues == []
    assert differences(lines, found.lines) == []


def test_a_workbook_in_another_language_is_read_by_its_own_labels():
    book = sheet_of([line(qty=5)], words=lambda label: f"{label[::-1]} å")

    found = workbook.read(book, SCOPE)

    assert found is not None
    assert differences([line(qty=5)], found.lines) == []


def test_one_edited_cell_is_exactly_one_change(tmp_path: Path):
    lines = [line(1, qty=5), line(2, qty=6)]
    path = tmp_path / "demand.xlsx"
    path.write_bytes(workbook.write(lines, SCOPE, reference=HERE))
    book = load_workbook(path)
    book["Demand"].cell(3, 1 + list(LABELS).index("qty_max") + 1).value = 99
    book.save(path)

    read = read_book(path)
    assert isinstance(read, Book)
    found = workbook.read(read, SCOPE)

    assert found is not None
    assert [(c.kind, c.key[3], c.field, c.old, c.new) for c in differences(lines, found.lines)] == [
        ("changed", 2, "qty_max", 6, 99)
    ]


@pytest.mark.parametrize("other", [{"round": "r2"}, {"lot": "l2"}, {"member": "m2"}])
def test_a_workbook_of_another_declaration_is_refused_by_both_names(other: dict[str, str]):
    here = replace(HERE, name="Here", **other)

    with pytest.raises(InvalidInput) as refused:
        uploads.understand(sheet_of([line(qty=5)]), SCOPE, Choices(), here=here)

    assert refused.value.params == {"theirs": HERE.name, "ours": "Here"}


def test_a_workbook_older_than_the_draft_says_so():
    book = sheet_of([line(qty=5)])

    same, _whole = uploads.understand(book, SCOPE, Choices(), here=HERE)
    later, _whole = uploads.understand(book, SCOPE, Choices(), here=replace(HERE, stamp="d1/4"))

    assert same.notes == []
    assert "saved after this workbook" in later.notes[0][0]


def test_rows_of_a_workbook_may_be_deleted_and_sorted(tmp_path: Path):
    path = tmp_path / "demand.xlsx"
    path.write_bytes(workbook.write([line(qty=5)], SCOPE, reference=HERE))

    sheet = load_workbook(path)["Demand"]

    beyond = [c for c in sheet.column_dimensions.values() if c.max > len(LABELS) + 1]
    assert {cell.protection.locked for cell in sheet[2]} == {False}
    assert {cell.protection.locked for cell in sheet[1] if cell.value} == {True}
    assert [(c.max, c.protection.locked) for c in beyond] == [(16_384, False)]


def test_text_in_a_workbook_never_becomes_a_formula():
    book = sheet_of([line(qty=None, not_known_reason="=1+1")])

    assert workbook.read(book, SCOPE).lines[0].not_known_reason == "=1+1"  # type: ignore[union-attr]


def test_the_table_of_a_sheet_marks_percent_cells():
    sheet = Sheet("S", [Row(1, ("Category", "Year", "Expected")), Row(2, ("laptop", 1, 0.15))])
    sheet.facts.percent_cells.add((2, 3))

    found = understand(table_of(sheet), Scope(("laptop",), (), 4), Choices(defaults={"delivery_country": "NL"}))

    assert [(i.code, i.row, i.column) for i in found.issues] == [("percent", 2, "Expected")]
