"""A warning where free text seems to hold what belongs to a person (law L28): said beside the answer, never a refusal."""

from __future__ import annotations

from flask import flash, request

from framework.ground.identifiers import looks_like_personal_data
from framework.ground.text import N_
from views.i18n import words

FREE_TEXT = frozenset(
    {
        "data_agreement",
        "description",
        "duration_justification",
        "equivalent_path",
        "estimate_motive",
        "evidence",
        "motive",
        "note",
        "price_mechanism",
        "price_text",
        "product_subset",
        "selection_process",
        "standstill_reason",
        "summary",
        "text",
    }
)
"""Names of the fields in which people write sentences."""

WARNINGS = {
    "mail": N_(
        "What you wrote seems to hold a mail address. Others read it: take it out if it belongs to a person. "
        "Names, contacts and words of workers never belong here."
    ),
    "phone": N_(
        "What you wrote seems to hold a telephone number. Others read it: take it out if it belongs to a person. "
        "Names, contacts and words of workers never belong here."
    ),
    "personal_number": N_(
        "What you wrote seems to hold a personal number. Others read it: take it out if it is one. "
        "Names, contacts and words of workers never belong here."
    ),
}


def warn() -> None:
    """Flash one warning for each kind of personal data that the form just sent seems to hold in its free text."""
    kinds = {looks_like_personal_data(text) for name in FREE_TEXT for text in request.form.getlist(name)}
    for kind, warning in WARNINGS.items():
        if kind in kinds:
            flash(words(warning), "warning")
