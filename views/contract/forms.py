"""The forms of agreements."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from framework.contract.drafting import LONGEST_NUMBER, LONGEST_TEXT, Terms
from framework.ground.terms import PRICE_MECHANISMS
from views.rounds.fields import DayField
from views.rounds.forms import CHOOSE, NEEDED, VersionedForm, choices


class AgreementForm(VersionedForm):
    """What the lead decides of an agreement."""

    award = HiddenField()
    number = StringField(
        _l("Number of the agreement"),
        [NEEDED, Length(max=LONGEST_NUMBER)],
        description=_l("No other agreement has it."),
    )
    starts_on = DayField(_l("First day"), blank="needed")
    ends_on = DayField(_l("Last day, without options"), blank="needed")
    price_mechanism = RadioField(_l("How prices are formed"), [CHOOSE])
    price_text = TextAreaField(
        _l("Prices in words"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("Name the index, the price list or the rule, with its day."),
    )
    brands = TextAreaField(
        _l("Brands on offer, one a line"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("The makers, not the reseller that tenders."),
    )

    def offer(self) -> AgreementForm:
        """Fill in the closed lists, in the reader's words."""
        self.price_mechanism.choices = choices(PRICE_MECHANISMS)
        return self

    def terms(self) -> Terms:
        """What was typed."""
        return Terms(
            self.number.data or "",
            self.starts_on.data,
            self.ends_on.data,
            self.price_mechanism.data or "",
            self.price_text.data or "",
            self.brands.data or "",
        )
