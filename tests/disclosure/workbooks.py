"""A complete, faultless disclosure and ways to turn it into a book of cells; a test changes only what matters to it."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from framework.disclosure.columns import SHEETS, sheet_columns
from framework.disclosure.scope import LotScope, RoundScope
from framework.disclosure.table import written
from framework.ground.sheets.cells import Book, Row, Sheet
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here

TODAY = dt.date(2026, 5, 1)
Tables = dict[str, list[dict[str, Any]]]
Change = Callable[[Tables], None]

SCOPE = RoundScope(
    round_id="r-2026-1",
    round_name="Laptops 2026",
    lots=(
        LotScope(
            "A", "Laptops", ("laptop",), ("basic", "plus"), ("mainboard_pcba",), minerals=("tin",), asks_mines=True
        ),
        LotScope("B", "Monitors", ("monitor",)),
    ),
    deadline=dt.date(2026, 6, 1),
    supplier_name="Example Reseller",
    supplier_reg_id="556000-0001",
    supplier_role="reseller",
    brands=("Acme",),
)
REGISTER: dict[str, str | None] = {"CID000001": None}
"""An invented register, in which the faultless disclosure finds its smelter."""
REQUIREMENTS = sheet_columns("7_due_diligence")["process_requirement"].values


def faultless() -> Tables:
    """Rows of all eight sheets with nothing to remark on."""
    return copy.deepcopy(_FAULTLESS)


def book_of(tables: Tables, *, extra: dict[str, list[tuple[Any, ...]]] | None = None) -> Book:
    """The tables as cells, as our template lays them out; `extra` adds whole sheets."""
    sheets = [Sheet(name, _rows(name, tables[name])) for name in SHEETS if name in tables]
    for name, rows in (extra or {}).items():
        sheets.append(Sheet(name, [Row(number, cells) for number, cells in enumerate(rows, start=1)]))
    return Book("xlsx", sheets)


def list_of(*rows: tuple[Any, ...], name: str = "Sites") -> Book:
    """A book with one sheet of bare rows; a row of nothing is left out, as a reader does."""
    numbered = ((number, cells) for number, cells in enumerate(rows, start=1) if any(cells))
    return Book("csv", [Sheet(name, [Row(number, cells) for number, cells in numbered])])


def checked(change: Change | None = None, *, scope: RoundScope | None = SCOPE, **arguments: Any) -> Checked:
    """The faultless disclosure, changed, and checked."""
    tables = faultless()
    if change:
        change(tables)
    return check(book_of(tables), scope, today=TODAY, **{"smelters": REGISTER, **arguments})


def codes(found: Checked) -> set[str]:
    """Codes with their causes."""
    return {issue.key for issue in found.issues}


def put(sheet: str, index: int = 0, **values: Any) -> Change:
    """Change cells of one row; None makes a cell blank."""
    return lambda tables: tables[sheet][index].update(values)


def add(sheet: str, like: int = 0, **values: Any) -> Change:
    """Add a row like another one."""
    return lambda tables: tables[sheet].append(tables[sheet][like] | values)


def drop(sheet: str, index: int = 0) -> Change:
    """Remove a row."""
    return lambda tables: tables[sheet].__delitem__(index)


def both(*changes: Change) -> Change:
    """Several changes."""

    def change(tables: Tables) -> None:
        for one in changes:
            one(tables)

    return change


def without(sheet: str) -> Change:
    """Remove a sheet."""
    return lambda tables: tables.__delitem__(sheet)


def read(path: Path) -> Any:
    """The book in a file."""
    return read_here(path, Limits())


def _rows(sheet: str, rows: list[dict[str, Any]]) -> list[Row]:
    names = list(sheet_columns(sheet))
    names += [name for row in rows for name in row if name not in names]
    cells = [Row(number, tuple(map(_cell, map(row.get, names)))) for number, row in enumerate(rows, start=2)]
    return [Row(1, tuple(names)), *cells]


def _cell(value: Any) -> Any:
    return written(value) if isinstance(value, bool | list) else value


_FAULTLESS: Tables = {
    "0_submission": [
        {
            "template_version": "1.0",
            "round_id": "r-2026-1",
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
    ],
    "1_products": [
        {
            "product_ref": "P1",
            "lot": "A",
            "category": "laptop",
            "spec_tier": "basic",
            "brand": "Acme",
            "model_name": "Acme Book 14",
            "gtin": "7319999000001",
            "label_scheme": ["tco_certified", "epeat"],
            "label_certificate_no": ["T1", "E1"],
            "label_valid_until": [dt.date(2028, 1, 1), dt.date(2027, 1, 1)],
            "final_manufacturing_country": "CN",
            "offered_volume_share_pct": 100,
        }
    ],
    "2_components": [
        {"component_ref": "P1-FA", "product_ref": "P1", "component_type": "final_assembly", "tier": 1},
        {"component_ref": "P1-MB", "product_ref": "P1", "component_type": "mainboard_pcba", "tier": 2},
    ],
    "3_sites": [
        {
            "site_ref": "S1",
            "site_legal_name": "Lakeside Assembly Co Ltd",
            "parent_company": "Lakeside Group",
            "address_line": "58 First Avenue",
            "city": "Kunshan",
            "region": "Jiangsu",
            "country": "CN",
            "latitude": 31.38,
            "longitude": 120.98,
            "os_id": "SE2026326ZZZZZ8",
            "other_registry_id": "lei:HEFB00DEMO0000000018",
            "facility_type": "final_assembly",
            "workers_total": "100-150",
        },
        {
            "site_ref": "S2",
            "site_legal_name": "Harbour Boards Ltd",
            "parent_company": "Harbour Group",
            "address_line": "12 Quay Road",
            "city": "Hai Phong",
            "country": "VN",
            "facility_type": "component",
        },
    ],
    "4_links": [
        {"product_ref": "P1", "site_ref": "S1", "share_of_production_pct": 100, "valid_from": dt.date(2025, 1, 1)},
        {
            "product_ref": "P1",
            "component_ref": "P1-MB",
            "site_ref": "S2",
            "share_of_production_pct": 100,
            "valid_from": dt.date(2025, 1, 1),
            "dual_sourced": False,
        },
    ],
    "5_smelters": [
        {
            "mineral": "tin",
            "applies_to": "company",
            "smelter_id": "CID000001",
            "smelter_name": "Example Tin",
            "smelter_country": "ID",
            "smelter_city": "Muntok",
            "mine_or_origin_country": ["ID"],
        }
    ],
    "6_audits": [
        {
            "audit_ref": "A1",
            "site_ref": "S1",
            "scheme": "rba_vap",
            "audit_type": "initial",
            "score": 185.5,
            "score_max": 200,
            "recognition": "gold",
            **{f"findings_{kind}_{state}": 0 for kind in ("priority", "major") for state in ("open", "total")},
            "findings_minor_open": 1,
            "findings_minor_total": 3,
            "audit_date": dt.date(2025, 9, 1),
            "valid_until": dt.date(2027, 9, 1),
            "auditor_body": "Example Audits",
            "report_shared": "none",
        }
    ],
    "7_due_diligence": [
        {
            "process_requirement": name,
            "self_score": "full",
            "document_name": "Policy",
            "document_date": dt.date(2026, 1, 1),
            "evidence_file": "policy.pdf",
        }
        for name in REQUIREMENTS
    ],
}
