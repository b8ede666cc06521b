"""The forms of rounds; each holds only the fields that belong to its part of set-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from framework.ground.errors import InvalidInput, RuleBroken
from views import guard
from views.i18n import joined, sentence, words
from views.rounds.fields import AmountField, CanWait, DayField, HourField, MultiCheckboxField, WholeField

NEEDED = InputRequired(_l("Fill this in."))
CHOOSE = InputRequired(_l("Choose one."))


def choices(terms: Mapping[str, Any], *, blank: str = "") -> list[SelectChoice]:
    """The choices of a closed list, in the reader's words; `blank` is the words of the empty choice."""
    listed = [SelectChoice(key, words(getattr(label, "label", label))) for key, label in terms.items()]
    return [SelectChoice("", blank), *listed] if blank else listed


def named(keys: Iterable[str], terms: Mapping[str, Any]) -> str:
    """The words of some keys of a closed list, in the reader's way; blank where there are none."""
    listed = [words(getattr(terms.get(key, key), "label", terms.get(key, key))) for key in keys]
    return joined(listed) if listed else ""


def answer(
    form: FlaskForm, act: Callable[[], object], location: Callable[[], str], message: str, again: Callable[[], str]
) -> Response | tuple[str, int]:
    """Do one act with a form: go on where it holds, else the page again with every answer kept and the rule said."""
    if not form.validate_on_submit():
        return again(), 422
    try:
        act()
        return guard.done(location(), message)
    except InvalidInput as error:
        guard.refused(error)
        at_field(form, error)
        return again(), error.status
    except RuleBroken as error:
        if error.status == 404:
            raise
        form.form_errors.append(guard.refused(error))
        return again(), error.status


def at_field(form: FlaskForm, error: InvalidInput) -> None:
    """Say a rule at the field it is about, else on top of the form."""
    said = sentence(error)
    if error.field in form:
        form[error.field].errors = [*form[error.field].errors, said]
    else:
        form.form_errors.append(said)


class NewRoundForm(FlaskForm):
    """A round from nothing."""

    name = StringField(_l("Name of the round"), [NEEDED, Length(max=200)], description=_l("For example Laptops 2027."))
    jurisdiction = RadioField(
        _l("Law that governs the round"),
        [CHOOSE],
        description=_l("Its figures are filled in; you confirm them before readiness."),
    )


class CopyForm(FlaskForm):
    """A round from an earlier one."""

    name = StringField(_l("Name of the new round"), [NEEDED, Length(max=200)])


class VersionedForm(FlaskForm):
    """A form that says which version of the terms it was made from."""

    version = HiddenField()

    def known_version(self) -> int:
        """The version; 0, which never fits, where the form has none."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class ScopeForm(VersionedForm):
    """What the round is and on which ground the members buy together."""

    name = StringField(_l("Name of the round"), [NEEDED, Length(max=200)])
    reference = StringField(_l("Own reference"), [Optional(), Length(max=60)])
    summary = TextAreaField(
        _l("What is bought, in a few sentences"), [CanWait()], description=_l("Suppliers read this first.")
    )
    jurisdiction = RadioField(_l("Law that governs the round"), [CHOOSE])
    mandate_type = RadioField(
        _l("How the members buy together"),
        [Optional()],
        description=_l("A mandate of another type cannot be confirmed (L06)."),
    )
    cross_border = BooleanField(_l("Members from more than one country"))
    currency = SelectField(_l("Currency"), [CHOOSE])
    value_estimated = AmountField(_l("Estimated value of the whole round, net"), [Optional()])
    value_maximum = AmountField(
        _l("Maximum value of the whole round, net"),
        [Optional()],
        description=_l("A hard stop over all lots and members, where you set one (L05)."),
    )


class MembersForm(VersionedForm):
    """Who may come in, and what binds lead and members."""

    open_to_applications = BooleanField(_l("Buyers may apply without an invitation"))
    data_agreement = TextAreaField(
        _l("Data agreement between lead and members"),
        [CanWait()],
        description=_l("What each may do with the data of the others and of suppliers. No names or words of workers."),
    )
    retention_years = WholeField(
        _l("Years that records are kept"),
        [CanWait()],
        description=_l("Ask your archivist; there is no default (L28)."),
    )


class ClassForm(FlaskForm):
    """A class of buyers named in the notice."""

    name = StringField(
        _l("Class"),
        [NEEDED, Length(max=200)],
        description=_l("A buyer of this class may still join after publication (L03)."),
    )
    description = TextAreaField(
        _l("How a buyer is recognised as one of this class"),
        [NEEDED],
        description=_l("Public: it stands in the terms and on the page of who takes part."),
    )


class DatesForm(VersionedForm):
    """Every date of the round, in one zone."""

    zone = SelectField(_l("Time zone of the deadlines"), [CHOOSE])
    signon_deadline_date = DayField(_l("Signing on ends: date"))
    signon_deadline_time = HourField(_l("Signing on ends: time"))
    demand_deadline_date = DayField(_l("Demand ends: date"))
    demand_deadline_time = HourField(_l("Demand ends: time"))
    planned_publication_on = DayField(_l("Planned day of publication"))
    questions_until_date = DayField(_l("Last question: date"))
    questions_until_time = HourField(_l("Last question: time"))
    tender_deadline_date = DayField(_l("Tender deadline: date"))
    tender_deadline_time = HourField(_l("Tender deadline: time"))
    term_starts_on = DayField(_l("First day of the framework"))
    term_ends_on = DayField(_l("Last day of the framework, without options"))
    option_months = WholeField(_l("Options, in months in all"), [Optional()])
    duration_justification = TextAreaField(
        _l("Why the term is longer than the limit"),
        [Optional()],
        description=_l("Needed only above the limit; it is printed in the published terms (L01)."),
    )
    first_audit_on = DayField(
        _l("First planned audit"),
        blank="optional",
        description=_l("At least 12 months of the term should remain after it."),
    )


INSTANTS = ("signon_deadline", "demand_deadline", "questions_until", "tender_deadline")
DAYS = ("planned_publication_on", "term_starts_on", "term_ends_on", "first_audit_on")


class LotForm(VersionedForm):
    """A lot: fixed once demand is open."""

    code = StringField(_l("Code"), [Optional(), Length(max=40)], description=_l("For example L1."))
    name = StringField(_l("Name"), [NEEDED, Length(max=200)])
    cpv_code = StringField(_l("CPV code"), [NEEDED])
    categories = MultiCheckboxField(_l("Categories"))
    unit = SelectField(_l("Unit"), [CHOOSE])
    spec_tiers = TextAreaField(
        _l("Specification tiers"),
        [Optional()],
        description=_l("One per line, for example basic, standard, heavy. Leave blank where there are none."),
    )
    years = WholeField(_l("Contract years that demand is declared for"), [NEEDED])


class FiguresForm(VersionedForm):
    """The two figures of a lot and its call-off route."""

    qty_estimated = WholeField(_l("Estimated quantity"), [CanWait()])
    qty_maximum = WholeField(_l("Maximum quantity"), [CanWait()])
    value_estimated = AmountField(_l("Estimated value, net"), [Optional()])
    value_maximum = AmountField(_l("Maximum value, net"), [Optional()])
    estimate_motive = TextAreaField(
        _l("Why the estimate differs from the pooled demand"),
        [Optional()],
        description=_l("Needed only where it does."),
    )
    call_off_route = RadioField(
        _l("How members call off"), [Optional()], description=_l("Fixed before publication (L20).")
    )


class DisclosureForm(VersionedForm):
    """What a lot asks suppliers to disclose."""

    required_components = MultiCheckboxField(_l("Component types whose sites are asked for"))
    asked_tiers = RadioField(_l("How deep"), [CHOOSE], coerce=int)
    minerals = MultiCheckboxField(_l("Minerals whose smelters are asked for"))
    asks_mines = BooleanField(_l("Also ask for the mines"))
    product_subset = StringField(
        _l("Which products the disclosure covers"),
        [CanWait(), Length(max=200)],
        description=_l("Models of this lot, never the whole company (L18). For example: every model offered."),
    )


class CriterionForm(VersionedForm):
    """A criterion in exactly one of four places."""

    name = StringField(_l("Name"), [NEEDED, Length(max=200)])
    description = TextAreaField(_l("What is asked, and how it is judged"), [Optional()])
    place = RadioField(
        _l("Place"),
        [CHOOSE],
        description=_l("Selection looks at the bidder, award at the bid; the same matter is not scored twice (L14)."),
    )
    lot = SelectField(_l("Lot"), [Optional()])
    weight = AmountField(_l("Weight, in per cent"), [Optional()], description=_l("Award criteria only."))
    formula = SelectField(_l("Formula"), [Optional()], description=_l("Award criteria only."))
    is_label = BooleanField(_l("It asks for a label"))
    equivalent_path = TextAreaField(
        _l("What is accepted instead of the label"),
        [Optional()],
        description=_l("Needed for every label: equivalent labels and other proof (L12)."),
    )


class ClauseForm(VersionedForm):
    """A clause as it will be published."""

    title = StringField(_l("Title"), [NEEDED, Length(max=200)])
    text = TextAreaField(_l("Text"), [NEEDED])
    place = RadioField(_l("Place"), [CHOOSE])
    notice_reference = StringField(
        _l("Where the notice refers to it"),
        [CanWait(), Length(max=100)],
        description=_l("For example: section VI.3, page 4."),
    )


class LadderForm(ClauseForm):
    """The clause of the sanction ladder, with its penalty."""

    penalty = BooleanField(_l("The ladder holds a penalty"))
    penalty_rate = AmountField(_l("Amount for each started week"), [Optional()])
    penalty_max_weeks = WholeField(_l("Highest number of weeks"), [Optional()])
    notice_days = WholeField(_l("Notice of termination, in days"), [Optional()])


class MotiveForm(FlaskForm):
    """An act that must say why."""

    motive = TextAreaField(_l("Why"), [NEEDED], description=_l("Stays in the record."))


class InstantForm(FlaskForm):
    """A date and a time in the zone of the round."""

    when_date = DayField(_l("Date"), blank="needed")
    when_time = HourField(_l("Time"), blank="needed")


class DeadlineForm(MotiveForm, InstantForm):
    """A new deadline and why."""


class NoticeForm(FlaskForm):
    """The reference of the published notice."""

    notice_reference = StringField(
        _l("Reference of the notice"), [NEEDED, Length(max=100)], description=_l("As the official journal gives it.")
    )


class OutageForm(FlaskForm):
    """An interruption of service, times in UTC."""

    from_date = DayField(_l("Began: date (UTC)"), blank="needed")
    from_time = HourField(_l("Began: time (UTC)"), blank="needed")
    to_date = DayField(_l("Ended: date (UTC)"), blank="optional")
    to_time = HourField(_l("Ended: time (UTC)"), blank="optional")
    note = TextAreaField(_l("What happened"), [Optional()])


class OutageEndForm(FlaskForm):
    """When an outage ended, in UTC."""

    ended_date = DayField(_l("Ended: date (UTC)"), blank="needed")
    ended_time = HourField(_l("Ended: time (UTC)"), blank="needed")


class QuestionForm(FlaskForm):
    """A question of a supplier."""

    text = TextAreaField(
        _l("Your question"),
        [NEEDED, Length(max=4000)],
        description=_l(
            "Write it without names: the lead publishes it, reworded where needed, and never says who asked."
        ),
    )


class AnswerForm(VersionedForm):
    """The lead's wording of question and answer."""

    question = TextAreaField(
        _l("Question, as everybody will read it"),
        [NEEDED, Length(max=4000)],
        description=_l("Take out whatever shows who asked. The words of the asker are kept beside it."),
    )
    answer = TextAreaField(_l("Answer"), [Optional(), Length(max=8000)])


class PublishForm(VersionedForm):
    """What is said when an answer is published."""

    reason = TextAreaField(
        _l("Why it is corrected"), [Optional(), Length(max=1000)], description=_l("Everybody reads it.")
    )
    names_seen = BooleanField(_l("These words may stand: they do not show who asked"))
