"""The geometry of the picture of flows: boxes in four columns and bands between them, with the words beside each box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from framework.chain.leverage.picture import CATEGORY, MEMBER, PLACE, Flowing, Node

WIDTH, TOP, BOX, GAP, ROOM = 1240, 34, 14, 20, 380
LEFT = (230, 450, 670, 890)
"""The left edge of each column's boxes."""
LONGEST = (24, 26, 26, 42)
"""How many letters of a name stand beside the boxes of each column."""
KNOWN = ("member", "category", "brand", "site", "other", "together")


@dataclass(frozen=True, slots=True)
class Box:
    """A node as it is drawn, in units of the picture; `words` stand beside it at `label`, anchored by `anchor`."""

    x: int
    y: float
    height: float
    words: str
    amount: str
    label: int
    anchor: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A link as the outline of its band, with what it says."""

    path: str
    words: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole picture."""

    width: int
    height: int
    heads: list[tuple[int, str, str]]
    boxes: list[Box]
    bands: list[Band]


def drawing(
    nodes: Sequence[Node],
    links: Sequence[Flowing],
    *,
    heads: Sequence[str],
    name: Callable[[Node], str],
    amount: Callable[[int], str],
) -> Drawing:
    """Draw the nodes with bands as high as their pieces; what has none gets a line that can be seen."""
    columns = [[node for node in nodes if node.column == column] for column in range(PLACE + 1)]
    whole = max(sum(node.units for node in columns[MEMBER]), 1)
    scale = ROOM / whole
    most = max((len(column) for column in columns), default=0)
    height = TOP + ROOM + GAP * most + 10
    boxes: dict[Node, Box] = {}
    for column, some in enumerate(columns):
        y = float(TOP + (GAP * (most - len(some))) / 2)
        for node in some:
            boxes[node] = _box(node, column, y, node.units * scale, name(node), amount(node.units))
            y += max(node.units * scale, 2) + GAP
    used: dict[tuple[Node, str], float] = {}
    bands = [
        _band(link, boxes, used, scale, f"{name(link.source)} → {name(link.target)}: {amount(link.units)}")
        for link in links
    ]
    anchors = ["end", "start", "start", "start"]
    edges = [(LEFT[c] + (BOX if c == MEMBER else 0), anchors[c], head) for c, head in enumerate(heads)]
    return Drawing(WIDTH, int(height), edges, list(boxes.values()), bands)


def short(words: str, column: int) -> str:
    """Words that fit beside a box of a column."""
    longest = LONGEST[column]
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def _box(node: Node, column: int, y: float, height: float, words: str, amount: str) -> Box:
    is_left = column == MEMBER
    return Box(
        x=LEFT[column],
        y=round(y, 1),
        height=round(max(height, 2), 1),
        words=short(words, column),
        amount=amount,
        label=LEFT[column] - 8 if is_left else LEFT[column] + BOX + 8,
        anchor="end" if is_left else "start",
        is_known=node.kind in KNOWN,
    )


def _band(link: Flowing, boxes: dict[Node, Box], used: dict[tuple[Node, str], float], scale: float, words: str) -> Band:
    source, target = boxes[link.source], boxes[link.target]
    thick = max(link.units * scale, 0.8)
    y0 = source.y + used.get((link.source, "out"), 0.0)
    y1 = target.y + used.get((link.target, "in"), 0.0)
    used[link.source, "out"] = used.get((link.source, "out"), 0.0) + link.units * scale
    used[link.target, "in"] = used.get((link.target, "in"), 0.0) + link.units * scale
    x0, x1 = source.x + BOX, target.x
    middle = (x0 + x1) / 2
    path = (
        f"M{x0} {y0:.1f}C{middle} {y0:.1f} {middle} {y1:.1f} {x1} {y1:.1f}"
        f"V{y1 + thick:.1f}C{middle} {y1 + thick:.1f} {middle} {y0 + thick:.1f} {x0} {y0 + thick:.1f}Z"
    )
    return Band(path, words, target.is_known or link.target.column <= CATEGORY)
