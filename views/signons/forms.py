"""The forms of sign-on."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import DataRequired, Email, Length, NumberRange, Optional

from framework.ground.terms import ELIGIBILITY_BASES, MANDATE_TYPES
from framework.ground.text import N_
from framework.signons import eligibility
from models.people import Organisation
from models.signons import SignOn
from views.i18n import words
from views.rounds.fields import AmountField

ACCEPT = ".pdf,.jpg,.jpeg,.png,.asice,.p7m"
REQUIRED = _("Fill this in.")


class MandateForm(FlaskForm):
    """The mandate: who signed, when, in which capacity, on what basis; every field says why it is asked."""

    document = FileField(
        _("Signed mandate"), description=_("The decision or power of attorney, as PDF, picture or signed container.")
    )
    signed_by_name = StringField(_("Signed by"), [DataRequired(REQUIRED), Length(max=200)])
    signed_by_title = StringField(
        _("In the capacity of"),
        [DataRequired(REQUIRED), Length(max=200)],
        description=_("For example mayor, director, head of procurement."),
    )
    signed_on = DateField(_("Signed on"), [DataRequired(_("Enter a date."))])
    mandate_type = RadioField(_("What the mandate says"), [DataRequired(_("Choose one."))])
    eligibility_basis = RadioField(_("Why you may buy through this round"), [DataRequired(_("Choose one."))])
    class_name = SelectField(
        _("Class you belong to"),
        [Optional()],
        description=_("Only where you join as one of a class named in the notice."),
    )
    class_proof = FileField(
        _("Proof of class or consortium"), description=_("Needed where you join through a class or a consortium.")
    )
    joins_through = SelectField(
        _("Consortium or network you join through"),
        [Optional()],
        description=_("Only where another body of this round brings you in."),
    )
    liaison_name = StringField(
        _("Liaison"), [DataRequired(REQUIRED), Length(max=200)], description=_("One named person the lead can turn to.")
    )
    liaison_email = EmailField(
        _("Mail address of the liaison"),
        [DataRequired(REQUIRED), Email(_("Enter a mail address such as name@example.org.")), Length(max=254)],
    )
    in_scope_spend_annual = AmountField(
        _("Yearly spend in scope"),
        [Optional(), NumberRange(min=0, message=_("Give a figure that is not below zero."))],
        description=_("Net of VAT. Leave empty where you do not know it: unknown is not zero."),
    )
    clause_commitment = BooleanField(_("We will use the clauses of this round in our call-offs"))
    data_agreement = BooleanField(_("We sign the data and confidentiality agreement of this round"))

    def offer(self, sign_on: SignOn, consortia: Iterable[Organisation]) -> MandateForm:
        """Put in the choices that this body has in its round."""
        round_ = sign_on.round
        self.mandate_type.choices = [SelectChoice(k, words(v)) for k, v in MANDATE_TYPES.items()]
        bases = eligibility.fitting(sign_on)
        self.eligibility_basis.choices = [SelectChoice(k, words(ELIGIBILITY_BASES[k])) for k in bases]
        self.class_name.choices = [
            SelectChoice("", "–"),
            *(SelectChoice(c.name, c.name) for c in round_.member_classes),
        ]
        self.joins_through.choices = [
            SelectChoice("", words(N_("none: we join by ourselves"))),
            *(SelectChoice(one.public_id, one.name) for one in consortia),
        ]
        return self
