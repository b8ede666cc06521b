"""The sign-on as a record: one canonical text with its hash, so that a print can be compared with what is stored."""

from __future__ import annotations

from typing import Any

from framework.rounds import publication
from models.signons import SignOn

FACTS = (
    "eligibility_basis",
    "class_name",
    "mandate_type",
    "signed_by_name",
    "signed_by_title",
    "signed_on",
    "statement",
    "liaison_name",
    "liaison_email",
    "clause_commitment",
    "data_agreement_signed_on",
    "in_scope_spend_annual",
    "mandate_submitted_at",
    "confirmed_at",
)


def canonical(sign_on: SignOn) -> str:
    """The canonical text of a sign-on: JSON in UTF-8 and NFC, keys sorted, as that of the terms.

    What is done later with the membership (activation, suspension, fees) is no part of what was signed and confirmed.
    """
    return publication.text_of(_contents(sign_on))


def digest(sign_on: SignOn) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return publication.sha256(canonical(sign_on))


def _contents(sign_on: SignOn) -> dict[str, Any]:
    body, round_ = sign_on.organisation, sign_on.round
    mandate, proof = sign_on.mandate_file, sign_on.class_proof
    through = {"affiliated_via": sign_on.affiliated_via.name} if sign_on.affiliated_via is not None else {}
    return (
        {name: getattr(sign_on, name) for name in FACTS}
        | through
        | {
            "reference": sign_on.public_id,
            "round": round_.public_id,
            "lead": round_.organisation.name,
            "organisation": body.name,
            "registration_no": body.registration_no,
            "country": body.country,
            "mandate_sha256": mandate.sha256 if mandate is not None else None,
            "class_proof_sha256": proof.sha256 if proof is not None else None,
        }
    )
