"""Read a recognised RMI workbook by the cells of its layout: head, answers, smelters, mines, products; never persons."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from framework.disclosure.foreign.asked import company_asked, goes_on, is_asked
from framework.disclosure.foreign.layouts import Layout, answer_key, at, cells_of, values
from framework.disclosure.foreign.recognising import Foreign, mineral_of
from framework.disclosure.identifiers import smelter_form
from framework.disclosure.table import letter, place_of
from framework.ground.codelists import country_by_name
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue
from framework.ground.reading.facts import broken_cells
from framework.ground.sheets.cells import Book, Cell, Sheet

COMPANY = "company"
ALL_SCOPE = {"a": "company_wide", "b": "model_subset", "c": "company_wide", "d": "company_wide"}
OLD_SCOPE = ALL_SCOPE | {"b": "company_wide", "d": "model_subset"}
_NOT_LISTED, _NOT_IDENTIFIED = "smelter not listed", "smelter not yet identified"
_RECYCLED = re.compile(r"\s*(recycled|scrap)\b", re.IGNORECASE)
_OURS = frozenset({"tin", "tantalum", "tungsten", "gold", "cobalt", "mica"})
_EPOCH, _EPOCH_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
_HELPERS = frozenset({"0", "0.0", "Unknown"})
_INPUT = 17
Record = dict[str, Any]
Register = Mapping[str, str | None]


@dataclass(slots=True)
class ForeignContent:
    """What the file says. Lists hold records `{"row": n, "values": {...}, "found": {...}}`, one for each row of the file.

    `company` as written, `scope` in our words, `as_of` an ISO day or blank, `authorised` whether an authoriser is named.
    `listed` are rows, by sheet, with values only in columns that we do not read, such as those of persons.
    """

    company: str = ""
    scope: str = "company_wide"
    scope_words: str = ""
    description: str = ""
    as_of: str = ""
    authorised: bool = False
    minerals: list[str] = field(default_factory=list)
    answers: list[Record] = field(default_factory=list)
    smelters: list[Record] = field(default_factory=list)
    mines: list[Record] = field(default_factory=list)
    products: list[Record] = field(default_factory=list)
    listed: dict[str, list[int]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def read_foreign(book: Book, found: Foreign, register: Register | None = None) -> ForeignContent:
    """Read everything a readable workbook holds; `register` maps smelter ids to None or the day they were last seen."""
    if found.layout is None or found.shift:
        raise ValueError("not readable as it stands")
    reader = _Reader(book, found, found.layout, register)
    reader.head()
    reader.questions()
    reader.smelters()
    reader.mines()
    reader.products()
    reader.compare()
    return reader.content


class _Reader:
    """One pass over one book; every method adds to `content`."""

    def __init__(self, book: Book, found: Foreign, layout: Layout, register: Register | None) -> None:
        self.book, self.found, self.layout, self.register = book, found, layout, register
        self.content = ForeignContent()
        self.cells = cells_of(found.declaration)
        self.broken = broken_cells(found.declaration)
        self.given: dict[tuple[str, str], str] = {}

    def tell(self, code: str, cause: str = "", *, sheet: str, cell: str, value: object = "", **params: object) -> None:
        """Note an issue at a cell."""
        row, place = at(cell)
        given: dict[str, Any] = {"cell": cell, **params}
        issue = make(code, cause, sheet=sheet, row=row, column=letter(place), value=value, **given)
        self.content.issues.append(issue)

    def declared(self, address: str) -> Cell:
        """A cell of the declaration; an error in it is told and counts as blank."""
        row, place = at(address)
        value = self.cells.get((row, place))
        what = self.broken.get((row, place + 1))
        word = what.found if what else value if isinstance(value, str) and value.startswith("#") else None
        if word:
            self.tell("cell-error", sheet=self.found.declaration.name, cell=address, value=word)
            return None
        return value

    def text(self, address: str) -> str:
        """A cell of the declaration as trimmed text."""
        value = self.declared(address)
        return " ".join(str(value).split()) if value is not None else ""

    def head(self) -> None:
        """Company, scope, day; of persons only whether one is named."""
        content, head, name = self.content, self.layout.head, self.found.declaration.name
        content.company = self.text(head["company"])
        if not content.company:
            self.tell("value-missing", sheet=name, cell=head["company"])
        self._scope()
        content.authorised = bool(self.cells.get(at(head["authoriser"])))
        if not content.authorised:
            self.tell("value-missing", sheet=name, cell=head["authoriser"])
        self._day()
        self._minerals()

    def _scope(self) -> None:
        head, name = self.layout.head, self.found.declaration.name
        if "scope" not in head:
            return
        words = self.text(head["scope"])
        old = self.layout.head["authoriser"] == "D14"
        scope = (OLD_SCOPE if old else ALL_SCOPE).get(words[:1].casefold()) if words[1:2] == "." else None
        self.content.scope_words, self.content.scope = words, scope or "company_wide"
        self.content.description = self.text(head["description"])
        if not words:
            self.tell("value-missing", sheet=name, cell=head["scope"])
        elif scope is None:
            self.tell("value-not-allowed", sheet=name, cell=head["scope"], value=words, allowed="A, B, C, D")
        needs = words[:1].casefold() in ({"b", "c"} if old else {"c"})
        if needs and not self.content.description:
            self.tell("value-missing", sheet=name, cell=head["description"])

    def _day(self) -> None:
        head, name = self.layout.head, self.found.declaration.name
        cell = head.get("date") or head["day"]
        raw: Cell = self.declared(cell)
        if "date" not in head and raw is not None:
            raw = f"{self.text(head['day']).removesuffix('.0')} {self.text(head['month'])} {self.text(head['year']).removesuffix('.0')}"
        if raw is None:
            self.tell("value-missing", sheet=name, cell=cell)
            return
        day = day_of(raw, date1904=self.book.date1904)
        if day is None:
            self.tell("value-not-allowed", "no such date", sheet=name, cell=cell, value=raw)
            return
        self.content.as_of = day.isoformat()
        released = self.layout.versions.get(self.found.version)
        if released and day < released:
            self.tell(
                "date-before-template", sheet=name, cell=cell, value=day.isoformat(), released=released.isoformat()
            )

    def _minerals(self) -> None:
        cells = self.layout.mineral_cells
        chosen = {self.text(address).removesuffix("(*)").strip() for address in cells}
        named = sorted(mineral_of(text) or text.casefold() for text in chosen if text)
        self.content.minerals = list(self.layout.minerals) or named
        if cells and not named:
            self.tell("value-missing", sheet=self.found.declaration.name, cell=cells[0])

    def questions(self) -> None:
        """Answers by mineral and about the company; asked and blank is an issue, not asked and filled is kept."""
        minerals = self.content.minerals[: self.layout.rows]
        for question, first in self.layout.questions.items():
            for index, mineral in enumerate(minerals):
                if question == "validated_required" and len(self.layout.minerals) == 2 and index > 1:
                    continue
                asked = is_asked(self.layout, self.given, question, mineral)
                self._answer(question, mineral, first + index, asked=asked)
        company = company_asked(self.layout, self.given, minerals)
        for question, row in self.layout.company_questions.items():
            self._answer(question, COMPANY, row, asked=company)

    def _answer(self, question: str, subject: str, row: int, *, asked: bool) -> None:
        name, cell = self.found.declaration.name, f"D{row}"
        raw, comment = self.declared(cell), self.text(f"G{row}")
        if raw is None:
            if asked:
                self.tell("value-missing", sheet=name, cell=cell)
            if not comment:
                return
        value = _value_of(question, raw) if raw is not None else ""
        if raw is not None and not value:
            allowed = ", ".join(dict.fromkeys(values(question).values()))
            self.tell("value-not-allowed", sheet=name, cell=cell, value=raw, allowed=allowed)
        if value:
            self.given[question, subject] = value
        if question == "policy_public" and value == "yes" and asked and not comment:
            self.tell("value-missing", sheet=name, cell=f"G{row}")
        known = {"question": question, "subject": subject, "value": value, "comment": comment, "cell": cell}
        record = {name: text for name, text in known.items() if text} | {"asked": asked}
        self.content.answers.append(_record(row, record, {} if raw is None else {"value": str(raw)}))

    def smelters(self) -> None:
        """Rows of the smelter sheet with a value in a column of the form; helper columns do not make a row."""
        sheet, columns = self.found.smelters, self.layout.smelters
        first: dict[tuple[str, str], int] = {}
        for number, raw in self._rows(sheet, columns, 5):
            self._joined(sheet, columns, number, raw)
            record = self._smelter(sheet, number, raw)
            self.content.smelters.append(record)
            given = record["values"]
            key = (given.get("mineral", ""), given.get("smelter_id", ""))
            if key[1] and first.setdefault(key, number) != number:
                cell = f"{columns.get('id', 'A')}{number}"
                self.tell("smelter-twice", sheet=sheet.name, cell=cell, value=key[1], other=first[key])

    def _smelter(self, sheet: Sheet, number: int, raw: dict[str, str]) -> Record:
        columns, given, found = self.layout.smelters, {"applies_to": COMPANY}, {}
        mineral = mineral_of(raw.get("mineral", "")) or raw.get("mineral", "").casefold()
        given["mineral"] = mineral if mineral in _OURS else "other" if mineral else ""
        given["mineral_other"] = mineral if given["mineral"] == "other" else ""
        lookup, own = raw.get("lookup", ""), raw.get("name", "")
        unnamed = _NOT_IDENTIFIED in (answer_key(lookup), answer_key(own))
        not_listed = answer_key(lookup) == _NOT_LISTED
        given["not_disclosed_reason"] = "unknown" if unnamed else ""
        given["smelter_name"] = "" if unnamed else own if not_listed else own or lookup
        named = bool(given["smelter_name"] or unnamed or raw.get("typed_id"))
        if not mineral or not named or (not_listed and not raw.get("country")):
            self.tell("smelter-row-incomplete", sheet=sheet.name, cell=f"{columns['mineral']}{number}")
        given["smelter_id"] = "" if unnamed else self._id(sheet, number, raw)
        given["smelter_country"] = "" if unnamed else self._country(sheet, number, raw.get("country", ""))
        given["smelter_city"], given["smelter_address_line"] = raw.get("city", ""), raw.get("address", "")
        mines = [part.strip() for part in raw.get("mine_name", "").split("|") if part.strip()]
        places = [part.strip() for part in raw.get("mine_country", "").split("|") if part.strip()]
        recycled = any(_RECYCLED.match(part) for part in mines + places) or answer_key(raw.get("recycled", "")) == "yes"
        found.update({name: text for name, text in raw.items() if name in ("lookup", "name", "mineral", "country")})
        lists: Record = {"mine_name": ["recycled"] if recycled else mines}
        codes = [country_by_name(place) for place in places if not recycled]
        lists["mine_or_origin_country"] = [code for code in codes if code]
        for place, code in zip(places, codes, strict=False):
            if code is None:
                cell = f"{columns['mine_country']}{number}"
                self.tell("value-not-allowed", "country", sheet=sheet.name, cell=cell, value=place)
                found["mine_country"] = raw["mine_country"]
        return _record(number, {name: value for name, value in (given | lists).items() if value}, found)

    def _id(self, sheet: Sheet, number: int, raw: dict[str, str]) -> str:
        name = "id" if raw.get("id") else "typed_id"
        text = re.sub(r"\s", "", raw.get(name, "")).upper()
        if not text:
            return ""
        cell = f"{self.layout.smelters[name]}{number}"
        form = smelter_form(text)
        if form != "now":
            cause = "older id" if form else ""
            self.tell("registry-form", cause, sheet=sheet.name, cell=cell, value=text, registry="CID")
        elif self.register is not None and text not in self.register:
            self.tell("smelter-unknown", "unknown", sheet=sheet.name, cell=cell, value=text)
        elif self.register is not None and self.register[text]:
            until = self.register[text]
            self.tell("smelter-unknown", "removed since", sheet=sheet.name, cell=cell, value=text, until=until)
        return text

    def _country(self, sheet: Sheet, number: int, text: str) -> str:
        code = country_by_name(text) if text else ""
        if code is None:
            cell = f"{self.layout.smelters['country']}{number}"
            self.tell("value-not-allowed", "country", sheet=sheet.name, cell=cell, value=text)
        return code or ""

    def mines(self) -> None:
        """Rows of the list of mines: each needs the smelter it feeds and its own name."""
        sheet, columns = self.book.sheet("Mine List"), self.layout.mines
        if sheet is None or not columns:
            return
        for number, raw in self._rows(sheet, columns, 5):
            if not raw.get("smelter") or not raw.get("name"):
                self.tell("smelter-row-incomplete", sheet=sheet.name, cell=f"{columns['smelter']}{number}")
            self.content.mines.append(_record(number, dict(raw), {}))

    def products(self) -> None:
        """Rows of the list of products, as the supplier numbers and names them."""
        sheet, columns = self.book.sheet("Product List"), self.layout.products
        rows = list(self._rows(sheet, columns, 6)) if sheet and columns else []
        for number, raw in rows:
            model = {
                "product_ref": raw.get("number") or f"row {number}",
                "model_name": raw.get("name") or raw.get("number"),
                "manufacturer_part_no": raw.get("number"),
            }
            self.content.products.append(_record(number, {n: text for n, text in model.items() if text}, dict(raw)))
        if self.content.scope == "model_subset" and not rows:
            self.tell("value-missing", sheet=sheet.name if sheet else "Product List", cell="B6")

    def compare(self) -> None:
        """Answers that do not agree with the list of smelters."""
        listed: dict[str, list[Record]] = {}
        for record in self.content.smelters:
            given = record["values"]
            listed.setdefault(given.get("mineral_other") or given.get("mineral", ""), []).append(given)
        rows = {(a["values"]["question"], a["values"]["subject"]): a["values"]["cell"] for a in self.content.answers}
        for (question, mineral), value in self.given.items():
            smelters = listed.get(mineral, [])
            if _contradicts(question, value, smelters):
                cell, sheet = rows[question, mineral], self.found.declaration.name
                self.tell("question-contradiction", sheet=sheet, cell=cell, value=value, mineral=mineral)
        for mineral in self.content.minerals:
            used = self.given.get(("added", mineral)) == "yes" and goes_on(self.layout, self.given, mineral)
            if used and not listed.get(mineral):
                cell = f"{self.layout.smelters['mineral']}5"
                self.tell("required-node-absent", "mineral", sheet=self.found.smelters.name, cell=cell, needed=mineral)

    def _rows(self, sheet: Sheet, columns: Mapping[str, str], first: int) -> Iterator[tuple[int, dict[str, str]]]:
        """Row numbers and texts of the columns we read, trimmed; a row with nothing in them is none."""
        places = {name: place_of(letters) for name, letters in columns.items()}
        broken = broken_cells(sheet)
        for row in sheet.rows:
            if row.number < first:
                continue
            raw = {}
            for name, place in places.items():
                cell = row.cells[place] if place < len(row.cells) else None
                what = broken.get((row.number, place + 1)) if broken else None
                text = " ".join(str(cell).split()) if cell is not None else ""
                if (what and what.found) or text.startswith("#"):
                    word = what.found if what else text
                    self.tell("cell-error", sheet=sheet.name, cell=f"{letter(place)}{row.number}", value=word or text)
                elif text:
                    raw[name] = text
            if any(text not in _HELPERS for text in raw.values()):
                yield row.number, raw
            elif any(str(cell or "").strip() and str(cell) not in _HELPERS for cell in row.cells[:_INPUT]):
                self.content.listed.setdefault(sheet.name, []).append(row.number)

    def _joined(self, sheet: Sheet, columns: Mapping[str, str], number: int, raw: Mapping[str, str]) -> None:
        for name, text in raw.items():
            if "|" in text:
                self.tell("values-joined", sheet=sheet.name, cell=f"{columns[name]}{number}", value=text)


def day_of(raw: Cell, *, date1904: bool = False) -> dt.date | None:
    """The day a cell names: a date, a serial number of the workbook, an ISO or an English date; else None."""
    if isinstance(raw, dt.datetime):
        return raw.date()
    if isinstance(raw, dt.date):
        return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return (_EPOCH_1904 if date1904 else _EPOCH) + dt.timedelta(days=int(raw)) if 0 < raw < 100_000 else None
    text = " ".join(str(raw).split())
    for pattern in ("%Y-%m-%d", "%d %B %Y", "%d-%b-%Y", "%d %b %Y", "%B %d, %Y"):
        try:
            return dt.datetime.strptime(text, pattern).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _contradicts(question: str, value: str, smelters: list[Record]) -> bool:
    if question == "added":
        return value == "no" and bool(smelters)
    if question == "suppliers_responded":
        return value == "none" and bool(smelters)
    if question == "smelters_identified":
        return value == "yes" and any(s.get("not_disclosed_reason") for s in smelters)
    if question == "all_recycled":
        return value == "yes" and any(s.get("mine_or_origin_country") for s in smelters)
    return False


def _value_of(question: str, raw: Cell) -> str:
    """Our word for an answer, or an empty text."""
    key = answer_key(raw)
    if question == "survey" and re.match(r"yes in conformance with ipc ?1755", key):
        return "yes_standard"
    return values(question).get(key, "")


def _record(row: int, given: Record, found: Record) -> Record:
    return {"row": row, "values": given, "found": found}
