"""The cells of the comparison: what each figure of a line says, and the address of the rows behind it.

A page holds a thousand of them, so what they have in common is looked up once, and they are written here rather than
by the template: the sentences, the start of the addresses, the signs (drawn once on the page, see `spots.signs`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import quote_plus

from flask import url_for
from flask_babel import get_translations, gettext, ngettext
from markupsafe import Markup, escape

from framework.chain.columns import FEWER, Column
from framework.chain.comparison import Line, step
from framework.chain.measures.product import MEASURES
from framework.ground.codelists import country_name, is_country
from framework.ground.text import N_
from models.rounds import Lot, Round
from views.chain import measure_words
from views.i18n import current_language, number

DUE_DILIGENCE_QUESTIONS = 7
PART_OF_WHOLE = N_("%(part)s of %(whole)s")
REASONS = {
    "unknown": N_("unknown"),
    "supplier_refused": N_("refused, proven"),
    "trade_secret": N_("trade secret"),
    "multi_source_variable": N_("varies"),
    "not_applicable": N_("not applicable"),
}
UNKNOWN, NOT_ASKED, REFUSED = "unknown", "not_asked", "refused"
SIGN_WORDS = {UNKNOWN: N_("unknown"), NOT_ASKED: N_("not asked"), REFUSED: N_("refused, proven")}
"""Signs beside the five steps; of the first the note says why."""
WITH_NOTE = frozenset({"not_disclosed", "company_wide"})
"""Columns whose notes stand in the cell; those of others are told by the pointer and to whoever listens."""
NUMBERS = frozenset({"products", "pooled"})
"""Columns of plain numbers."""
ASSUMED = N_("shares assumed")
PRODUCTS = "products"
"""The rows behind what stands on models, where a line has none."""
NO_MODELS = N_("lists no models of this lot")
TIERS = (N_("final assembly"), N_("components"), N_("sub-components"), N_("smelters"), N_("origins"))
BAR, GAP, WIDE = 6, 2, 60
"""The ladder: height of a bar, what lies between two, and the width of all of it, in pixels."""


class Cell(NamedTuple):
    """One figure of a line. `level` is its step from 0 to 4 (None: it has none), `sign` stands in its place."""

    url: str
    text: str
    level: int | None = None
    note: str = ""
    sign: str = ""


class Cells:
    """The cells of one page, for the lines of one lot, in the reader's language."""

    def __init__(self, round_: Round, lot: Lot) -> None:
        """Look up what all cells have in common."""
        one = url_for("chain.behind", round_id=round_.public_id, lot_id=lot.public_id, submission_id="~", measure="~~")
        start = one.removesuffix("~/~~")
        many = url_for("chain.measures", round_id=round_.public_id, lot_id=lot.public_id, submission_id="~")
        self._measures = many.removesuffix("~")
        since = url_for("chain.since_last", round_id=round_.public_id, lot_id=lot.public_id, submission_id="~")
        self._changed = since.removesuffix("~")
        weighed = url_for("chain.lot_leverage", round_id=round_.public_id, lot_id=lot.public_id, by="brands", offer="~")
        self._weighed = str(escape(weighed.removesuffix("~")))
        self._around = cache(lambda submission, key: (f"{start}{submission}/", f"?brand={quote_plus(key)}"))
        self._reasons = {code: gettext(label) for code, label in REASONS.items()}
        template = get_translations().gettext(PART_OF_WHOLE)
        few = gettext(FEWER)
        self._count = cache(lambda value: few if value is None else number(value))
        self._of = cache(lambda part, whole: template % {"part": self._count(part), "whole": self._count(whole)})
        self._word = cache(lambda text: gettext(text))
        self._said = cache(lambda text: str(escape(gettext(text))))
        self._smelters = cache(lambda count: ngettext("%(num)s smelter", "%(num)s smelters", count))
        self._tier_words = [self._word(label) for label in TIERS]
        self._language = current_language()
        self._by_key: dict[str, Callable[[Line], Cell]] = {
            "products": self._products,
            "pooled": self._pooled,
            "ladder": self._ladder_said,
            "disclosed": lambda one: self._share(one, "disclosed", one.figures["disclosed"], one.figures["nodes"]),
            "precise": lambda one: self._share(one, "precise", one.figures["precise"], one.figures["nodes"]),
            "assembly": lambda one: self._share(one, "assembly", *one.assembly),
            "countries": self._countries,
            "components": lambda one: self._share(one, "components", *one.components),
            "sub_components": self._sub_components,
            "minerals": self._minerals,
            "origins": self._origins,
            "audits": self._audits,
            "due_diligence": self._due_diligence,
            "not_disclosed": self._not_disclosed,
            "company_wide": self._company_wide,
            "changes": self._changes,
        }
        self._signs = {name: f'<svg class="spot" width="16" height="16" aria-hidden="true"><use href="#spot-{name}"/></svg>' for name in ("0", "1", "2", "3", "4", UNKNOWN, NOT_ASKED, REFUSED)}  # fmt: skip

    def of(self, line: Line, column: Column) -> Cell:
        """What a line says in a column."""
        key = column.key
        if not column.says(line):
            where = PRODUCTS if key in MEASURES or key in ("ladder", "pooled") else key
            return self._unknown(line, where, self._word(NO_MODELS))
        if key in MEASURES:
            return self._measure(line, key)
        if column.is_kind:
            return self._kind(line, key)
        return self._by_key[key](line)

    def row(self, line: Line, columns: Sequence[Column]) -> Markup:
        """The cells of a line, each as a `td`."""
        return Markup("".join(self._td(line, column) for column in columns))  # noqa: S704 - every text in it is escaped

    def html(self, line: Line, column: Column, *, with_note: bool = False) -> Markup:
        """One cell without its frame; with its note in sight where asked."""
        if column.key == "ladder" and column.says(line):
            return Markup(self.ladder(line))  # noqa: S704 - every text in it is escaped
        cell = self.of(line, column)
        return Markup(self._html(cell, with_note=with_note or column.key in WITH_NOTE))  # noqa: S704 - as above

    def measures(self, line: Line) -> str:
        """The address of a line's measures."""
        return f"{self._measures}{line.submission.public_id}?brand={quote_plus(line.key)}"

    def tiers(self, line: Line) -> list[tuple[str, int, int]]:
        """The tiers that a lot asks, from assembly to origin: label, what is known, of how many."""
        f = line.figures
        counts = (
            line.assembly,
            line.components,
            (line.sub_components or 0, f["products"] if line.sub_components is not None else 0),
            (f["minerals_answered"], f["minerals_asked"]),
            (f.get("origins_answered", 0), f.get("origins_asked", 0)),
        )
        every = [(label, *pair) for label, pair in zip(self._tier_words, counts, strict=True)]
        return [one for one in every if one[-1]]

    def ladder(self, line: Line) -> str:
        """A bar for each tier that is asked, the same width for all of it on every line."""
        tiers = self.tiers(line)
        drawn = []
        for number_, (_label, part, whole) in enumerate(tiers):
            top = number_ * (BAR + GAP) + 1
            drawn.append(f'<path class="tier" d="M.5 {top}h{WIDE - 1}v{BAR}h-{WIDE - 1}z"/>')
            if part:
                drawn.append(
                    f'<path class="tier tier--known" d="M.5 {top}h{round((WIDE - 1) * part / whole, 1)}v{BAR}H.5z"/>'
                )
        height = len(tiers) * (BAR + GAP) + 1
        title, said = self._said(N_("Tiers that are known")), self._ladder_said(line)
        words = str(escape(said.text))
        return (
            f'<a class="figure" href="{said.url}"><svg class="tiers" role="img" width="{WIDE}" height="{height}"'
            f' viewBox="0 0 {WIDE} {height}"><title>{title}</title><desc>{words}</desc>{"".join(drawn)}</svg>'
            f'<span class="govuk-visually-hidden">{words}</span></a>'
        )

    def _td(self, line: Line, column: Column) -> str:
        css = ' class="num"' if column.key in NUMBERS else ""
        return f'<td{css} data-label="{self._said(column.label)}">{self.html(line, column)}</td>'

    def _html(self, cell: Cell, *, with_note: bool) -> str:
        """A link with the sign, the text, and what else is to say: in sight, or for the pointer and whoever listens."""
        sign = self._signs[cell.sign or str(cell.level)] if cell.sign or cell.level is not None else ""
        note, text = str(escape(cell.note)), str(escape(cell.text))
        heard = self._said(SIGN_WORDS[cell.sign]) if cell.sign else ""
        if note and not with_note:
            heard = f"{heard}: {note}" if heard else note
        title = f' title="{heard}"' if heard else ""
        hidden = f'<span class="govuk-visually-hidden"> {heard}</span>' if heard else ""
        beside = f' <span class="hint">{note}</span>' if note and with_note else ""
        return f'<a class="figure" href="{cell.url}"{title}>{sign}{text}{hidden}</a>{beside}'

    def _measure(self, line: Line, name: str) -> Cell:
        url = f"{self._measures}{line.submission.public_id}/{name}?brand={quote_plus(line.key)}"
        if line.rolled is None:
            return Cell(url, "", note=self._word(N_("being counted")), sign=UNKNOWN)
        found = line.rolled.values[name]
        if found.value is None:
            why = self._word(measure_words.UNKNOWN.get(found.reason, found.reason))
            return Cell(url, "", note=why, sign=UNKNOWN)
        told = measure_words.unknown_for(found.unknown) if found.unknown else ""
        return Cell(url, _percent(found.value, self._language), step(*found.value.as_integer_ratio()), told)

    def _cell(self, line: Line, measure: str, text: str, level: int | None = None, note: str = "") -> Cell:
        before, after = self._around(line.submission.public_id, line.key)
        return Cell(f"{before}{measure}{after}", text, level, note)

    def _unknown(self, line: Line, measure: str, why: str) -> Cell:
        return self._cell(line, measure, "", note=why)._replace(sign=UNKNOWN)

    def _share(self, line: Line, measure: str, part: int, whole: int, note: str = "") -> Cell:
        found = self._cell(line, measure, self._of(part, whole), step(part, whole), note)
        return found if whole else found._replace(text="", sign=NOT_ASKED)

    def _products(self, line: Line) -> Cell:
        return self._cell(line, "products", self._count(line.figures["products"]))

    def _pooled(self, line: Line) -> Cell:
        """What would be bought of a line, were its offer chosen; it leads to that offer on the page of leverage."""
        url = f"{self._weighed}{line.submission.public_id}"
        if line.pooled is None:
            return Cell(url, "", note=self._word(line.unpooled), sign=UNKNOWN)
        return Cell(url, self._count(line.pooled.units), note=self._word(ASSUMED) if line.pooled.assumed else "")

    def _ladder_said(self, line: Line) -> Cell:
        """The ladder in words."""
        told = (f"{label} {self._of(part, whole)}" for label, part, whole in self.tiers(line))
        return self._cell(line, "disclosed", ", ".join(told))

    def _countries(self, line: Line) -> Cell:
        if not line.countries:
            return self._unknown(line, "countries", gettext("no country is told, or not to you"))
        names = (country_name(code, self._language) if is_country(code) else code for code in line.countries)
        return self._cell(line, "countries", ", ".join(names))

    def _kind(self, line: Line, kind: str) -> Cell:
        """Models whose component of a kind is disclosed; one that was refused with proof has no step."""
        found = self._share(line, kind, *line.figures["kinds"].get(kind, (0, 0)))
        return found._replace(level=None, sign=REFUSED) if kind in line.figures["refused_kinds"] else found

    def _sub_components(self, line: Line) -> Cell:
        return self._share(line, "sub_components", line.sub_components or 0, line.figures["products"])

    def _due_diligence(self, line: Line) -> Cell:
        full = line.figures["due_diligence"].get("full", 0)
        return self._share(line, "due_diligence", full, DUE_DILIGENCE_QUESTIONS)

    def _changes(self, line: Line) -> Cell:
        """What changed since an earlier round: where that is."""
        if line.earlier is None:
            return self._unknown(line, "products", gettext("no earlier version is open to you"))
        return Cell(
            f"{self._changed}{line.submission.public_id}", gettext("since %(round)s", round=line.earlier.round.name)
        )

    def _minerals(self, line: Line) -> Cell:
        f = line.figures
        return self._share(line, "minerals", f["minerals_answered"], f["minerals_asked"], self._smelters(f["smelters"]))

    def _origins(self, line: Line) -> Cell:
        answered, asked = (line.figures.get(name, 0) for name in ("origins_answered", "origins_asked"))
        return self._share(line, "minerals", answered, asked)

    def _audits(self, line: Line) -> Cell:
        """Sites with a valid audit; no step, since a lot does not ask for audits of a number of sites."""
        valid, sites, expired = (line.figures[name] for name in ("audits_valid", "sites", "audits_expired"))
        text = self._count(None) if valid is None else self._of(valid, sites)
        note = ngettext("%(num)s expired", "%(num)s expired", expired) if expired else ""
        return self._cell(line, "audits", text, note=note)

    def _not_disclosed(self, line: Line) -> Cell:
        """Nodes that are not disclosed, with the reasons given, each with how often."""
        reasons = line.figures["reasons"]
        why = ", ".join(
            f"{self._count(reasons[code])} {label}" for code, label in self._reasons.items() if reasons.get(code)
        )
        return self._cell(
            line, "not_disclosed", self._count(line.figures["nodes"] - line.figures["disclosed"]), note=why
        )

    def _company_wide(self, line: Line) -> Cell:
        """Sites of the company-wide list."""
        sites = line.figures["company_wide"]
        if sites is None:
            return self._cell(line, "company_wide", self._count(None))
        if not sites:
            return self._unknown(line, "company_wide", gettext("no such list sent"))
        text = ngettext("%(num)s site", "%(num)s sites", sites)
        return self._cell(line, "company_wide", text, note=gettext("says nothing about the models"))


@lru_cache(maxsize=8192)
def _percent(value: Fraction, _language: str) -> str:
    """A part of 1 in per cent in the reader's language; every page shows the same figures again."""
    return str(measure_words.figure(value))
