"""A marked copy is the supplier's own package with marks in it: what we did not mean to change is the same, byte for byte."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest
import python_calamine
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from framework.disclosure import marked, marking
from framework.disclosure.inventory import inventory, losses
from framework.disclosure.package_parts import Parts
from framework.ground.issue_catalogue import make
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from framework.ground.sheets.splice import Edits, Unusual, find, with_attributes

HEAD = ("name", "address", "city", "country", "number of workers")
LIMITS = Limits.quick()
pytestmark = pytest.mark.filterwarnings("ignore:Sparkline Group extension:UserWarning")  # openpyxl of what it drops
TOUCHED = re.compile(
    r"\[Content_Types\]\.xml|.*\.rels|xl/(workbook|styles)\.xml|xl/comments\d\.xml|.*\.vml|xl/worksheets/.*"
)


def rich_workbook(path):
    """A list of sites with nearly all that a spreadsheet program can put beside its cells."""
    book = xlsxwriter.Workbook(str(path))
    sheet, other = book.add_worksheet("Våra 'egna' sites"), book.add_worksheet("Figures")
    bold, day = book.add_format({"bold": True, "bg_color": "#00FF00"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, HEAD, bold)
    for n in range(1, 12):
        sheet.write_row(n, 0, (f"Works {n}", f"{n} First Avenue", "Kunshan", "China"))
        sheet.write_formula(n, 4, f"=100+{n}", day if n == 3 else None, 100 + n)
    sheet.write_rich_string(1, 1, "1 First ", bold, "Avenue")
    sheet.write_comment("B3", "Mind the dog")
    sheet.write("D4", "Kinaa", bold)
    sheet.set_column("F:XFD", None, None, {"hidden": True})
    sheet.set_row(7, None, None, {"hidden": True})
    sheet.data_validation("D2:D12", {"validate": "list", "source": ["China", "Vietnam"]})
    sheet.conditional_format("E2:E12", {"type": "cell", "criteria": ">", "value": 105, "format": bold})
    sheet.merge_range("A15:C16", "Note")
    sheet.insert_textbox("H5", "Mind the gap")
    sheet.autofilter("A1:E12")
    other.add_table("B2:C5", {"columns": [{"header": "x"}, {"header": "y"}]})
    other.add_sparkline("E2", {"range": "Figures!B3:C3"})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Figures!$B$3:$B$5"})
    other.insert_chart("G2", chart)
    book.define_name("Figures!Local", "=Figures!$B$3")
    other.activate()
    book.close()


def issues(*cells, sheet="Våra 'egna' sites"):
    return [
        make("value-not-allowed", "country", sheet=sheet, row=int(c[1:]), column="country", value="Kinaa", cell=c)
        for c in cells
    ]


def marked_here(folder, path, found, monkeypatch, corrections=()):
    """The copy as the child makes it, made in this process."""
    (folder / "work").mkdir(exist_ok=True)
    monkeypatch.chdir(folder / "work")
    arguments = {
        "path": str(path),
        "language": "en",
        "marks": [marked._mark(one, "en", str) for one in found],
        "summary": marked._summary(found, "en", str, "A note"),
        "corrections": corrections,
        "max_cells": 10_000,
        "limits": LIMITS.as_dict(),
    }
    book = read_here(path, LIMITS)
    assert not isinstance(book, Refusal)
    return marking._marked(book, arguments)


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def rich(tmp_path):
    path = tmp_path / "rich.xlsx"
    rich_workbook(path)
    return path


def test_every_part_that_needs_no_mark_is_the_same_byte_for_byte(tmp_path, rich, monkeypatch):
    copy = marked_here(tmp_path, rich, issues("D4", "B3", "H9"), monkeypatch)

    before, after = parts_of(rich.read_bytes()), parts_of(copy)
    same = [name for name in before if not TOUCHED.fullmatch(name)]
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert {"xl/sharedStrings.xml", "xl/charts/chart1.xml", "xl/drawings/drawing1.xml", "xl/tables/table1.xml"} <= {
        *same
    }
    figures = before["xl/worksheets/sheet2.xml"].replace(b' tabSelected="1"', b"")
    assert after["xl/worksheets/sheet2.xml"] == figures


def test_the_marked_sheet_differs_by_its_marks_alone(tmp_path, rich, monkeypatch):
    copy = marked_here(tmp_path, rich, issues("D4", "B3"), monkeypatch)

    sheet = parts_of(copy)["xl/worksheets/sheet1.xml"].decode()
    before = parts_of(rich.read_bytes())["xl/worksheets/sheet1.xml"].decode()
    rows, rows_before = (re.findall(r"<row .*?</row>", one) for one in (sheet, before))
    changed = [new for new, old in zip(rows, rows_before, strict=True) if new != old]
    assert [re.search(r'r="(\d+)"', row)[1] for row in changed] == ["1", "3", "4"]
    assert sheet.partition("</sheetData>")[2] == before.partition("</sheetData>")[2]
    assert "<f>100+2</f><v>102</v>" in sheet


def test_what_is_shown_of_the_cells_and_their_surroundings_stays(tmp_path, rich, monkeypatch):
    copy = marked_here(tmp_path, rich, issues("D4", "B3"), monkeypatch)

    old, new = openpyxl.load_workbook(rich), openpyxl.load_workbook(io.BytesIO(copy))
    assert new.sheetnames == ["Hefboom what to fix", *old.sheetnames]
    for name in old.sheetnames:
        one, other = old[name], new[name]
        for row in one.iter_rows(max_col=5):
            for cell in row:
                there = other[cell.coordinate]
                for what in ("value", "number_format", "font", "border", "alignment", "protection"):
                    assert repr(getattr(there, what)) == repr(getattr(cell, what))
                if name == "Figures" or cell.coordinate not in ("D4", "B3"):
                    assert repr(there.fill) == repr(cell.fill)
        assert other.merged_cells.ranges == one.merged_cells.ranges
        assert [str(c.sqref) for c in other.conditional_formatting] == [
            str(c.sqref) for c in one.conditional_formatting
        ]
        assert other.auto_filter.ref == one.auto_filter.ref
        assert [v.sqref for v in other.data_validations.dataValidation] == [
            v.sqref for v in one.data_validations.dataValidation
        ]
        assert {n for n, d in other.row_dimensions.items() if d.hidden} == {
            n for n, d in one.row_dimensions.items() if d.hidden
        }
    assert [*new["Figures"].defined_names] == ["Local"]
    assert new.active.title == "Hefboom what to fix"
    assert [bool(sheet.sheet_view.tabSelected) for sheet in new.worksheets] == [True, False, False]


def test_a_remark_stands_below_the_suppliers_own_note_and_our_column_is_not_hidden(tmp_path, rich, monkeypatch):
    copy = marked_here(tmp_path, rich, issues("D4", "B3"), monkeypatch)

    sheet = openpyxl.load_workbook(io.BytesIO(copy))["Våra 'egna' sites"]
    assert sheet["B3"].comment.text.startswith("Mind the dog\n— Hefboom —\n")
    assert sheet["D4"].comment.text.startswith("— Hefboom —\n")
    assert sheet["F1"].value == "What to fix (Hefboom)"
    assert "Kinaa" in sheet["F4"].value
    assert not sheet.column_dimensions["F"].hidden
    assert sheet.column_dimensions["G"].hidden


def test_both_readers_find_the_summary_with_links_in_front(tmp_path, rich, monkeypatch):
    copy = marked_here(tmp_path, rich, issues("D4"), monkeypatch)

    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(copy)).get_sheet_by_index(0).to_python()
    sheet = openpyxl.load_workbook(io.BytesIO(copy)).worksheets[0]
    assert rows[0][0] == "What to fix in your file"
    assert rows[1][0] == "A note"
    assert sheet["D4"].hyperlink.location == "'Våra ''egna'' sites'!D4"


def test_what_an_earlier_copy_brought_is_taken_away_again(tmp_path, rich, monkeypatch):
    back = tmp_path / "back.xlsx"
    back.write_bytes(marked_here(tmp_path, rich, issues("D4", "B3", "B5"), monkeypatch))
    copy = marked_here(tmp_path, back, issues("B5"), monkeypatch)

    sheet = openpyxl.load_workbook(io.BytesIO(copy))["Våra 'egna' sites"]
    assert openpyxl.load_workbook(io.BytesIO(copy)).sheetnames == [
        "Hefboom what to fix",
        "Våra 'egna' sites",
        "Figures",
    ]
    assert sheet["D4"].fill.fgColor.rgb == "FF00FF00"  # as the supplier had it
    assert sheet["D4"].comment is None
    assert sheet["B3"].comment.text == "Mind the dog"
    assert sheet["B5"].comment.text.count("— Hefboom —") == 1
    assert [row for row in range(2, 12) if sheet.cell(row, 6).value] == [5]
    assert parts_of(copy)["xl/drawings/vmlDrawing1.vml"].count(b"<x:Row>") == 2


def test_a_copy_saved_by_another_program_is_marked_again(tmp_path, rich, monkeypatch):
    book = openpyxl.load_workbook(io.BytesIO(marked_here(tmp_path, rich, issues("D4", "B3"), monkeypatch)))
    book["Våra 'egna' sites"]["D4"] = "China"
    back = tmp_path / "back.xlsx"
    book.save(back)
    copy = marked_here(tmp_path, back, issues("B3"), monkeypatch)

    sheet = openpyxl.load_workbook(io.BytesIO(copy))["Våra 'egna' sites"]
    assert (sheet["D4"].value, sheet["D4"].comment, sheet["D4"].fill.fgColor.rgb) == ("China", None, "FF00FF00")
    assert sheet["B3"].comment.text.startswith("Mind the dog\n— Hefboom —")
    assert sheet["B3"].comment.text.count("Hefboom") == 1


def test_a_value_mended_on_the_page_replaces_a_formula_and_the_order_of_formulas_is_forgotten(
    tmp_path, rich, monkeypatch
):
    copy = marked_here(tmp_path, rich, issues("D4"), monkeypatch, [["Våra 'egna' sites", 3, "E", "=_x0041_ & 7"]])

    cell = openpyxl.load_workbook(io.BytesIO(copy))["Våra 'egna' sites"]["E3"]
    assert (cell.data_type, parts_of(copy).get("xl/calcChain.xml")) == ("s", None)


def test_a_shared_formula_is_not_torn_apart(tmp_path, rich, monkeypatch):
    parts = Parts(rich, LIMITS)
    name = "xl/worksheets/sheet1.xml"
    shared = parts.read(name).replace(b"<f>100+1</f>", b'<f t="shared" ref="E2:E5" si="0">100+1</f>')
    parts.write(name, shared)
    parts.save(tmp_path / "shared.xlsx")

    with pytest.raises(Unusual, match="formula"):
        marked_here(tmp_path, tmp_path / "shared.xlsx", issues("D4"), monkeypatch, [["Våra 'egna' sites", 2, "E", "5"]])


def test_a_conversation_is_left_to_itself(tmp_path, monkeypatch):
    path = tmp_path / "talk.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "S"
    for row in (HEAD, ("Works", "1 First Avenue", "Kunshan", "Kinaa", 5)):
        book.active.append(row)
    book.active["D2"].comment = Comment("[Threaded comment]", "tc={1234}")
    book.active["D2"].fill = PatternFill("solid", fgColor="FF123456")
    book.save(path)
    copy = marked_here(tmp_path, path, issues("D2", sheet="S"), monkeypatch)

    cell = openpyxl.load_workbook(io.BytesIO(copy))["S"]["D2"]
    assert (cell.comment.text, cell.fill.fgColor.rgb) == ("[Threaded comment]", "FFF6D7D2")


@pytest.mark.parametrize(
    ("part", "old", "new", "lost"),
    [
        ("xl/worksheets/sheet1.xml", b"<f>100+1</f>", b"", "formula"),
        ("xl/worksheets/sheet1.xml", b"<v>102</v>", b"", "result"),
        ("xl/worksheets/sheet1.xml", b'hidden="1"', b"", "hidden"),
        ("xl/worksheets/sheet1.xml", b'<mergeCell ref="A15:C16"/>', b"", "merge"),
        ("xl/worksheets/sheet1.xml", b'<c r="D4" s="1"', b'<c r="D4"', "fill"),
        ("xl/worksheets/sheet1.xml", b'<c r="A1" s="1"', b'<c r="A1"', "font"),
        ("xl/worksheets/sheet1.xml", b"<dataValidation ", b"<nothing ", "validation"),
        ("xl/worksheets/sheet1.xml", b"<cfRule ", b"<nothing ", "conditional"),
        ("xl/workbook.xml", b"<definedName ", b"<nothing ", "name"),
        ("xl/comments1.xml", b"<comment ", b"<nothing ", "note"),
        ("xl/styles.xml", b"yyyy-mm-dd", b"yyyy", "number-format"),
        ("xl/drawings/drawing1.xml", b"<xdr:sp ", b"<xdr:nothing ", "drawing"),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" not in value else "",
)
def test_the_inventory_names_what_a_copy_lost(tmp_path, rich, part, old, new, lost):
    parts = Parts(rich, LIMITS)
    assert old in parts.read(part)
    changed = parts.read(part).replace(old, new)
    if b"<nothing " in new or b":nothing " in new:
        name = old.strip(b"< ")
        changed = changed.replace(b"</" + name + b">", b"</" + new.strip(b"< ") + b">")
    parts.write(part, changed)
    parts.save(tmp_path / "less.xlsx")

    assert lost in losses(inventory(rich, LIMITS), inventory(tmp_path / "less.xlsx", LIMITS))


def test_a_splice_leaves_every_other_byte_and_knows_prefixes():
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    data = f'\ufeff<?xml version="1.0"?><x:a xmlns:x="{space}"><x:b q="1>2"/> é<x:c>é</x:c></x:a>'.encode()
    found = find("a.xml", data, LIMITS, lambda _path, _said: 0)
    edits = Edits(found)
    edits.append(found.first("b"), "Z", q="5")
    edits.append(found.first("c"), "Y")

    assert found.prefix == "x:"
    assert edits.done() == data.replace(b'<x:b q="1>2"/>', b'<x:b q="5">Z</x:b>').replace(b"</x:c>", b"Y</x:c>")


def test_a_splice_that_overlaps_or_another_encoding_is_refused():
    found = find("a.xml", b"<a><b><c/></b></a>", LIMITS, lambda _path, _said: 0)
    edits = Edits(found)
    for one in found.elements:
        edits.remove(one)

    with pytest.raises(Unusual):
        edits.done()
    with pytest.raises(Unusual):
        find("a.xml", "<a/>".encode("utf-16"), LIMITS, lambda _path, _said: 0)


def test_an_attribute_named_in_the_text_of_another_is_left_alone():
    tag = b"""<definedName comment="see localSheetId='1' here" localSheetId="0">"""

    assert with_attributes(tag, localSheetId="1") == (
        b"""<definedName comment="see localSheetId='1' here" localSheetId="1">"""
    )
