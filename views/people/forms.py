"""The forms of people and organisations; each holds only the fields a person may set."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, IntegerField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from framework.ground.errors import InvalidInput
from framework.ground.labels import ROLE_LABELS
from framework.people import tokens
from framework.people.organisations import BODY_TYPE_LABELS, KIND_LABELS, SUPPLIER_KIND_LABELS
from models.people import Organisation, User
from views.i18n import LANGUAGES, sentence
from views.rounds.fields import MultiCheckboxField

NEEDED = InputRequired(_l("Fill this in."))
NOT_A_PLACE = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})


def at_field(form: FlaskForm, error: InvalidInput) -> None:
    """Show what a rule says at the field it is about, else on top of the form."""
    if error.field in form:
        field = form[error.field]
        field.errors = [*field.errors, sentence(error)]
    else:
        form.form_errors.append(sentence(error))


class SignInForm(FlaskForm):
    """Mail address and password."""

    email = EmailField(_l("Mail address"), [NEEDED])
    password = PasswordField(_l("Password"), [NEEDED])
    next = HiddenField()


class AskResetForm(FlaskForm):
    """The address to mail a link to."""

    email = EmailField(_l("Mail address"), [NEEDED])


class NewPasswordForm(FlaskForm):
    """A new password, typed once; the browser can show it."""

    password = PasswordField(
        _l("New password"), [NEEDED], description=_l("At least 10 characters. A sentence is easy to remember.")
    )


class ChangePasswordForm(NewPasswordForm):
    """The present password and a new one."""

    present = PasswordField(_l("Present password"), [NEEDED])


class AccountForm(FlaskForm):
    """Name, language and zone."""

    name = StringField(_l("Name"), [NEEDED])
    language = SelectField(
        _l("Language of pages and mails"),
        [NEEDED],
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
    )
    zone = SelectField(_l("Time zone"), [NEEDED], description=_l("Deadlines are shown in their own zone and in yours."))

    def __init__(self, user: User) -> None:
        super().__init__(obj=None, data={"name": user.name, "language": user.language, "zone": user.zone})
        zones = {z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "SystemV/"))}
        self.zone.choices = [SelectChoice(z, z.replace("_", " ")) for z in sorted(zones | {user.zone, "UTC"})]


class CodeForm(FlaskForm):
    """A code of the authenticator or a recovery code."""

    code = StringField(_l("Code"), [NEEDED])
    next = HiddenField()


class TokenForm(FlaskForm):
    """What a token is called, what it may do and how long it works."""

    name = StringField(
        _l("Name"), [NEEDED], description=_l("Where you use it, such as “ERP, test”. It stands in the list above.")
    )
    scopes = MultiCheckboxField(_l("What it may do"))
    days = IntegerField(
        _l("How many days it works"),
        [NEEDED, NumberRange(1, tokens.MOST_DAYS, _l("A token works for 1 to 365 days."))],
        default=tokens.DEFAULT_DAYS,
        description=_l("At most 365. Make a new one before it ends; both work side by side."),
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.scopes.choices = [SelectChoice(scope, gettext(words)) for scope, words in tokens.SCOPES.items()]


class AcceptForm(FlaskForm):
    """Name and password of a new account."""

    name = StringField(_l("Your name"), [NEEDED])
    password = PasswordField(
        _l("Password"), [NEEDED], description=_l("At least 10 characters. A sentence is easy to remember.")
    )


class InviteForm(FlaskForm):
    """The address to invite and the role it gets."""

    email = EmailField(_l("Mail address"), [NEEDED])
    role = SelectField(_l("Role"), [NEEDED])

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__()
        self.role.choices = [SelectChoice(role, gettext(ROLE_LABELS[role])) for role in allowed]


class OrganisationForm(FlaskForm):
    """What is known of an organisation."""

    name = StringField(_l("Name"), [NEEDED])
    kind = SelectField(_l("Kind"), [NEEDED])
    supplier_kind = SelectField(_l("Kind of supplier"), description=_l("For suppliers only."), validate_choice=False)
    body_type = SelectField(_l("Type of public body"), description=_l("For public bodies only."), validate_choice=False)
    country = SelectField(_l("Country"), [NEEDED])
    registration_no = StringField(_l("Registration number"))
    mail_domain = StringField(_l("Mail domain"), description=_l("For information; it grants nothing."))
    is_another = BooleanField(_l("This is another organisation than the one named above"))
    version = HiddenField()

    def __init__(self, organisation: Organisation | None = None) -> None:
        super().__init__(obj=organisation)
        self.kind.choices = _choices(KIND_LABELS, blank=organisation is None)
        if organisation is not None:
            self.kind.choices = [SelectChoice(organisation.kind, gettext(KIND_LABELS[organisation.kind]))]
        self.supplier_kind.choices = _choices(SUPPLIER_KIND_LABELS, blank=True)
        self.body_type.choices = _choices(BODY_TYPE_LABELS, blank=True)
        self.country.choices = [
            SelectChoice("", gettext("Choose a country")),
            *(SelectChoice(*place) for place in countries()),
        ]


def countries() -> list[tuple[str, str]]:
    """Countries in the reader's language, by name."""
    names = get_locale().territories
    places = [(code, name) for code, name in names.items() if len(code) == 2 and code not in NOT_A_PLACE]
    return sorted(places, key=lambda place: place[1])


def _choices(labels: dict[str, str], *, blank: bool) -> list[SelectChoice]:
    first = [SelectChoice("", gettext("Choose one"))] if blank else []
    return [*first, *(SelectChoice(key, gettext(label)) for key, label in labels.items())]
