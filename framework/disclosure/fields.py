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
    "other_registry_id": N_("Id in another register"),
    "workers_total": N_("Number of workers"),
    "facility_words": N_("Kind of facility, in words"),
    "product_words": N_("Products, in words"),
    "tier_words": N_("Tier, in words"),
    "list_year": N_("Year of the list"),
}
"""Every field of a list of sites, in the order in which a person looks for it."""


@cache
def _headers() -> dict[str, str]:
    return {row["field"]: row["headers"].partition("|")[0] for row in read_rows("site_list_headers.csv")}


def header_of(field: str) -> str:
    """The header that means this field without doubt; blank for no field."""
    return _headers()[field] if field else ""
