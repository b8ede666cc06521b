"""Two lines of the comparison side by side, row by row; the address says which two."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from framework.chain import comparison, pairs
from framework.chain.columns import Column, columns
from framework.chain.comparison import Line
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import veil_for
from framework.ground.permissions import Permission
from framework.ground.terms import COMPONENT_TYPES, MINERALS, label_of
from framework.ground.text import N_
from models.base import db
from models.rounds import Lot, Round
from views import guard
from views.chain import blueprint, measure_words
from views.chain.cells import Cells
from views.chain.comparing import line_key, shown_lines
from views.chain.sight import country, reader_of
from views.disclosure.bidders import lettered, place
from views.guard import permit

MODEL_MEASURES = ("completeness", "precision", "freshness", "corroboration")
VERDICTS = {
    "equal": N_("the same"),
    "first": N_("more in the first"),
    "second": N_("more in the second"),
    "differs": N_("differs"),
    "only_first": N_("only the first tells"),
    "only_second": N_("only the second tells"),
    "neither": N_("neither tells"),
}
PLACES = {
    pairs.SAME: N_("both name it"),
    pairs.ONLY_FIRST: N_("only the first"),
    pairs.ONLY_SECOND: N_("only the second"),
}


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/side-by-side")
@permit(Permission.COMPARISON_VIEW)
def side_by_side(round_: Round, lot_id: str) -> str:
    """Two lines beside each other; where the address does not name two, a choice of lines."""
    lot, reader, session = guard.child(Lot, lot_id, round_), reader_of(round_), db.session()
    compared = comparison.compare(session, lot, reader)
    lines = shown_lines(lot, reader, compared.lines, compared.lot_pool, with_earlier=True)
    by_key = {line_key(one.line): one for one in lines}
    asked = list(dict.fromkeys(key for key in request.args.getlist("line") if key in by_key))
    labels = {key: " · ".join(filter(None, (one.supplier, one.brand))) for key, one in by_key.items()}
    context: dict[str, Any] = {
        "round_": round_,
        "lot": lot,
        "choices": list(labels.items()),
        "picked": [*asked[:2], *(key for key in by_key if key not in asked), "", ""][:2],
        "pair": None,
    }
    if len(asked) != 2:
        return render_template("chain/pair.html", **context)
    two = (by_key[asked[0]], by_key[asked[1]])
    context |= {"two": two, "names": [labels[key] for key in asked]}
    return render_template("chain/pair.html", **context | _beside(round_, lot, reader, (two[0].line, two[1].line)))


def _beside(round_: Round, lot: Lot, reader: Reader, both: tuple[Line, Line]) -> dict[str, Any]:
    """What the template needs of two lines."""
    session, cells = db.session(), Cells(round_, lot)
    hidden = veil_for(session, round_, reader)

    def row_link(side: int, row: Any) -> dict[str, str]:
        submission = both[side].submission
        url = url_for("disclosure.row", round_id=round_.public_id, submission_id=submission.public_id, row_id=row.id)
        return {"url": url, "text": place(reader, submission, row)}

    return {
        "pair": pairs.side_by_side(session, lot, both, reader, page=request.args.get("page")),
        "fields": [_field(one, both, cells) for one in columns(lot).values()],
        "cells": cells,
        "verdicts": VERDICTS,
        "places": PLACES,
        "row_link": row_link,
        "veiled": lambda text: hidden.over(text, lettered),
        "kind_label": lambda kind: label_of(MINERALS if kind.is_mineral else COMPONENT_TYPES, kind.kind),
        "country": country,
        "said": measure_words,
        "measures": MODEL_MEASURES,
        "differs": _models_differ,
    }


def _field(column: Column, both: tuple[Line, Line], cells: Cells) -> tuple[Column, list[Any], str]:
    """A column with its two cells and how they stand to each other."""
    return column, [cells.html(one, column, with_note=True) for one in both], _verdict(column, both, cells)


def _verdict(column: Column, both: tuple[Line, Line], cells: Cells) -> str:
    """How two cells stand to each other: by what they sort by, else by what they say."""
    told = [cells.of(one, column) for one in both]
    values = [column.value(one) for one in both]
    if column.sort is None:
        values = [cell.text or None for cell in told]
    if None in values:
        return {(True, True): "neither", (False, True): "only_first", (True, False): "only_second"}[
            values[0] is None, values[1] is None
        ]
    if values[0] == values[1]:
        return "equal" if told[0].text == told[1].text else "differs"
    if column.sort is None or isinstance(values[0], str):
        return "differs"
    return "first" if values[0] > values[1] else "second"


def _models_differ(model: pairs.Model) -> str:
    """How two offers of a model stand to each other, in words."""
    if model.first is None or model.second is None:
        return _("only the first offers it") if model.first else _("only the second offers it")
    if model.first.figures is None or model.second.figures is None:
        return ""
    same = all(model.first.figures.values[name] == model.second.figures.values[name] for name in MODEL_MEASURES)
    return _("the same") if same else _("differs")
