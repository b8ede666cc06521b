"""The worked example of the measures, and places and nodes for tests."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from framework.chain.measures.nodes import Node, Place
from framework.chain.measures.scale import ASKED, scale_of
from framework.ground.round_settings import defaults

SCALE = scale_of(defaults())
ON = dt.date(2026, 6, 30)
FRESH, OLDER = dt.date(2026, 6, 1), dt.date(2025, 1, 1)
"""Worth 1.00 and 0.75 on that day."""


def answered(level, *missing, **parts):
    """Every field of a level answered, but for some."""
    return {name: Fraction(1) for name in ASKED[level] if name not in missing} | parts


def place(level="fa", *missing, precision="site", as_of=FRESH, **values):
    parts = values.pop("parts", {})
    return Place(answered(level, *missing, **parts), precision, as_of=as_of, **values)


def named(level, kind, *missing, verdict=None, **values):
    """A node with one place."""
    return Node(level, kind, (place(level, *missing, **values),), verdict=verdict)


def product_a():
    """Thirteen nodes, of which six are disclosed."""
    smelters = [
        named("sm", mineral, precision="city", as_of=OLDER, sources=1, verdict="E2")
        for mineral in ("tin", "tantalum", "tungsten")
    ]
    return [
        named("fa", "final_assembly", sources=2, verdict="E3"),
        named("co", "mainboard_pcba", sources=1, verdict="E2"),
        named("co", "battery", "parent", "function", verdict="E1"),
        Node("co", "display_panel"),
        Node("co", "storage"),
        *smelters,
        Node("sm", "gold"),
        *(Node("mi", mineral) for mineral in ("tin", "tantalum", "tungsten", "gold")),
    ]
