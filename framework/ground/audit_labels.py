"""What an event says in a sentence: by its kind, else by the states it moved between, else by its kind's own name."""

from __future__ import annotations

from typing import Any

from framework.ground.audit import SUMMED
from framework.ground.labels import state_label
from framework.ground.text import N_
from models.records import AuditEvent

KINDS: dict[str, str] = {
    "round.create": N_("created the round"),
    "round.publish": N_("published the round"),
    "round.cancel": N_("cancelled the round"),
    "round.edit_terms": N_("changed the terms: %(part)s"),
    "round.move_deadline": N_("moved the tender deadline"),
    "proposal.made": N_("proposed “%(act)s”, which waits for a second person"),
    "proposal.confirmed": N_("confirmed “%(act)s” as the second person"),
    "proposal.withdrawn": N_("withdrew the proposal “%(act)s”"),
    "opening.confirmed": N_("confirmed the opening as opener %(given)s of %(needed)s"),
    "demand.edited": N_("edited demand: %(added)s lines added, %(changed)s changed, %(removed)s removed"),
    "demand.reminded": N_("reminded members: %(members)s"),
    "invitation.sent": N_("invited a person as %(role)s"),
    "invitation.revoked": N_("withdrew an invitation as %(role)s"),
    "invitation.accepted": N_("accepted an invitation as %(role)s"),
    "organisation.created": N_("added an organisation"),
    "organisation.edited": N_("changed an organisation"),
    "outage.recorded": N_("recorded an interruption of service"),
    "role.granted": N_("gave the role %(role)s"),
    "role.withdrawn": N_("withdrew the role %(role)s"),
    "second_factor.enrolled": N_("set up a second factor"),
    "second_factor.given": N_("gave the second factor"),
    "second_factor.recovery_codes_made": N_("made new recovery codes"),
    "session.started": N_("signed in"),
    "session.ended": N_("signed out"),
    "session.organisation_switched": N_("now acts for another organisation"),
    "user.created": N_("made an account"),
    "user.edited": N_("changed an account"),
    "user.disabled": N_("closed an account"),
    "user.enabled": N_("opened an account again"),
    "user.password_changed": N_("changed the password"),
    "user.reset_asked": N_("asked for a new password"),
    "sign_on.invite": N_("invited a body"),
    "sign_on.apply": N_("asked to join"),
    "sign_on.submit_mandate": N_("handed in a mandate"),
    "sign_on.confirm": N_("confirmed a body"),
    "sign_on.refuse": N_("refused a body"),
    "sign_on.return_mandate": N_("returned a mandate"),
    "sign_on.formalities_recorded": N_("recorded fee and registration of a body"),
    SUMMED: N_("was refused more attempts in one minute: %(count)s"),
    "chain.built": N_("rebuilt the supply chain of the round"),
}

ENTITIES: dict[str, str] = {
    "round": N_("Round"),
    "sign_on": N_("Sign-on"),
    "demand": N_("Demand"),
    "submission_tender": N_("Submission"),
    "submission_contract": N_("Disclosure"),
    "assessment": N_("Assessment"),
    "verdict": N_("Verdict"),
    "finding": N_("Finding"),
    "action": N_("Action"),
    "call_off": N_("Call-off"),
    "agreement": N_("Agreement"),
    "request": N_("Request"),
    "supplier_return": N_("Return"),
}

PROPOSED: dict[tuple[str, str], str] = {
    ("demand", "submit"): N_("handing in demand"),
    ("round", "approve_readiness"): N_("the readiness of the round"),
    ("round", "publish"): N_("the publication"),
    ("round", "move_deadline"): N_("a later deadline"),
    ("round", "cancel"): N_("the cancellation"),
    ("round", "reopen_after_outage"): N_("the reopening of receipt"),
}
"""What a proposal was about, by its record and act, in the words of the page where it is confirmed."""

DENIED = N_("was refused an attempt: %(what)s (%(code)s)")
DENIED_BY_RULE = N_("was refused an attempt: %(what)s (%(code)s, rule %(rule)s)")
MOVED = N_("%(label)s: from “%(source)s” to “%(state)s”")
MADE = N_("%(label)s: new, “%(state)s”")


def sentence_of(event: AuditEvent) -> tuple[str, dict[str, Any]]:
    """The template and its parameters. Names of states and things are templates of their own, to be translated."""
    if event.outcome == "denied" and event.kind != SUMMED:
        rule = str(event.data.get("rule") or "")
        what = event.kind.removesuffix(".denied")
        facts = {"what": what, "code": event.data.get("code", ""), "rule": rule}
        return (DENIED_BY_RULE if rule else DENIED), facts
    if event.kind in KINDS:
        return KINDS[event.kind], _in_words(event)
    entity = event.kind.rsplit(".", 1)[0]
    if entity in ENTITIES and event.to_state:
        facts = {"label": ENTITIES[entity], "state": state_label(entity, event.to_state)}
        if not event.from_state:
            return MADE, facts
        return MOVED, facts | {"source": state_label(entity, event.from_state)}
    return "%(kind)s", {"kind": event.kind}


def _in_words(event: AuditEvent) -> dict[str, Any]:
    """The facts of an event; the act of a proposal in plain words."""
    facts = dict(event.data)
    if event.kind.startswith("proposal."):
        act = str(facts.get("act", ""))
        facts["act"] = PROPOSED.get((str(facts.get("entity", "")), act), act)
    return facts
