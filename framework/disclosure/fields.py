"""The fields that a column of a plain list may fill: their names in words, and the header that means each."""

from __future__ import annotations

from functools import cache

from framework.ground.codelists import read_rows
from framework.ground.text import N_

FIELD_LABELS = {
    "site_legal_name": N_("Name of the site"),
    "local_language_name": N_("Name in the local language"),
    "parent_company": N_("Parent company"),
    "address_line": N_("Address"),
    "address_line_2": N_("Address, second line"),
    "address_line_3": N_("Address, third line"),
    "city": N_("City"),
    "region": N_("Region or province"),
    "postcode": N_("Postcode"),
    "country": N_("Country"),
    "latitude": N_("Latitude"),
    "longitude": N_("Longitude"),
    "os_id": N_("Open Supply Hub id"),
    "lei_id": N_("Legal entity identifier (LEI)"),
    "duns_id": N_("D-U-N-S number"),
    "gln_id": N_("Global location number (GLN)"),
    "rba_id": N_("RBA id"),
    "parent_os_id": N_("Open Supply Hub id of the parent company"),
    "other_registry_id": N_("Id in another register"),
    "workers_total": N_("Number of workers"),
    "facility_words": N_("Kind of facility, in words"),
    "product_model": N_("Product or model"),
    "product_words": N_("Products, in words"),
    "industry_words": N_("Code of the industry"),
    "tier_words": N_("Tier, in words"),
    "list_year": N_("Year of the list"),
}
"""Every field of a list of sites, in the order in which a person looks for it."""


@cache
def _headers() -> dict[str, str]:
    return {row["field"]: row["headers"].partition("|")[0] for row in read_rows("site_list_headers.csv")}


FILLABLE = ("site_legal_name", "parent_company", "country", "region", "city")
"""Fields whose blank cells may take the value above."""
SPLITTABLE = ("product_model", "product_words", "facility_words")
"""Fields of which one cell may hold several values."""
CHOSEN_MARK, FILL_MARK, SPLIT_MARK = "(chosen)", "(fill down)", "(split)"
NOT_READ = "(not read)"
"""Stands over the header of a column that a person left out."""


def said_header(field: str, *, fill_down: bool = False, split: bool = False) -> str:
    """What is laid over a header where a person said what its column means, and what is to be done with its cells."""
    if not field:
        return NOT_READ
    marks = [CHOSEN_MARK, *[FILL_MARK] * fill_down, *[SPLIT_MARK] * split]
    return " ".join([header_of(field), *marks])


def said_of(header: str) -> str | None:
    """The field that a person said a column means, blank for not read; None where nobody said so."""
    if header == NOT_READ:
        return ""
    if CHOSEN_MARK not in header:
        return None
    return _fields().get(header.partition(f" {CHOSEN_MARK}")[0])


def meaning_of(header: str) -> tuple[str, bool, bool]:
    """What was laid over a header, in words: the name of the field (a template; blank for not read), filled down, split."""
    name = said_of(header)
    return FIELD_LABELS[name] if name else "", FILL_MARK in header, SPLIT_MARK in header


@cache
def _fields() -> dict[str, str]:
    return {header: field for field, header in _headers().items()}


def header_of(field: str) -> str:
    """The header that means this field without doubt; blank for no field."""
    return _headers()[field] if field else ""
