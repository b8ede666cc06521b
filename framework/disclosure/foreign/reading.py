"""Read a recognised RMI workbook by the cells of its layout: head, answers, smelters, mines, products; never persons."""

from __future__ import annotations

from collections.abc import Sequence

from framework.disclosure.foreign import comparing, lists
from framework.disclosure.foreign.asked import Asked, asked, goes_on
from framework.disclosure.foreign.content import COMPANY, ForeignContent, Record, Register, Source, record
from framework.disclosure.foreign.layouts import Layout, answer_key, at, cells_of, nearest_value, value_of, values
from framework.disclosure.foreign.minerals import mineral_of
from framework.disclosure.foreign.recognising import Foreign
from framework.disclosure.foreign.resolving import Lookup, SmelterName, own_names
from framework.ground.reading.dates import Order, read_date
from framework.ground.reading.facts import broken_cells
from framework.ground.sheets.cells import Book, Cell

ALL_SCOPE = {"a": "company_wide", "b": "model_subset", "c": "company_wide", "d": "company_wide"}
OLD_SCOPE = ALL_SCOPE | {"b": "company_wide", "d": "model_subset"}
_HEAD = {
    "company": "reporting_party_name",
    "unique_id": "reporting_party_reg_id",
    "authority": "reg_id_authority",
    "address": "reporting_party_address",
}


def read_foreign(
    book: Book, found: Foreign, register: Register | None = None, names: Sequence[SmelterName] = ()
) -> ForeignContent:
    """Read everything a readable workbook holds.

    `register` maps smelter ids to None or the day they were last seen, `names` are those of the register.
    """
    if found.layout is None or found.shift:
        raise ValueError("not readable as it stands")
    source = Source(book, found, found.layout, Lookup(own_names(book), names), register)
    declaration = _Declaration(source)
    declaration.head()
    declaration.questions()
    lists.read_smelters(source)
    lists.read_mines(source)
    lists.read_products(source)
    lists.read_asked_minerals(source)
    comparing.compare(source, declaration.given)
    return source.content


class _Declaration:
    """The sheet of questions; every method adds to the content of the source."""

    def __init__(self, source: Source) -> None:
        self.source, self.layout, self.content = source, source.layout, source.content
        self.name = source.found.declaration.name
        self.cells = cells_of(source.found.declaration)
        self.broken = broken_cells(source.found.declaration)
        self.given: dict[tuple[str, str], str] = {}

    def tell(self, code: str, cause: str = "", *, cell: str, value: object = "", **params: object) -> None:
        """Note an issue at a cell of this sheet."""
        self.source.tell(code, cause, sheet=self.name, cell=cell, value=value, **params)

    def declared(self, address: str) -> Cell:
        """A cell of the declaration; an error in it is told and counts as blank."""
        row, place = at(address)
        value = self.cells.get((row, place))
        what = self.broken.get((row, place + 1))
        word = what.found if what else value if isinstance(value, str) and value.startswith("#") else None
        if word:
            self.tell("cell-error", cell=address, value=word)
            return None
        return value

    def text(self, address: str) -> str:
        """A cell of the declaration as trimmed text; a whole number without its decimals."""
        value = self.declared(address)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return " ".join(str(value).split()) if value is not None else ""

    def head(self) -> None:
        """Company, scope, day; of persons only whether one is named."""
        content, head = self.content, self.layout.head
        for name, ours in _HEAD.items():
            self._keep(ours, self.text(head[name]) if name in head else "", head.get(name, ""))
        if "reporting_party_name" not in content.head:
            self.tell("value-missing", cell=head["company"])
        self._scope()
        content.authorised = bool(self.cells.get(at(head["authoriser"])))
        if not content.authorised:
            self.tell("value-missing", cell=head["authoriser"])
        self._day()
        self._minerals()

    def _keep(self, name: str, text: str, cell: str) -> None:
        if text:
            self.content.head[name] = text
            self.content.cells[name] = cell

    def _scope(self) -> None:
        head = self.layout.head
        if "scope" not in head:
            return
        words = self.text(head["scope"])
        old = self.layout.group == "CMRT 2"
        scope = (OLD_SCOPE if old else ALL_SCOPE).get(words[:1].casefold()) if words[1:2] == "." else None
        self.content.scope = scope or "company_wide"
        description = self.text(head["description"])
        self._keep("scope_words", words, head["scope"])
        self._keep("scope_description", description, head["description"])
        if not words:
            self.tell("value-missing", cell=head["scope"])
        elif scope is None:
            self.tell("value-not-allowed", cell=head["scope"], value=words, allowed="A, B, C, D" if old else "A, B, C")
        needs = words[:1].casefold() in ({"b", "c"} if old else {"c"})
        if needs and not description:
            self.tell("value-missing", cell=head["description"])

    def _day(self) -> None:
        head = self.layout.head
        cell = head.get("date") or head["day"]
        raw: Cell = self.declared(cell)
        if "date" not in head and raw is not None:
            raw = " ".join(self.text(head[part]) for part in ("day", "month", "year"))
        if raw is None:
            self.tell("value-missing", cell=cell)
            return
        reading = read_date(
            raw.strip() if isinstance(raw, str) else raw, Order.UNCLEAR, date1904=self.source.book.date1904
        )
        if reading.value is None:
            self.tell("value-not-allowed", reading.cause, cell=cell, value=raw)
            return
        day = reading.value.isoformat()
        self._keep("data_as_of", day, cell)
        released = self.layout.versions.get(self.source.found.version)
        if released and reading.value < released:
            self.tell("date-before-template", cell=cell, value=day, released=released.isoformat())

    def _minerals(self) -> None:
        """Fixed, or chosen in cells; where neither, by the labels of the first question."""
        cells = self.layout.mineral_cells
        chosen = [self._mineral(place) for place in range(len(cells))]
        named = sorted({mineral for mineral in chosen if mineral})
        self.content.minerals = list(self.layout.minerals) or named
        if cells and not named:
            self.tell("value-missing", cell=cells[0])
            first = self.layout.questions["added"]
            labels = (mineral_of(self.cells.get((first + index, 1))) for index in range(self.layout.rows))
            self.content.minerals = [mineral for mineral in labels if mineral]

    def _mineral(self, place: int) -> str:
        text = self.text(self.layout.mineral_cells[place]).removesuffix("(*)").strip()
        own = self.text(self.layout.other_cells[place]) if self.layout.other_cells else ""
        if answer_key(text).startswith("other") and own:
            text = own
        return mineral_of(text) or text.casefold()

    def questions(self) -> None:
        """Answers by mineral and about the company; asked and blank is an issue, not asked and filled is a note."""
        minerals = self.content.minerals[: self.layout.rows]
        for question, first in self.layout.questions.items():
            for index, mineral in enumerate(minerals[: self.layout.only.get(question)]):
                self._answer(question, mineral, first + index, asked(self.layout, self.given, question, mineral))
        goes = any(goes_on(self.layout, self.given, mineral) for mineral in minerals)
        for question, row in self.layout.company_questions.items():
            self._answer(question, COMPANY, row, Asked.YES if goes else Asked.NO)

    def _answer(self, question: str, subject: str, row: int, is_asked: Asked) -> None:
        cell = f"{self.layout.answer}{row}"
        raw, comment = self.declared(cell), self.text(f"{self.layout.comment}{row}")
        if raw is None:
            if is_asked is Asked.YES:
                self.tell("value-missing", cell=cell)
            if not comment:
                return
        value = value_of(question, raw, self.layout) if raw is not None else ""
        if value:
            self.given[question, subject] = value
        self._remarks(question, row, raw, value, comment, is_asked)
        known = {"question": question, "subject": subject, "value": value, "comment": comment, "cell": cell}
        answer: Record = record(row, known, {} if raw is None else {"value": str(raw)})
        answer["values"]["asked"] = is_asked is not Asked.NO
        self.content.answers.append(answer)

    def _remarks(self, question: str, row: int, raw: Cell, value: str, comment: str, is_asked: Asked) -> None:
        if raw is not None and not value:
            allowed = ", ".join(_shown(question, self.layout))
            nearest = nearest_value(question, raw, self.layout)
            self.tell(
                "value-not-allowed", cell=f"{self.layout.answer}{row}", value=raw, allowed=allowed, nearest=nearest
            )
        if raw is not None and is_asked is Asked.NO:
            self.tell("answer-not-asked", cell=f"{self.layout.answer}{row}", value=raw)
        if question == "policy_public" and value == "yes" and is_asked is Asked.YES and not comment:
            self.tell("value-missing", cell=f"{self.layout.comment}{row}")


def _shown(question: str, layout: Layout) -> list[str]:
    """The answers to choose from, each meaning once."""
    allowed = values(question, layout)
    by_meaning: dict[str, str] = {}
    for text, meaning in allowed.items():
        by_meaning.setdefault(meaning, text)
    return list(by_meaning.values())
