"""The corpus of files that are read: what their shape and values mean, and what must be said about them and where."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import xlsxwriter

from framework.disclosure.workbook import write_filled
from tests.disclosure.workbooks import SCOPE, Change, add, faultless, put
from tests.hostile import raw
from tests.hostile.make import ODS_CELL, ODS_ROW, _ods
from tests.hostile.raw import cell, row

HEAD = ("Site name", "Address", "Country", "Workers")
ROWS = (("Lakeside Ltd", "58 First Avenue, Kunshan", "CN", 120), ("Harbour Ltd", "12 Quay Road, Hai Phong", "VN", 80))
TABLE = (HEAD, *ROWS)
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Read:
    """A file that is read: its verdict, the keys that must be told with their cells or rows, and those that must not."""

    id: str
    build: Callable[[], bytes]
    keys: tuple[str, ...] = ()
    at: str | int | None = None
    suffix: str = ".xlsx"
    verdict: str = "countable"
    never: tuple[str, ...] = ()
    stored: int | None = None
    values: dict[str, Any] = field(default_factory=dict)


def book(*tables: Rows, then: Callable[[Any, Any], None] | None = None, names: Sequence[str] = ()) -> bytes:
    """A workbook of these tables, texts as texts; `then` gets the book and its first sheet."""
    target = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(target, options) as made:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        for number, table in enumerate(tables):
            sheet = made.add_worksheet(names[number] if names else f"Sheet{number + 1}")
            for line, values in enumerate(table):
                for column, value in enumerate(values):
                    _write(sheet, line, column, value, day)
        if then:
            then(made, made.worksheets()[0])
    return target.getvalue()


def _write(sheet: Any, line: int, column: int, value: Any, day: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(line, column, value)
    elif isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, dt.date):
        sheet.write_datetime(line, column, value, day)
    elif value is not None:
        sheet.write_number(line, column, value)


def sites(*rows: Sequence[Any], head: Sequence[Any] = HEAD) -> Callable[[], bytes]:
    """A list of sites: the usual two rows, and these."""
    return lambda: book((head, *ROWS, *rows))


def ours(change: Change) -> Callable[[], bytes]:
    """Our own workbook without faults, changed."""

    def build() -> bytes:
        tables = faultless()
        change(tables)
        target = io.BytesIO()
        write_filled(target, SCOPE, tables)
        return target.getvalue()

    return build


def value(name: str, place: tuple[str, str], found: Any, *keys: str, **more: Any) -> Read:
    """Our workbook with one cell that holds `found`."""
    return Read(name, ours(put(place[0], **{place[1]: found})), keys, **more)


def geometry() -> Iterator[Read]:
    """S29b, S35 to S42: where a table lies."""
    yield Read("S29b", lambda: book(TABLE, then=lambda b, _: b.define_name("Country", "=Sheet1!$A$1")), stored=2)
    yield Read(
        "S35b", lambda: book(TABLE, then=lambda _, s: s.merge_range("B4:B6", "9 Dock Road")), ("cells-merged",), "B4"
    )
    title = (("Our factories",), (), ("Spring 2026",), (), (), ())
    yield Read("S36", lambda: book((*title, *TABLE)), ("header-found-at-row",), 7, stored=2)
    yield Read(
        "S37b", lambda: book(TABLE, TABLE, then=lambda b, _: b.worksheets()[1].hide()), ("sheet-hidden",), stored=2
    )
    yield Read(
        "S37b-very", lambda: book(TABLE, TABLE, then=lambda b, _: b.worksheets()[1].very_hidden()), ("sheet-hidden",)
    )
    yield Read("S38a-filter", lambda: book(TABLE, then=_filtered), ("filter-ignored",), stored=2)
    yield Read("S38a-groups", lambda: book(TABLE, then=lambda _, s: s.set_row(1, None, None, {"level": 1})), stored=2)
    yield Read("S38b-total", sites(("Total", None, None, 200)), ("row-looks-like-total",), 4, stored=2)
    yield Read("S38b-subtotal", sites(("Subtotal China", None, None, 120)), ("row-looks-like-total",), 4, stored=2)
    yield Read("S39a", lambda: book((("Read me",), ("Fill the next sheet",)), TABLE), ("sheet-chosen",), stored=2)
    second = ((), ("Other sites",), ("Contact", "City", "Country"), ("Kim", "Hanoi", "VN"))
    yield Read("S41", lambda: book((*TABLE, *second)), ("second-table",), stored=2)
    sideways = tuple(zip(*TABLE, *[(f"S{n}", f"{n} Quay Road", "VN", n) for n in range(1, 9)], strict=True))
    yield Read("S42", lambda: book(sideways), ("table-lies-on-its-side",), verdict="blocked")
    yield Read(
        "S44",
        lambda: b"Site name;Address;Country;Lat\nA Ltd;1 Quay Road;VN;20,85\n",
        suffix=".csv",
        stored=1,
        values={"latitude": 20.85},
    )
    wide = [*HEAD, *[f"c{n}" for n in range(70)]]
    yield Read("S69", lambda: book((wide, [*ROWS[0], *["x"] * 70])), ("columns-not-read",), stored=1)


def _filtered(_book: Any, sheet: Any) -> None:
    sheet.autofilter("A1:D3")
    sheet.filter_column("C", "x == VN")
    sheet.set_row(1, options={"hidden": True})


def headers() -> Iterator[Read]:
    """S49: how columns are called."""
    yield Read(
        "S49a",
        lambda: book((("Site name", "Address", "Address", "Country"), ("A Ltd", "1 Quay", "2 Quay", "VN"))),
        ("column-duplicate",),
    )
    yield Read(
        "S49b",
        lambda: book((("Site name", "Address", None, "Country"), ("A Ltd", "1 Quay", "x", "VN"))),
        ("header-missing",),
        stored=1,
    )
    for name, names in {
        "case": ("SITE NAME", "ADDRESS", "COUNTRY"),
        "space": (" Site  name ", "Address\u00a0", "Country "),
        "soft-hyphen": ("Site na\u00adme", "Add\u00adress", "Country"),
        "decomposed": ("Nom de l'usine", "Adresse", "Pays"),
        "nl": ("Naam fabriek", "Adres", "Land"),
        "sv": ("Fabriksnamn", "Adress", "Land"),
        "de": ("Name des Werks", "Anschrift", "Land"),
        "zh": ("工厂名称", "地址", "国家"),
    }.items():
        one = names
        yield Read(
            f"S49{'d' if len(name) == 2 else 'c'}-{name}",
            lambda one=one: book((one, *(r[:3] for r in ROWS))),
            stored=2,
            values={"country": "CN"},
        )


WORKERS, WOMEN, SCORE = ("3_sites", "workers_total"), ("3_sites", "workers_women_pct"), ("6_audits", "score")
DAY, NAME, ADDRESS = ("6_audits", "audit_date"), ("3_sites", "site_legal_name"), ("3_sites", "address_line")
LAND, POSTCODE, NARRATIVE = ("3_sites", "country"), ("3_sites", "postcode"), ("7_due_diligence", "narrative")


def values() -> Iterator[Read]:
    """S43 to S56 and S70: what stands in a cell."""
    for name, found in {
        "space": "1 234",
        "nbsp": "1\u00a0234",
        "narrow": "1\u202f234",
        "apostrophe": "1'234",
        "leading": "'1234",
    }.items():
        yield value(f"S43a-{name}", WORKERS, found, "number-normalised", values={"workers_total": 1234})
    yield value("S43b-comma", SCORE, "1.234,5", "number-normalised")
    yield value("S43b-point", SCORE, "1,234.5", "number-normalised")
    yield value("S43c", SCORE, "1.234", "decimal-sign-unclear")
    yield value("S43d", WORKERS, "5-", "value-not-allowed / trailing minus")
    yield value("S43e-text", WOMEN, "45 %", "number-normalised", values={"workers_women_pct": 45})
    yield value("S43f-ca", WORKERS, "ca. 500", "value-not-allowed / approximate")
    yield value("S43f-more", WORKERS, "> 500", "value-not-allowed / approximate")
    yield value("S43g", WORKERS, "500–600", never=("value-not-allowed / range",), values={"workers_total": "500-600"})
    yield value("S43g-one", WOMEN, "40–50", "value-not-allowed / range")
    yield value("S43h", WORKERS, 0, values={"workers_total": 0}, never=("placeholder", "value-missing"))
    yield value("S43i", WORKERS, "n/a", "placeholder")
    yield value("S43i-mandatory", NAME, "geen", "placeholder", "value-missing")
    yield value("S45a", POSTCODE, "0045", never=("id-stored-as-number",), values={"postcode": "0045"})
    yield value("S45b", POSTCODE, 45, "id-stored-as-number")
    yield value("S45c-short", POSTCODE, "1.23E+15", "id-shortened")
    yield value("S45c-long", ("0_submission", "reporting_party_reg_id"), 1234567890123456, "id-shortened")
    yield Read("S46b", lambda: _typed(DAY, found=45901), ("date-is-serial",))
    yield value("S46c", DAY, "03/04/2025", "value-not-allowed / day or month")
    yield value("S46e", DAY, "v.42", "value-not-allowed / week")
    yield value("S46e-week", DAY, "week 42", "value-not-allowed / week")
    yield value("S46f", DAY, "2025-09-01T10:00:00+02:00", "time-dropped")
    yield value("S50a-rtl", NAME, "مصنع البحيرة", never=("value-bad-character", "value-hidden-direction"))
    yield value("S50a-emoji", NAME, "Lakeside 🏭 𠮷", never=("value-bad-character",))
    yield value("S50b", NAME, "Lake\u202eside", "value-hidden-direction")
    yield value("S50c", NAME, "Lake\u200bside\ufeff", "text-cleaned", values={"site_legal_name": "Lakeside"})
    yield value("S50d", NAME, "\u0410pple Ltd", "value-look-alike")
    yield value("S50e", WORKERS, "１２３", "number-normalised", values={"workers_total": 123})
    yield value("S50f", NAME, "e" + "\u0301" * 9, "value-bad-character")
    for name, found in {
        "script": "<script>",
        "braces": "{{7*7}}",
        "percent": "%s %(x)s",
        "sql": "'; DROP TABLE x;--",
    }.items():
        yield value(f"S51a-{name}", NAME, found, values={"site_legal_name": found})
    yield value("S51b", NAME, "Lake\r\nside", "text-cleaned", values={"site_legal_name": "Lake side"})
    nul = _list_rows().replace("Lakeside Ltd", "Lake_x0000_side")
    yield Read("S51c", lambda: raw.workbook(nul), ("value-bad-character",), "A2")
    yield value("S52a", NARRATIVE, "x" * 32_767, "text-too-long")
    long = row(1, *(cell(f"{'ABC'[c]}1", text) for c, text in enumerate(HEAD[:3])))
    long += row(2, cell("A2", "A Ltd"), cell("B2", "x" * 32_768), cell("C2", "VN"))
    yield Read("S52b", lambda: raw.workbook(long), ("text-too-long",), "B2")
    yield Read("S53-bool", lambda: _typed(NAME, found=True), ("value-not-allowed / wrong kind",))
    yield Read("S53-date", lambda: _typed(NAME, found=dt.date(2026, 1, 2)), ("value-not-allowed / wrong kind",))
    yield Read("S54a", sites(ROWS[0]), ("row-duplicate",), 4)
    yield Read("S54a-key", ours(add("3_sites")), ("key-duplicate",))
    yield Read("S54b", ours(add("3_sites", site_ref="S9")), ("site-duplicate",))
    for name, found in {
        "nl": "Duitsland",
        "sv": "Kina",
        "zh": "中国",
        "long": "Taiwan, Province of China",
        "short": "UK",
    }.items():
        yield value(f"S55a-{name}", LAND, found, "country-read")
    yield value("S55b", LAND, "Nowhereland", "value-not-allowed / country")
    yield value("S55c-namibia", LAND, "NA", never=("placeholder",), values={"country": "NA"})
    for word in ("None", "null", "nan"):
        yield value(f"S55c-{word}", NAME, word, never=("placeholder",), values={"site_legal_name": word})
    yield value("S70-mail", NARRATIVE, "Ask kim@example.org", "personal-data")
    yield value("S70-telephone", NARRATIVE, "Call +46 8 123 45 67", "personal-data")


def _typed(place: tuple[str, str], *, found: Any) -> bytes:
    """Our workbook with a cell of another kind, written past the writer."""
    content = ours(lambda _tables: None)()
    made = openpyxl.load_workbook(io.BytesIO(content))
    sheet = made[place[0]]
    column = [one.value for one in sheet[1]].index(place[1]) + 1
    sheet.cell(2, column).value = found
    if isinstance(found, int):
        sheet.cell(2, column).number_format = "General"
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def of_the_file() -> Iterator[Read]:
    """S02e, S48, S58 to S60, S66 to S68, C06 and C07: what concerns a sheet or the whole file."""
    line = "".join(ODS_ROW.format("", "".join(_ods_text(text) for text in r[:3])) for r in TABLE)
    yield Read("S02e", lambda: _ods(line), suffix=".ods", stored=2)
    yield Read("S48b", lambda: _with_cell(cell("D3", 4, formula="SUM(D1:D2)")), ("formula",))
    yield Read("S48b-volatile", lambda: _with_cell(cell("D3", 4, formula="NOW()")), ("formula",))
    yield Read(
        "S48d",
        lambda: _with_cell(cell("D3", "x", kind="str", formula='HYPERLINK("http://example.org","x")')),
        ("formula",),
    )
    yield Read(
        "S48g",
        lambda: _with_cell(cell("D3", 4, formula='WEBSERVICE("http://example.org")')),
        ("formula / link elsewhere",),
        "D3",
    )
    yield Read(
        "S58", lambda: book(TABLE, then=lambda _, s: s.write_comment("A2", "the real name")), ("notes-not-read",)
    )
    yield Read("S59", lambda: book(TABLE, then=_coloured), ("colour-not-read",))
    yield Read("S60a", lambda: _with_picture(""), ("file-refused / table-is-picture",), verdict="refused")
    yield Read("S60b", lambda: _with_picture(_list_rows()), ("pictures-ignored",), stored=2)
    yield Read("S66", ours(put("0_submission", template_version="0.9")), ("template-version-wrong",), verdict="refused")
    yield Read("S67", ours(put("0_submission", round_id="another")), ("round-wrong",), verdict="blocked")
    yield Read("S68-needed", lambda: _without_sheet("1_products"), ("sheet-missing / needed",), verdict="blocked")
    yield Read("S68-other", lambda: _without_sheet("6_audits"), ("sheet-missing / other",))
    shown = b'Site name,Address,Country\n"=1+1",58 First Avenue,CN\n-5,1 Quay Road,VN\n+46 8 123,2 Quay Road,VN\n'
    yield Read("C06", lambda: shown, suffix=".csv", stored=3, values={"site_legal_name": "=1+1"})
    yield Read(
        "C07-header-only",
        lambda: b"Site name,Address,Country\n",
        ("row-count-wrong / no row",),
        suffix=".csv",
        verdict="blocked",
    )
    yield Read("C07-no-header", lambda: b"1,2\n3,4\n5,6\n", ("header-not-found",), suffix=".csv", verdict="blocked")


def _ods_text(text: Any) -> str:
    return ODS_CELL.format("").replace("Acme", str(text))


def _coloured(made: Any, sheet: Any) -> None:
    """Red behind one cell of the second column, as for a no."""
    sheet.write_string(1, 1, str(TABLE[1][1]), made.add_format({"bg_color": "#FF0000"}))


def _with_cell(last: str) -> bytes:
    """A list of sites whose cell D3 is given."""
    rows = [
        row(
            n,
            *(cell(f"{'ABCD'[c]}{n}", v) for c, v in enumerate(values) if (c, n) != (3, 3)),
            *([last] if n == 3 else []),
        )
        for n, values in enumerate(TABLE, start=1)
    ]
    return raw.workbook("".join(rows))


def _with_picture(rows: str) -> bytes:
    """A workbook of these rows with a picture on its sheet."""
    extra = {
        "xl/worksheets/_rels/sheet1.xml.rels": raw.links(("drawing", "../drawing1.xml")),
        "xl/drawing1.xml": '<d xmlns="urn:d"><pic/></d>',
    }
    return raw.pack({**raw.parts(rows), **extra})


def _list_rows() -> str:
    return "".join(
        row(n, *(cell(f"{'ABCD'[c]}{n}", v) for c, v in enumerate(values))) for n, values in enumerate(TABLE, start=1)
    )


def _without_sheet(name: str) -> bytes:
    made = openpyxl.load_workbook(io.BytesIO(ours(lambda _tables: None)()))
    del made[name]
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def cases() -> list[Read]:
    """The whole corpus of files that are read."""
    return [*geometry(), *headers(), *values(), *of_the_file()]
