"""The pictures of the pool: what each member brings, and firm, expected and maximum by contract year; labels stand on the bars."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from framework.demand.pooled import Amount, LotPool, Pool
from models.rounds import Round
from views import charts
from views.i18n import joined, number

WIDTH = 860
ROOM = 150
"""Pixels right of the longest bar, for its sum."""
BAR, STEP, STEP_WITH_NAMES = 22, 30, 48
LEFT = 130
"""Pixels for the names of the rows, whatever font the reader has."""
SIGN = 6.8
"""Pixels of one character at the size of the labels, widely reckoned."""
NAMED = 4

_FILLS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442")
_OTHERS = "#ffffff"
_WHITE_ON = frozenset({"#0072B2", "#0a5c63"})
_COLUMNS = ["row", "start", "end", "fill", "ink", "words", "at"]
_FIRM, _EXPECTED, _UP_TO = "#0a5c63", "#56B4E9", "#ffffff"


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of a bar, in pieces of the lot's unit; `own`: the reader's organisation, `rest`: several members."""

    label: str
    amount: Amount
    own: bool = False
    rest: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """What stands after a bar that ends `at`, and under it: the members whose segments are too short for a name."""

    row: str
    at: int
    words: str
    under: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a bar from `start` to `end`, its fill, and the words on it, blank where they do not fit."""

    row: str
    start: int
    end: int
    fill: str
    words: str


def members_picture(round_: Round, lots: list[tuple[LotPool, list[Part]]], unit: str) -> dict[str, str]:
    """One bar for each lot of a unit on one axis, members as segments in pieces, the largest first."""
    most = max((lot.total.expected for lot, _parts in lots), default=0)
    fills = _fills(lots)
    segments, ends = [], []
    for lot, parts in lots:
        at, small = 0, []
        for part in parts:
            end = at + part.amount.expected
            name = _("%(name)s (us)", name=part.label) if part.own else part.label
            words = _fitting(f"{name} {number(part.amount.expected)}", name, width=_pixels(end - at, most))
            if not words:
                small.append(f"{name} {number(part.amount.expected)}")
            segments.append(Segment(lot.name, at, end, _OTHERS if part.rest else fills[part.label], words))
            at = end
        ends.append(End(lot.name, at, str(number(at)), _under(small)))
    title = _("What each member brings, by lot (%(unit)s)", unit=unit)
    said = [_("%(lot)s: %(members)s", lot=lot.name, members=_said(parts)) for lot, parts in lots]
    description = _("One bar for each lot, on one scale; the segments are members, the largest first.")
    return _drawn(round_, segments, ends, most, title, " ".join([description, *said]))


def years_picture(round_: Round, lot: LotPool, most: int, unit: str) -> dict[str, str]:
    """One bar for each contract year of a lot: firm, the rest of what is expected, and up to the maximum."""
    segments, ends, said = [], [], []
    for (year,), amount in lot.by("year_no").items():
        if not amount.is_known:
            ends.append(End(_year(year), 0, _("not known yet")))
            said.append(_("Year %(year)s: not known yet.", year=year))
            continue
        for start, end, fill, words in _year_parts(amount):
            fitting = _fitting(f"{words} {number(end - start)}", number(end - start), width=_pixels(end - start, most))
            segments.append(Segment(_year(year), start, end, fill, str(fitting)))
        ends.append(End(_year(year), amount.maximum, _("%(number)s expected", number=number(amount.expected))))
        said.append(_year_said(year, amount))
    title = _("%(lot)s by contract year (%(unit)s)", lot=lot.name, unit=unit)
    return _drawn(round_, segments, ends, most, title, " ".join(said))


def highest_maximum(figures: Pool, unit: str) -> int:
    """The longest bar of a year among the lots of a unit: they share one axis."""
    years = [a.maximum for lot in figures.lots if lot.unit == unit for a in lot.by("year_no").values()]
    return max(years, default=0)


def _year(year: int) -> str:
    return str(_("Contract year %(year)s", year=year))


def _year_parts(amount: Amount) -> list[tuple[int, int, str, str]]:
    return [
        (0, amount.firm, _FIRM, _("firm")),
        (amount.firm, amount.expected, _EXPECTED, _("rest of expected")),
        (amount.expected, amount.maximum, _UP_TO, _("up to maximum")),
    ]


def _year_said(year: int, amount: Amount) -> str:
    return str(
        _(
            "Year %(year)s: firm %(firm)s, expected %(expected)s, maximum %(maximum)s.",
            year=year,
            firm=number(amount.firm),
            expected=number(amount.expected),
            maximum=number(amount.maximum),
        )
    )


def _said(parts: list[Part]) -> str:
    return joined([f"{part.label} {number(part.amount.expected)}" for part in parts]) or "–"


def _fills(lots: list[tuple[LotPool, list[Part]]]) -> dict[str, str]:
    """A member has one colour in every bar; ours is the first."""
    names = [part.label for _lot, parts in lots for part in sorted(parts, key=lambda p: not p.own) if not part.rest]
    names.sort(key=lambda name: not any(p.own and p.label == name for _lot, parts in lots for p in parts))
    return {name: _FILLS[i % len(_FILLS)] for i, name in enumerate(dict.fromkeys(names))}


def _under(small: list[str]) -> str:
    """The members of the short segments, in the order in which they stand."""
    if not small:
        return ""
    named, more = small[:NAMED], len(small) - NAMED
    if more > 0:
        named.append(ngettext("%(num)s more", "%(num)s more", more))
    return str(_("then %(names)s", names=joined(named)))


def _pixels(quantity: int, most: int) -> float:
    return (WIDTH - ROOM) * quantity / most if most else 0


def _fitting(*choices: object, width: float) -> str:
    """The first of the choices that fits into so many pixels; blank where none does."""
    return next((str(words) for words in choices if len(str(words)) * SIGN + 8 <= width), "")


def _drawn(
    round_: Round, segments: list[Segment], ends: list[End], most: int, title: str, description: str
) -> dict[str, str]:
    """The picture: bars, words on them, sums after them and names under them. No axis: every bar says its figure."""
    import altair as alt  # here, for these two take more memory than all else a worker or a web process loads
    import pandas as pd

    step = STEP_WITH_NAMES if any(end.under for end in ends) else STEP
    rows = [end.row for end in ends]
    axis = alt.Axis(labelLimit=LEFT - 6, minExtent=LEFT, ticks=False, domain=False)
    place = alt.Y("row:N", title=None, sort=rows, axis=axis)
    scale = alt.Scale(domain=[0, max(most, 1)], range=[0, WIDTH - ROOM], nice=False)
    bars = alt.Chart(pd.DataFrame([_row(one) for one in segments], columns=_COLUMNS))
    tips = alt.Chart(pd.DataFrame([asdict(end) for end in ends]))
    at = alt.X("at:Q", scale=scale, axis=None)
    layers = (
        bars.mark_bar(stroke=charts.INK, strokeWidth=0.8, height=BAR).encode(
            x=alt.X("start:Q", scale=scale, axis=None), x2="end:Q", y=place, color=alt.Color("fill:N", scale=None)
        ),
        bars.mark_text(fontSize=12).encode(x=at, y=place, text="words:N", color=alt.Color("ink:N", scale=None)),
        tips.mark_text(fontSize=12, color=charts.INK, align="left", dx=6, fontWeight=600).encode(
            x=at, y=place, text="words:N"
        ),
        tips.mark_text(fontSize=12, color=charts.INK, align="left", dy=BAR / 2 + 10).encode(
            x=alt.value(0), y=place, text="under:N"
        ),
    )
    chart = alt.layer(*layers).properties(width=WIDTH, height=alt.Step(step))
    src = charts.svg(chart.to_dict(), round_, title=title, description=description)
    return {"src": src, "title": title, "description": description}


def _row(one: Segment) -> dict[str, Any]:
    ink = "#ffffff" if one.fill in _WHITE_ON else charts.INK
    return asdict(one) | {"ink": ink, "at": (one.start + one.end) / 2}
