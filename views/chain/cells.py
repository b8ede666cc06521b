"""The cells of the comparison: what each figure of a line says, and the address of the rows behind it.

A page holds hundreds of them, so what they have in common is looked up once: the sentences, and the start of the addresses.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple
from urllib.parse import quote_plus

from flask import url_for
from flask_babel import get_translations, gettext, ngettext

from framework.chain.comparison import Line, step
from framework.chain.export import FEWER
from framework.ground.text import N_
from models.rounds import Lot, Round
from views.i18n import number

DUE_DILIGENCE_QUESTIONS = 7
PART_OF_WHOLE = N_("%(part)s of %(whole)s")
REASONS = {
    "unknown": N_("unknown"),
    "supplier_refused": N_("refused, proven"),
    "trade_secret": N_("trade secret"),
    "multi_source_variable": N_("varies"),
    "not_applicable": N_("not applicable"),
}


class Cell(NamedTuple):
    """One figure of a line. `level` is its step from 0 to 4 (None: it has none), `refused` that a proof of the refusal was given."""

    url: str
    text: str
    level: int | None = None
    note: str = ""
    refused: bool = False


class Cells:
    """The cells of one page, for the lines of one lot, in the reader's language."""

    def __init__(self, round_: Round, lot: Lot) -> None:
        """Look up what all cells have in common."""
        one = url_for("chain.behind", round_id=round_.public_id, lot_id=lot.public_id, submission_id="~", measure="~~")
        start = one.removesuffix("~/~~")
        many = url_for("chain.measures", round_id=round_.public_id, lot_id=lot.public_id, submission_id="~")
        self._measures = many.removesuffix("~")
        self._around = cache(lambda submission, key: (f"{start}{submission}/", f"?brand={quote_plus(key)}"))
        self._reasons = {code: gettext(label) for code, label in REASONS.items()}
        template = get_translations().gettext(PART_OF_WHOLE)
        few = gettext(FEWER)
        self._count = cache(lambda value: few if value is None else number(value))
        self._of = cache(lambda part, whole: template % {"part": self._count(part), "whole": self._count(whole)})

    def measures(self, line: Line) -> str:
        """The address of a line's measures."""
        return f"{self._measures}{line.submission.public_id}?brand={quote_plus(line.key)}"

    def models(self, line: Line) -> Cell:
        """How many models of the lot the line has."""
        return self._cell(line, "products", self._count(line.figures["products"]))

    def disclosed(self, line: Line) -> list[Cell | None]:
        """From what is disclosed to what is not, in the order of the columns; None where the lot does not ask for it."""
        f = line.figures
        return [
            self._share(line, "disclosed", f["disclosed"], f["nodes"]),
            self._share(line, "precise", f["precise"], f["nodes"]),
            self._share(line, "assembly", *line.assembly),
            self._share(line, "components", *line.components) if line.components[1] else None,
            self._sub_components(line),
            self._minerals(line),
            self._audits(line),
            self._share(line, "due_diligence", f["due_diligence"].get("full", 0), DUE_DILIGENCE_QUESTIONS),
            self._cell(line, "not_disclosed", self._count(f["nodes"] - f["disclosed"]), note=self._why(f["reasons"])),
        ]

    def company_wide(self, line: Line) -> Cell | None:
        """Sites of the company-wide list; None where none was sent."""
        sites = line.figures["company_wide"]
        if sites is None:
            return self._cell(line, "company_wide", self._count(None))
        if not sites:
            return None
        text = ngettext("%(num)s site", "%(num)s sites", sites)
        return self._cell(line, "company_wide", text, note=gettext("says nothing about the models"))

    def by_component(self, line: Line, kinds: list[str]) -> list[Cell]:
        """Models whose component of each kind is disclosed; a kind that was refused with proof has no step."""
        counted, refused = line.figures["kinds"], line.figures["refused_kinds"]
        shares = [(kind, self._share(line, kind, *counted.get(kind, (0, 0)))) for kind in kinds]
        return [cell._replace(level=None, refused=True) if kind in refused else cell for kind, cell in shares]

    def _cell(self, line: Line, measure: str, text: str, level: int | None = None, note: str = "") -> Cell:
        before, after = self._around(line.submission.public_id, line.key)
        return Cell(f"{before}{measure}{after}", text, level, note)

    def _share(self, line: Line, measure: str, part: int, whole: int, note: str = "") -> Cell:
        return self._cell(line, measure, self._of(part, whole), step(part, whole), note)

    def _sub_components(self, line: Line) -> Cell | None:
        if line.sub_components is None:
            return None
        return self._share(line, "sub_components", line.sub_components, line.figures["products"])

    def _minerals(self, line: Line) -> Cell | None:
        answered, asked = line.figures["minerals_answered"], line.figures["minerals_asked"]
        if not asked:
            return None
        smelters = ngettext("%(num)s smelter", "%(num)s smelters", line.figures["smelters"])
        return self._share(line, "minerals", answered, asked, smelters)

    def _audits(self, line: Line) -> Cell:
        """Sites with a valid audit; no step, since a lot does not ask for audits of a number of sites."""
        valid, sites, expired = (line.figures[name] for name in ("audits_valid", "sites", "audits_expired"))
        text = self._count(None) if valid is None else self._of(valid, sites)
        note = ngettext("%(num)s expired", "%(num)s expired", expired) if expired else ""
        return self._cell(line, "audits", text, note=note)

    def _why(self, reasons: dict[str, int]) -> str:
        """The reasons given, each with how often."""
        return ", ".join(
            f"{self._count(reasons[code])} {label}" for code, label in self._reasons.items() if reasons.get(code)
        )
