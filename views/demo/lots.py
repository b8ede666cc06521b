"""What the rounds of the demonstration buy and ask: names and lots, invented."""

from __future__ import annotations

from dataclasses import dataclass

ROUND_NAMES = {
    "demolaptops2026": "Laptops and monitors 2026",
    "demodesktops2027": "Desktops and monitors 2027",
    "demotablets2027": "Tablets and telephones 2027",
    "demoscreens2028": "Meeting-room screens 2028",
}
"""Public key of each round to its name. The keys are fixed because the workbooks carry them."""


@dataclass(frozen=True, slots=True)
class LotPlan:
    """One lot: CPV code, what is bought, which components and minerals suppliers disclose; price per piece in EUR."""

    code: str
    name: str
    cpv_code: str
    categories: tuple[str, ...]
    components: tuple[str, ...]
    minerals: tuple[str, ...]
    tiers: tuple[str, ...] = ()
    route: str = "direct"


_MONITORS = LotPlan(
    "MON",
    "Monitors",
    "30231310-3",
    ("monitor",),
    ("final_assembly", "display_panel", "mainboard_pcba", "power_supply"),
    ("tin", "gold"),
)
LOTS: dict[str, tuple[LotPlan, ...]] = {
    "demolaptops2026": (
        LotPlan(
            "LAP",
            "Laptops",
            "30213100-6",
            ("laptop",),
            ("final_assembly", "mainboard_pcba", "display_panel", "battery", "storage"),
            ("tin", "tantalum", "tungsten", "gold", "cobalt"),
            ("standard", "power"),
            "mini_competition",
        ),
        _MONITORS,
    ),
    "demodesktops2027": (
        LotPlan(
            "DESK",
            "Desktop computers",
            "30213300-8",
            ("desktop",),
            ("final_assembly", "mainboard_pcba", "power_supply", "storage"),
            ("tin", "gold"),
        ),
        _MONITORS,
    ),
    "demotablets2027": (
        LotPlan(
            "TAB",
            "Tablets",
            "30213200-7",
            ("tablet",),
            ("final_assembly", "mainboard_pcba", "display_panel", "battery"),
            ("tin", "tantalum", "tungsten", "gold", "cobalt"),
        ),
        LotPlan(
            "PHONE",
            "Smartphones",
            "32250000-0",
            ("smartphone",),
            ("final_assembly", "mainboard_pcba", "battery", "camera"),
            ("tin", "tantalum", "tungsten", "gold", "cobalt"),
        ),
    ),
    "demoscreens2028": (
        LotPlan(
            "BIG",
            "Large screens",
            "30231310-3",
            ("monitor",),
            ("final_assembly", "display_panel"),
            (),
        ),
    ),
}
