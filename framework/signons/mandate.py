"""The mandate: what a body hands in, checked field by field, and the statement as it was signed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from framework.ground.errors import InvalidInput
from framework.ground.text import N_
from framework.signons import eligibility
from framework.signons.eligibility import NEEDS_PROOF
from models.people import Organisation
from models.records import StoredFile
from models.signons import ELIGIBILITY, SignOn


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What the member says and attaches. Money is net per year in the round's currency; None = unknown.

    `statement` is the text as shown to the signer, in the signer's language; `data_agreement`
    says that the confidentiality and data agreement of the round was signed with it (law L28). `affiliated_via` is the
    consortium or network through which the body joins, one of `lists.consortia`.
    """

    document: StoredFile | None
    signed_by_name: str
    signed_by_title: str
    signed_on: dt.date | None
    eligibility_basis: str
    mandate_type: str | None
    liaison_name: str
    liaison_email: str
    clause_commitment: bool
    data_agreement: bool
    statement: str
    class_name: str = ""
    class_proof: StoredFile | None = None
    in_scope_spend_annual: Decimal | None = None
    affiliated_via: Organisation | None = None

    def write(self, sign_on: SignOn, *, today: dt.date) -> None:
        """Put the facts into the record."""
        sign_on.mandate_file = self.document
        sign_on.class_proof = self.class_proof
        sign_on.affiliated_via = self.affiliated_via
        sign_on.data_agreement_signed_on = today if self.data_agreement else None
        for name in (
            "signed_by_name",
            "signed_by_title",
            "signed_on",
            "eligibility_basis",
            "mandate_type",
            "liaison_name",
            "liaison_email",
            "clause_commitment",
            "statement",
            "class_name",
            "in_scope_spend_annual",
        ):
            setattr(sign_on, name, getattr(self, name))


def require_complete(mandate: Mandate, sign_on: SignOn, *, today: dt.date) -> None:
    """Raise InvalidInput naming the first field that is missing or does not fit (records: SignOn; law L03, L06, L28)."""
    round_ = sign_on.round
    _require(mandate.document is not None, "mandate-missing", N_("Attach the signed mandate."), "document")
    _require(mandate.signed_by_name.strip(), "signatory-missing", N_("Say who signed."), "signed_by_name")
    _require(
        mandate.signed_by_title.strip(),
        "title-missing",
        N_("Say in which capacity that person signed."),
        "signed_by_title",
    )
    if mandate.signed_on is None:
        raise InvalidInput("signing-date-missing", N_("Say when it was signed."), field="signed_on")
    _require(mandate.signed_on <= today, "signed-in-future", N_("The signing date lies in the future."), "signed_on")
    _require(
        mandate.mandate_type is not None and mandate.mandate_type == round_.mandate_type,
        "mandate-type-differs",
        N_("The mandate is of another type than the one this round needs."),
        "mandate_type",
        rule="L06",
    )
    _require_basis(mandate, sign_on)
    _require(
        mandate.liaison_name.strip(), "liaison-missing", N_("Name the person the lead can turn to."), "liaison_name"
    )
    _require(
        "@" in mandate.liaison_email, "liaison-email-missing", N_("Give that person's mail address."), "liaison_email"
    )
    _require(
        mandate.clause_commitment,
        "no-clause-commitment",
        N_("Without the promise to use the clauses of this round nobody can sign on."),
        "clause_commitment",
    )
    _require(
        mandate.data_agreement,
        "no-data-agreement",
        N_("Without the data agreement nobody can sign on."),
        "data_agreement",
        rule="L28",
    )


def _require_basis(mandate: Mandate, sign_on: SignOn) -> None:
    _require(
        mandate.eligibility_basis in ELIGIBILITY,
        "basis-missing",
        N_("Say why the body is entitled."),
        "eligibility_basis",
    )
    if mandate.eligibility_basis == "class_in_notice":
        named = {one.name for one in sign_on.round.member_classes}
        _require(
            mandate.class_name in named,
            "class-not-named",
            N_("Choose a class that this round names."),
            "class_name",
            rule="L03",
        )
    _require(
        mandate.eligibility_basis in eligibility.fitting(sign_on),
        "basis-does-not-fit",
        eligibility.MISFITS.get(mandate.eligibility_basis, ""),
        "eligibility_basis",
        rule="L03",
    )
    if mandate.eligibility_basis in NEEDS_PROOF:
        _require(
            mandate.class_proof is not None,
            "class-proof-missing",
            N_("Attach the proof that the body belongs to the class or consortium."),
            "class_proof",
            rule="L03",
        )


def _require(holds: object, code: str, message: str, field: str, *, rule: str = "") -> None:
    if not holds:
        raise InvalidInput(code, message, field=field, rule=rule)
