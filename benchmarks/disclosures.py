"""Invented disclosures of any size: our own workbook without and with faults, and a plain list of sites."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import xlsxwriter

from framework.disclosure.columns import sheet_columns
from framework.disclosure.scope import LotScope, RoundScope
from framework.disclosure.workbook import write_filled

TODAY = dt.date(2026, 5, 1)
SITES, LINKS = 16_000, 18_500
"""16 000 × 22 + 18 500 × 8 = 500 000 cells, as many as 20 000 rows of 25 columns."""
LIST_ROWS, LIST_COLUMNS = 20_000, 25
KINDS = ("final_assembly", "mainboard_pcba", "battery", "display_panel", "storage")
PER_COMPONENT = 37
FAULTY_EVERY = 50
TOWNS = (
    ("CN", "Kunshan", "Jiangsu", 31.38, 120.98),
    ("VN", "Hai Phong", "Hai Phong", 20.86, 106.68),
    ("TW", "Taoyuan", "Taoyuan", 24.99, 121.30),
    ("MY", "Penang", "Penang", 5.41, 100.33),
    ("TH", "Ayutthaya", "Ayutthaya", 14.35, 100.57),
    ("CZ", "Pardubice", "Pardubice", 50.03, 15.77),
    ("HU", "Komarom", "Komarom-Esztergom", 47.74, 18.12),
    ("MX", "Juarez", "Chihuahua", 31.69, -106.42),
)
TREES = "Alder Birch Cedar Elder Hazel Juniper Laurel Maple Poplar Rowan Spruce Willow".split()
TRADES = "Assembly Boards Cables Displays Electronics Housings Modules Optics Power Precision".split()
SCOPE = RoundScope(
    round_id="r-bench",
    round_name="Benchmark",
    lots=(LotScope("A", "Laptops", ("laptop",), (), KINDS[1:]),),
    deadline=dt.date(2026, 6, 1),
    supplier_name="Example Reseller",
    supplier_reg_id="556000-0001",
    supplier_role="reseller",
    brands=("Acme",),
)

Tables = dict[str, list[dict[str, Any]]]


def faultless(scale: float = 1.0) -> Tables:
    """A workbook's rows with nothing to remark on: at scale 1 half a million cells in sites and links."""
    links, sites = max(PER_COMPONENT * len(KINDS), int(LINKS * scale)), max(100, int(SITES * scale))
    products = links // (PER_COMPONENT * len(KINDS))
    components = products * len(KINDS)
    links, sites = components * PER_COMPONENT, min(sites, components * PER_COMPONENT)
    return {
        "0_submission": [_SUBMISSION],
        "1_products": [_product(number, products) for number in range(products)],
        "2_components": [_component(number) for number in range(components)],
        "3_sites": [site(number, sites, links) for number in range(sites)],
        "4_links": [_link(number, sites) for number in range(links)],
        "7_due_diligence": [_process(name) for name in sheet_columns("7_due_diligence")["process_requirement"].values],
    }


def with_faults(scale: float = 1.0) -> tuple[Tables, int]:
    """The same rows with a fault in every fiftieth of sites and links, and the number of faulty rows."""
    tables = faultless(scale)
    count = 0
    for sheet, faults in (("3_sites", _SITE_FAULTS), ("4_links", _LINK_FAULTS)):
        for position, row in enumerate(tables[sheet][FAULTY_EVERY::FAULTY_EVERY]):
            row.update(faults[position % len(faults)])
            count += 1
    return tables, count


def write(path: Path, tables: Tables) -> None:
    """Write our own workbook with these rows."""
    write_filled(path, SCOPE, tables)


def write_list(path: Path, scale: float = 1.0) -> int:
    """Write a plain list of sites with 25 columns; the number of its rows."""
    rows = max(100, int(LIST_ROWS * scale))
    _write_list(path, rows, {"in_memory": True})
    return rows


def write_long_list(path: Path, rows: int, *, lacking: int = 0) -> None:
    """The same list of any length, written row by row, its texts in the cells: nobody holds five million cells to write them.

    One of `lacking` rows lacks its address; none where that is 0.
    """
    _write_list(path, rows, {"constant_memory": True}, lacking=lacking)


def _write_list(path: Path, rows: int, options: dict[str, Any], *, lacking: int = 0) -> None:
    book = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet("Supplier list")
    sheet.write_row(0, 0, [*_LIST_HEAD, *(f"Remark {n}" for n in range(LIST_COLUMNS - len(_LIST_HEAD)))])
    for number in range(rows):
        known = site(number)
        if lacking and not number % lacking:
            known["address_line"] = None
        own = [known[name] for name in _LIST_HEAD.values()]
        sheet.write_row(number + 1, 0, [*own, *(f"note {number % 97}-{n}" for n in range(LIST_COLUMNS - len(own)))])
    book.close()


def site(number: int, sites: int = SITES, links: int = LINKS) -> dict[str, Any]:
    """One complete row of `3_sites`, of so many that share the links in turn; every number is another place."""
    country, city, region, latitude, longitude = TOWNS[number % len(TOWNS)]
    trade, tree = TRADES[number % len(TRADES)], TREES[number % len(TREES)]
    assembles = any(_is_assembly(link) for link in range(number, links, sites))
    return {
        "site_ref": f"S{number}",
        "site_legal_name": f"{tree} {trade} {number} Co Ltd",
        "local_language_name": f"{tree} {number}",
        "parent_company": f"{tree} Group",
        "address_line": f"{number + 1} {tree} Road",
        "city": city,
        "region": region,
        "postcode": f"{10_000 + number}",
        "country": country,
        "latitude": round(latitude + number % 7 / 1000, 4),
        "longitude": round(longitude + number % 11 / 1000, 4),
        "os_id": _os_id(country, number),
        "other_registry_id": f"demo:{number}",
        "facility_type": "final_assembly" if assembles else "component",
        "workers_total": f"{100 + number % 400}-{600 + number % 400}",
        "workers_women_pct": number % 101,
        "workers_migrant_or_agency_pct": number % 61,
        "trade_union": "unknown",
        "worker_committee": "yes",
        "missing_reason": "unknown",
        "confidentiality": "consortium",
        "confidentiality_reason": "open to the consortium",
    }


def _os_id(country: str, number: int) -> str:
    """An invented id with a right check character."""
    digits = f"2026{number // 100_000:03d}{number % 100_000:05d}"
    total = sum(map(ord, country)) + sum(map(int, digits))
    return f"{country}{digits}{'0123456789ABCDEFGHJKMNPQRSTVWXYZ'[total % 32]}"


def _product(number: int, products: int) -> dict[str, Any]:
    return {
        "product_ref": f"P{number}",
        "lot": "A",
        "category": "laptop",
        "brand": "Acme",
        "model_name": f"Acme Book {number}",
        "final_manufacturing_country": "CN",
        "offered_volume_share_pct": 100 / products,
    }


def _component(number: int) -> dict[str, Any]:
    kind = KINDS[number % len(KINDS)]
    product = f"P{number // len(KINDS)}"
    tier = 1 if kind == KINDS[0] else 2
    return {"component_ref": f"{product}-{kind}", "product_ref": product, "component_type": kind, "tier": tier}


def _is_assembly(link: int) -> bool:
    return link // PER_COMPONENT % len(KINDS) == 0


def _link(number: int, sites: int) -> dict[str, Any]:
    component = _component(number // PER_COMPONENT)
    return {
        "product_ref": component["product_ref"],
        "component_ref": component["component_ref"],
        "site_ref": f"S{number % sites}",
        "share_of_production_pct": 2.8 if number % PER_COMPONENT == 0 else 2.7,
        "valid_from": dt.date(2025, 1, 1) + dt.timedelta(days=number % 300),
        "valid_to": dt.date(2029, 1, 1) + dt.timedelta(days=number % 300),
        "dual_sourced": True,
        "row_as_of": dt.date(2026, 4, 1),
    }


def _process(name: str) -> dict[str, Any]:
    return {
        "process_requirement": name,
        "self_score": "full",
        "document_name": "Policy",
        "document_date": dt.date(2026, 1, 1),
        "evidence_file": "policy.pdf",
    }


_SUBMISSION = {
    "template_version": "1.0",
    "round_id": "r-bench",
    "reporting_party_name": "Example Reseller",
    "reporting_party_role": "reseller",
    "reporting_party_reg_id": "556000-0001",
    "brand": "Acme",
    "scope": "contract_models",
    "data_as_of": dt.date(2026, 4, 1),
    "dd_contact_name": "Kim Example",
    "dd_contact_email": "kim@reseller.example",
    "signatory_name": "Sam Example",
    "signatory_title": "Director",
    "signed_on": dt.date(2026, 4, 2),
    "confidentiality_default": "consortium",
}
_SITE_FAULTS: tuple[dict[str, Any], ...] = (
    {"country": "Atlantis"},
    {"address_line": "PO Box 12"},
    {"latitude": 0, "longitude": 0},
    {"workers_total": "many"},
    {"os_id": "wrong"},
    {"site_ref": "S1"},
    {"workers_women_pct": 140},
)
_LINK_FAULTS: tuple[dict[str, Any], ...] = (
    {"site_ref": "S-unknown"},
    {"share_of_production_pct": "most of it"},
    {"valid_to": dt.date(2001, 1, 1)},
    {"valid_from": "03/04/2025"},
    {"component_ref": "C-unknown"},
)
_LIST_HEAD = {
    "Supplier name": "site_legal_name",
    "Address": "address_line",
    "City": "city",
    "Province": "region",
    "Postal code": "postcode",
    "Country": "country",
    "Parent company": "parent_company",
    "Latitude": "latitude",
    "Longitude": "longitude",
    "OS ID": "os_id",
    "Number of workers": "workers_total",
}
