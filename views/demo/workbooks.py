"""The workbooks of the demonstration: rows of invented disclosures, written into `data/demo/` with the same bytes each time.

Run `python -m views.demo.workbooks` after a change here or in `data/demo/*.csv`; a test compares the files.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framework.disclosure.columns import sheet_columns
from framework.disclosure.scope import LotScope, RoundScope
from framework.disclosure.workbook import write_filled
from framework.ground.codelists import read_rows
from views.demo.lots import LOTS, ROUND_NAMES
from views.settings import ROOT

FOLDER = ROOT / "data" / "demo"
AS_OF, SIGNED = dt.date(2026, 6, 1), dt.date(2026, 6, 15)
LABEL = "Invented for the demonstration of Hefboom; no such organisation or site exists."
Row = dict[str, Any]
Tables = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Product:
    """A model on offer: the sites (key, share in percent) that make each component, or the reason why none is named."""

    ref: str
    lot: str
    category: str
    tier: str
    model: str
    country: str
    made_by: dict[str, tuple[tuple[str, int | None], ...]]
    untold: dict[str, tuple[str, str]] = field(default_factory=dict)
    share: int = 100


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What one supplier sends in one round."""

    file: str
    round_id: str
    supplier: str
    brand: str
    products: tuple[Product, ...]
    smelters: tuple[str, ...]
    unknown_minerals: tuple[str, ...] = ()
    audits: tuple[tuple[str, str, dt.date, dt.date], ...] = ()
    process: tuple[str, ...] = ("full",) * 7
    vague: tuple[str, ...] = ()
    city_only: tuple[str, ...] = ()
    confidential: tuple[tuple[str, str], ...] = ()
    workers: tuple[tuple[str, str], ...] = ()
    faults: bool = False


BOOK_14 = Product(
    "NB14",
    "LAP",
    "laptop",
    "standard",
    "Noordhaven Vlet 14 G3",
    "CN",
    {
        "final_assembly": (("lantern", 70), ("river", 30)),
        "mainboard_pcba": (("copper", 60), ("willow", 40)),
        "display_panel": (("mirror", 100),),
        "battery": (("spark", 100),),
        "storage": (("vault", 50), ("memory", 50)),
    },
)
BOOK_15 = Product(
    "NB15P",
    "LAP",
    "laptop",
    "power",
    "Noordhaven Vlet 15 Pro G3",
    "CN",
    {
        "final_assembly": (("lantern", 100),),
        "mainboard_pcba": (("copper", 100),),
        "display_panel": (("prism", 100),),
        "battery": (("spark", 80), ("ember", 20)),
    },
    {"storage": ("multi_source_variable", "")},
)
SCREEN_24 = Product(
    "NS24",
    "MON",
    "monitor",
    "",
    "Noordhaven Kade 24",
    "CN",
    {
        "final_assembly": (("jade", 100),),
        "display_panel": (("mirror", 100),),
        "mainboard_pcba": (("copper", 100),),
        "power_supply": (("moth", 100),),
    },
)
SAME_BOOK_14 = Product(
    "VLET14",
    "LAP",
    "laptop",
    "standard",
    "Noordhaven Vlet 14 G3",
    "CN",
    {
        "final_assembly": (("lantern", None),),
        "mainboard_pcba": (("copper", None),),
        "battery": (("spark", None),),
    },
    {"display_panel": ("unknown", ""), "storage": ("supplier_refused", "Letter of 3 March 2026, no answer by 1 June.")},
)
SAME_BOOK_15 = Product(
    "VLET15P",
    "LAP",
    "laptop",
    "power",
    "Noordhaven Vlet 15 Pro G3",
    "CN",
    {"final_assembly": (("lantern", None),), "mainboard_pcba": (("copper", None),)},
    {
        "display_panel": ("unknown", ""),
        "battery": ("trade_secret", ""),
        "storage": ("unknown", ""),
    },
)
PAPER_13 = Product(
    "PB-A13",
    "LAP",
    "laptop",
    "standard",
    "Papierboot Origami 13",
    "VN",
    {
        "final_assembly": (("river", 100),),
        "mainboard_pcba": (("willow", 100),),
        "display_panel": (("prism", 100),),
        "battery": (("ember", 100),),
        "storage": (("memory", 100),),
    },
)
PAPER_16 = Product(
    "PB-A16",
    "LAP",
    "laptop",
    "power",
    "Papierboot Origami 16 Max",
    "CZ",
    {
        "final_assembly": (("volta", 60), ("river", 40)),
        "mainboard_pcba": (("willow", 100),),
        "display_panel": (("prism", 100),),
        "battery": (("ember", 70), ("pine", 30)),
        "storage": (("memory", 100),),
    },
)
PAPER_SCREEN = Product(
    "PB-V27",
    "MON",
    "monitor",
    "",
    "Papierboot Vouwraam 27",
    "CZ",
    {
        "final_assembly": (("volta", 100),),
        "display_panel": (("prism", 100),),
        "mainboard_pcba": (("willow", 100),),
    },
    {"power_supply": ("supplier_refused", "Mail of 12 May 2026: the sub-supplier names no sites.")},
)


def _desktop(ref: str, model: str, untold: dict[str, tuple[str, str]] | None = None) -> Product:
    made: dict[str, tuple[tuple[str, int | None], ...]] = {
        "final_assembly": (("jade", 100),),
        "mainboard_pcba": (("copper", 100),),
        "power_supply": (("moth", 100),),
        "storage": (("vault", 100),),
    }
    left = {kind: sites for kind, sites in made.items() if kind not in (untold or {})}
    return Product(ref, "DESK", "desktop", "", model, "CN", left, untold or {})


DISCLOSURES = (
    Disclosure(
        "laptops-2026-zeewind.xlsx",
        "demolaptops2026",
        "zeewind",
        "Noordhaven",
        (BOOK_14, BOOK_15, SCREEN_24),
        ("tin1", "tantalum1", "tungsten1", "gold1", "cobalt1"),
        audits=(
            ("lantern", "rba_vap", dt.date(2025, 11, 4), dt.date(2027, 11, 4)),
            ("copper", "sa8000", dt.date(2025, 3, 20), dt.date(2028, 3, 19)),
            ("jade", "brand_own", dt.date(2023, 5, 9), dt.date(2025, 5, 8)),
        ),
        confidential=(("vault", "lead_and_monitor"), ("memory", "lead_and_monitor")),
    ),
    Disclosure(
        "laptops-2026-tegelveld.xlsx",
        "demolaptops2026",
        "tegelveld",
        "Noordhaven",
        (SAME_BOOK_14, SAME_BOOK_15),
        ("tin2", "gold1"),
        unknown_minerals=("tantalum", "tungsten", "cobalt"),
        audits=(("lantern", "rba_vap", dt.date(2023, 9, 12), dt.date(2025, 9, 12)),),
        process=("full", "partial", "partial", "partial", "none", "none", "none"),
        vague=("copper",),
        workers=(("lantern", "1200"),),
    ),
    Disclosure(
        "laptops-2026-papierboot.xlsx",
        "demolaptops2026",
        "papierboot",
        "Papierboot",
        (PAPER_13, PAPER_16, PAPER_SCREEN),
        ("tin1", "tantalum1", "tungsten1", "gold2", "cobalt2"),
        audits=(
            ("volta", "sa8000", dt.date(2026, 2, 10), dt.date(2029, 2, 9)),
            ("river", "rba_vap", dt.date(2026, 1, 22), dt.date(2028, 1, 22)),
        ),
        process=("full", "full", "full", "partial", "partial", "full", "partial"),
        city_only=("pine", "memory"),
        confidential=(("ember", "buyers_linked"),),
    ),
    Disclosure(
        "desktops-2027-noordhaven.xlsx",
        "demodesktops2027",
        "noordhaven",
        "Noordhaven",
        (_desktop("ND5", "Noordhaven Sluis 5"), SCREEN_24),
        ("tin1", "gold1"),
        audits=(("jade", "rba_vap", dt.date(2026, 3, 3), dt.date(2028, 3, 3)),),
    ),
    Disclosure(
        "desktops-2027-tegelveld.xlsx",
        "demodesktops2027",
        "tegelveld",
        "Noordhaven",
        (_desktop("SLUIS5", "Noordhaven Sluis 5", {"storage": ("unknown", "")}),),
        ("tin2", "gold1"),
        process=("full", "partial", "partial", "partial", "none", "partial", "none"),
    ),
    Disclosure(
        "desktops-2027-zeewind-with-errors.xlsx",
        "demodesktops2027",
        "zeewind",
        "Noordhaven",
        (_desktop("Z-ND5", "Noordhaven Sluis 5"), SCREEN_24),
        ("tin1", "gold1"),
        faults=True,
    ),
    Disclosure(
        "desktops-2027-zeewind.xlsx",
        "demodesktops2027",
        "zeewind",
        "Noordhaven",
        (_desktop("Z-ND5", "Noordhaven Sluis 5"), SCREEN_24),
        ("tin1", "gold1"),
        audits=(("jade", "rba_vap", dt.date(2026, 3, 3), dt.date(2028, 3, 3)),),
    ),
)
SITE_LIST = "laptops-2026-vuurtoren-sites.csv"


def write_all(folder: Path = FOLDER) -> list[Path]:
    """Write every workbook and the list of sites into `folder`; returns their paths."""
    made = []
    for disclosure in DISCLOSURES:
        path = folder / disclosure.file
        write_filled(path, scope_of(disclosure), tables_of(disclosure))
        made.append(path)
    path = folder / SITE_LIST
    path.write_text(site_list(), encoding="utf-8", newline="")
    return [*made, path]


def scope_of(disclosure: Disclosure) -> RoundScope:
    """What the round asks of this supplier, as its template has it."""
    lots = tuple(
        LotScope(
            lot.code,
            lot.name,
            lot.categories,
            lot.tiers,
            lot.components,
            minerals=lot.minerals,
        )
        for lot in LOTS[disclosure.round_id]
    )
    body = _organisations()[disclosure.supplier]
    return RoundScope(
        round_id=disclosure.round_id,
        round_name=ROUND_NAMES[disclosure.round_id],
        lots=lots,
        supplier_name=body["name"],
        supplier_reg_id=body["registration_no"],
        supplier_role=body["supplier_kind"],
        brands=(disclosure.brand,),
    )


def tables_of(disclosure: Disclosure) -> Tables:
    """The rows of the eight sheets."""
    tables: Tables = {
        "0_submission": [_submission(disclosure)],
        "1_products": [_product(disclosure, product) for product in disclosure.products],
        "2_components": [row for product in disclosure.products for row in _components(product)],
        "3_sites": [_site(disclosure, key) for key in _sites_used(disclosure)],
        "4_links": [row for product in disclosure.products for row in _links(product)],
        "5_smelters": [*map(_smelter, disclosure.smelters), *map(_unknown_mineral, disclosure.unknown_minerals)],
        "6_audits": [_audit(number, *audit) for number, audit in enumerate(disclosure.audits, start=1)],
        "7_due_diligence": list(_process(disclosure.process)),
    }
    if disclosure.faults:
        _spoil(tables)
    return tables


def site_list() -> str:
    """A plain list of sites as a company publishes it: title lines first, then a header, company-wide."""
    lines = [
        "Supplier list of Vuurtoren Agency,,,",
        f'"{LABEL}",,,',
        ",,,",
        "Supplier name,Address,City,Country",
    ]
    for key in ("lantern", "river", "jade", "mirror", "spark", "vault", "moth", "pine"):
        site = _sites()[key]
        cells = (site["site_legal_name"], site["address_line"], site["city"], site["country"])
        lines.append(",".join(f'"{cell}"' for cell in cells))
    return "\r\n".join(lines) + "\r\n"


def _submission(disclosure: Disclosure) -> Row:
    body = _organisations()[disclosure.supplier]
    return {
        "template_version": "1.0",
        "round_id": disclosure.round_id,
        "reporting_party_name": body["name"],
        "reporting_party_role": body["supplier_kind"],
        "reporting_party_reg_id": body["registration_no"],
        "brand": disclosure.brand,
        "scope": "contract_models",
        "data_as_of": AS_OF,
        "dd_contact_name": "Responsible Person",
        "dd_contact_email": f"chain@{disclosure.supplier}.example",
        "signatory_name": "Signing Person",
        "signatory_title": "Managing director",
        "signed_on": SIGNED,
        "confidentiality_default": "consortium",
    }


def _product(disclosure: Disclosure, product: Product) -> Row:
    return {
        "product_ref": product.ref,
        "lot": product.lot,
        "category": product.category,
        "spec_tier": product.tier or None,
        "brand": disclosure.brand,
        "model_name": product.model,
        "final_manufacturing_country": product.country,
        "offered_volume_share_pct": product.share,
    }


def _components(product: Product) -> Iterator[Row]:
    for kind in (*product.made_by, *product.untold):
        reason, proof = product.untold.get(kind, (None, None))
        yield {
            "component_ref": _component_ref(product, kind),
            "product_ref": product.ref,
            "component_type": kind,
            "tier": 1 if kind == "final_assembly" else 2,
            "not_disclosed_reason": reason,
            "not_disclosed_evidence": proof or None,
        }


def _component_ref(product: Product, kind: str) -> str:
    return f"{product.ref}-{'FA' if kind == 'final_assembly' else kind}"


def _sites_used(disclosure: Disclosure) -> list[str]:
    made = (sites for product in disclosure.products for sites in product.made_by.values())
    return list(dict.fromkeys(key for sites in made for key, _share in sites))


def _site(disclosure: Disclosure, key: str) -> Row:
    known = _sites()[key]
    row: Row = {
        "site_ref": key.upper(),
        **{name: known[name] for name in _SITE_COLUMNS},
        "latitude": float(known["latitude"]),
        "longitude": float(known["longitude"]),
    }
    if key in disclosure.vague:
        row |= {"latitude": None, "longitude": None, "workers_total": None, "trade_union": "unknown"}
    if key in disclosure.city_only:
        row |= {"address_line": None, "postcode": None, "latitude": None, "longitude": None}
        row["missing_reason"] = "unknown"
    row["workers_total"] = dict(disclosure.workers).get(key, row["workers_total"])
    return row | {"confidentiality": dict(disclosure.confidential).get(key)}


_SITE_COLUMNS = (
    "site_legal_name",
    "parent_company",
    "address_line",
    "city",
    "region",
    "postcode",
    "country",
    "facility_type",
    "workers_total",
    "trade_union",
    "worker_committee",
)


def _links(product: Product) -> Iterator[Row]:
    for kind, sites in product.made_by.items():
        for key, share in sites:
            yield {
                "product_ref": product.ref,
                "component_ref": _component_ref(product, kind),
                "site_ref": key.upper(),
                "share_of_production_pct": share,
                "valid_from": dt.date(2025, 1, 1),
                "dual_sourced": len(sites) > 1,
            }


def _smelter(key: str) -> Row:
    known = next(row for row in read_rows("demo/smelters.csv") if row["key"] == key)
    countries = known["mine_or_origin_country"].split("|")
    kept = {name: value for name, value in known.items() if name != "key"}
    return {**kept, "applies_to": "company", "mine_or_origin_country": countries}


def _unknown_mineral(mineral: str) -> Row:
    return {"mineral": mineral, "applies_to": "company", "not_disclosed_reason": "unknown"}


def _audit(number: int, site: str, scheme: str, held: dt.date, valid_until: dt.date) -> Row:
    row: Row = {
        "audit_ref": f"AUD-{number}",
        "site_ref": site.upper(),
        "scheme": scheme,
        "audit_type": "initial",
        "audit_date": held,
        "valid_until": valid_until,
        "auditor_body": "Open Ledger Auditing (invented)",
        "report_shared": "none",
    }
    if scheme == "rba_vap":
        row |= {"score": 184.5, "score_max": 200, "recognition": "gold"}
        row |= {f"findings_{kind}_{state}": 0 for kind in ("priority", "major") for state in ("open", "total")}
        row |= {"findings_minor_open": 1, "findings_minor_total": 4}
    return row


def _process(scores: tuple[str, ...]) -> Iterator[Row]:
    names = sheet_columns("7_due_diligence")["process_requirement"].values
    for name, score in zip(names, scores, strict=True):
        told = {"document_name": f"Handbook, part {name}", "document_date": dt.date(2026, 1, 12)}
        proof = {**told, "evidence_file": "handbook.pdf"} if score != "none" else {}
        yield {"process_requirement": name, "self_score": score, "narrative": LABEL, **proof}


def _spoil(tables: Tables) -> None:
    """Mistakes as they happen: a blank address, a country typed wrong, a share above 100, a broken key, a PO box."""
    sites, links = tables["3_sites"], tables["4_links"]
    sites[0]["address_line"] = None
    sites[1]["country"] = "Chyna"
    sites[2]["address_line"] = "PO Box 118"
    links[0]["share_of_production_pct"] = 130
    links[1]["site_ref"] = "COPPR"
    tables["1_products"][0]["final_manufacturing_country"] = None
    tables["7_due_diligence"].pop()
    tables["5_smelters"][0]["smelter_id"] = "CID12"
    tables["0_submission"][0]["signed_on"] = "31-02-2026"


def _organisations() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in read_rows("demo/organisations.csv")}


def _sites() -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in read_rows("demo/sites.csv")}


if __name__ == "__main__":
    for path in write_all():
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
