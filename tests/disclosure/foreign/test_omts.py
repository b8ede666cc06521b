"""OMTS supplier lists: organisations and whom they supply; business secrets stay out and that is said."""

from __future__ import annotations

import json

from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from tests.disclosure.workbooks import TODAY, list_of

HEADER = (
    "supplier_name,supplier_id,jurisdiction,tier,parent_supplier,business_unit,commodity,valid_from,annual_value,"
    "value_currency,contract_ref,lei,duns,vat,vat_country,internal_id,risk_tier,kraljic_quadrant,approval_status,notes"
).split(",")


def checked(*rows: tuple[object, ...]) -> Checked:
    head = (("Reporting Entity", "Harbour Ltd", "Snapshot Date", "2026-01-01"), ("Disclosure Scope", "partner"))
    return check(list_of(*head, (None,), tuple(HEADER), *rows, name="Supplier List"), None, today=TODAY)


def test_every_row_is_an_organisation_that_supplies_its_parent():
    found = checked(("Lake Ltd", "s1", "SE", 1), ("Hill Ltd", "s2", "Vietnam", 2.0, "Lake Ltd"))

    assert (found.format, found.verdict, found.adds_up) == ("OMTS supplier list", "countable", True)
    assert [(r["row"], r["values"]) for r in found.tables["organisations"]] == [
        (5, _organisation("Lake Ltd", "s1", "SE", "1", "Harbour Ltd")),
        (6, _organisation("Hill Ltd", "s2", "VN", "2", "Lake Ltd")),
    ]


def test_secrets_are_not_taken_over_and_that_is_said():
    found = checked(
        ("Lake Ltd", "s1", "SE", 1, *(None,) * 3, None, 987654.5, *(None,) * 7, "risky", "leverage", "barred")
    )

    said = [issue.column for issue in found.issues if issue.code == "column-secret"]
    assert said == ["annual_value", "risk_tier", "kraljic_quadrant", "approval_status"]
    kept = json.dumps(found.to_json(), default=str)
    assert not [word for word in ("987654", "risky", "leverage", "barred") if word in kept]


def test_a_parent_that_names_no_row_is_told():
    found = checked(("Lake Ltd", "s1", "Atlantis", 2, "Nobody Ltd"))

    assert {(i.code, i.params["cell"]) for i in found.issues if i.row} == {
        ("ref-unknown", "E5"),
        ("value-not-allowed", "C5"),
    }


def _organisation(name: str, number: str, country: str, tier: str, parent: str) -> dict[str, str]:
    values = {"organisation_name": name, "organisation_id": number, "country": country}
    return values | {"tier": tier, "parent": parent}
