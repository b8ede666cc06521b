"""What the pages about disclosure under agreements say: duties, states, gaps, and what to do next."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _
from flask_babel import ngettext

from framework.contract import duties, update_gaps
from framework.contract.update_gaps import BRAND
from framework.ground.terms import COMPONENT_TYPES, MINERALS, NOT_DISCLOSED_REASONS
from framework.ground.text import N_
from models.contract_disclosure import DUTY_KINDS, ContractSubmission, Duty, Gap
from views.i18n import date, number, state_words, words

TONES = {
    "overdue": "error",
    "refused": "error",
    "incomplete": "warn",
    "requested": "lever",
    "accepted": "good",
    "chain_refused": "good",
}
EXCUSED = {
    "not_applicable": N_("accepted: does not apply"),
    "supplier_refused": N_("accepted: refused by the chain"),
}


def kind_of(duty: Duty) -> str:
    """What a duty is called."""
    return words(duties.KINDS[duty.kind])


def kinds() -> list[tuple[str, str]]:
    """Every kind of duty with its name, for a filter."""
    return [(kind, words(duties.KINDS[kind])) for kind in DUTY_KINDS]


def state_of(state: str) -> tuple[str, str]:
    """A state in words, with its tone."""
    return state_words("submission_contract", state), TONES.get(state, "neutral")


def scope_of(duty: Duty) -> str:
    """Of what a duty asks: one brand, or all that is offered."""
    return _("Brand %(brand)s", brand=duty.brand) if duty.brand else _("All that you offer under this agreement")


def what_to_do(version: ContractSubmission, state: str, now: dt.datetime) -> str:
    """What the contractor does now, in a sentence."""
    match state:
        case "requested" if version.is_cure:
            return _("Complete what was returned, and send it until %(due)s, 24:00.", due=date(version.due_on))
        case "requested":
            left = (duties.ends(version) - now).days
            return ngettext(
                "Send it until %(due)s, 24:00: %(count)s day is left.",
                "Send it until %(due)s, 24:00: %(count)s days are left.",
                left,
                due=date(version.due_on),
                count=number(left),
            )
        case "overdue":
            return _("It was due on %(due)s. Send it now: every day counts.", due=date(version.due_on))
        case "received":
            return _("Your file is being read. There is nothing for you to do.")
        case "checked":
            return _("Your file was read. Look at its remarks; you can send a newer one until it is decided.")
        case "in_review":
            return _("The buyers look at it. You can still send a newer file.")
        case "incomplete":
            return _("It was returned. Look at what is open.")
        case "refused":
            return _("We could not take this file. Look at why, and send another.")
    return _("There is nothing for you to do.")


def gap_words(gap: Gap) -> tuple[str, str]:
    """What a gap is about: the model or brand, and what of it is open."""
    if gap.kind == BRAND:
        what = _("No model of this brand is named") if gap.brand else _("No model is named")
        return gap.brand or _("All that you offer under this agreement"), what
    about = f"{gap.brand} {gap.model_name}".strip()
    if gap.mineral:
        return about, _(
            "%(mineral)s: no smelter or refiner is named", mineral=words(MINERALS.get(gap.mineral, gap.mineral))
        )
    kind = gap.other_type or words(COMPONENT_TYPES.get(gap.component_type, gap.component_type))
    return about, _("%(component)s: no site is named", component=kind)


def said_words(gap: Gap) -> str:
    """The reason that the file gives, blank for none."""
    return words(NOT_DISCLOSED_REASONS.get(gap.said, gap.said)) if gap.said else ""


def proof_words(proof: update_gaps.Proof) -> str:
    """A request upstream as proof of a refusal."""
    told = {"reference": proof.reference, "asked": proof.asked, "day": date(proof.asked_on)}
    if proof.state == "refused":
        return _("%(reference)s: %(asked)s was asked on %(day)s and refused", **told)
    return ngettext(
        "%(reference)s: %(asked)s was asked on %(day)s, reminded %(count)s time, and stayed silent",
        "%(reference)s: %(asked)s was asked on %(day)s, reminded %(count)s times, and stayed silent",
        proof.reminders,
        count=number(proof.reminders),
        **told,
    )
