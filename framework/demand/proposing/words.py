"""The words under which a workbook with the demand of many members says whose a row is, and of which lot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from framework.demand.lines import LABELS
from framework.ground.quantity_words import norm
from framework.ground.text import N_
from framework.signons.sheet import words as bodies

NAME, NUMBER, REFERENCE, LOT = "member", "registration_no", "reference", "lot"
WHOSE = {
    NAME: N_("Member"),
    NUMBER: N_("Registration number"),
    REFERENCE: N_("Reference"),
    LOT: N_("Lot"),
}
"""The columns before those of a line, in the order in which we write them."""
COLUMNS = WHOSE | LABELS

_LOT_WORDS = (
    "lot lots lotnumber lotno lotcode lotname perceel perceelnummer perceelnaam kavel "
    "anbudsområde delområde anbudsdel los losnummer"
)
_BODY_FIELDS = {"name": NAME, "registration_no": NUMBER, "reference": REFERENCE}


@cache
def headers() -> Mapping[str, str]:
    """Compared form of a header to the column it names, for the columns of WHOSE."""
    found = {norm(word): LOT for word in _LOT_WORDS.split()}
    for field, column in _BODY_FIELDS.items():
        found |= {norm(word): column for word in bodies.headers_of(field)}
    return found | {norm(label): key for key, label in WHOSE.items()}
