"""What an event says in a sentence: by its kind, else by the states it moved between, else by its kind's own name."""

from __future__ import annotations

from functools import cache
from typing import Any

from framework.ground.act_labels import act_label
from framework.ground.audit import SUMMED
from framework.ground.labels import state_label
from framework.ground.lifecycle import moves
from framework.ground.permissions import TABLE, Permission
from framework.ground.refusal_labels import refusal_label
from framework.ground.text import N_
from models.records import AuditEvent

KINDS: dict[str, str] = {
    "site.answered": N_("answered whether a description is a known site: %(verdict)s"),
    "site.question_settled": N_("settled another question about a site by an answer"),
    "site.put_off": N_("put a question about a site off"),
    "site.proposed": N_("proposed sites of the whole base that may be one: %(questions)s questions"),
    "site.merged": N_("said that two sites are one"),
    "site.split": N_("took descriptions out of a site into one of their own"),
    "site.moved": N_("moved descriptions from a site to another"),
    "site.named": N_("typed another name of a site: %(name)s"),
    "site.unnamed": N_("removed a typed name of a site: %(name)s"),
    "request.reminded": N_("reminded of a request upstream (%(step)s)"),
    "request.draft_saved": N_("saved a draft of an answer: %(rows)s rows"),
    "request.taken_over": N_("took earlier or returned answers into the draft: %(rows)s rows"),
    "request.accepted": N_("took answers of a request over: %(rows)s"),
    "request.acceptance_undone": N_("took the taking over of answers back: %(rows)s"),
    "request.version_made": N_("made a version of its disclosure with answers taken over: %(rows)s"),
    "request.library_asked": N_("asked for a link to its earlier answers"),
    "site.undone": N_("took a decision about a site back"),
    "contradictions.found": N_("found contradictions: %(new)s new, %(again)s that hold again, %(settled)s settled"),
    "contradictions.accepted": N_("accepted all open contradictions of one kind, %(count)s"),
    "contradictions.undone": N_("took the acceptance of all contradictions of one kind back, %(count)s"),
    "contradiction.accepted": N_("accepted a contradiction"),
    "contradiction.dismissed": N_("dismissed a contradiction"),
    "contradiction.undone": N_("took a decision about a contradiction back"),
    "factory_list.loaded": N_("loaded the factory list of %(label)s of %(day)s: %(rows)s rows, %(left_out)s left out"),
    "factory_list.withdrawn": N_("took the factory list of %(label)s of %(day)s back"),
    "factory_listing.matched": N_("said which site row %(row)s of the list of %(label)s is: %(name)s, %(brand)s"),
    "factory_listing.declined": N_(
        "said that row %(row)s of the list of %(label)s is no site here: %(name)s, %(brand)s"
    ),
    "factory_listing.undone": N_(
        "took back what was said of row %(row)s of the list of %(label)s: %(name)s, %(brand)s"
    ),
    "registry.loaded": N_("loaded the registry %(scheme)s of %(day)s: %(entries)s entries"),
    "not_applicable.accepted": N_("accepted as not applicable: %(count)s models of tender %(receipt)s"),
    "not_applicable.undone": N_(
        "took back what was accepted as not applicable: %(count)s models of tender %(receipt)s"
    ),
    "conflict_statement.given": N_("said where a conflict of interest is and signed the undertaking"),
    "conflict.stated": N_("stated a conflict of interest; %(taken_out)s assessments were taken out"),
    "conflict.lifted": N_("took a conflict of interest back that was stated by mistake"),
    "sign_on.registered": N_("registered the body for call-offs"),
    "agreement.edited": N_("changed the draft of an agreement"),
    "appointment.made": N_("named a person to judge"),
    "appointment.withdrawn": N_("withdrew a person named to judge"),
    "evaluator_profile.changed": N_("changed what an evaluator can take on"),
    "evaluator_profile.due_set": N_("set the day by which an evaluator is asked to be done: %(due_on)s"),
    "judging.reminded": N_("reminded an evaluator of what is left to judge (%(step)s)"),
    "items.languages_set": N_("set the languages of %(count)s items of tender %(receipt)s"),
    "assessment.saved": N_("saved an own assessment"),
    "assessment.sheet_taken": N_("saved own assessments from a workbook: %(count)s"),
    "assessment.looked": N_("looked at what the others found of a tender: %(count)s own assessments"),
    "remark.written": N_("wrote a remark in the discussion"),
    "remark.struck": N_("struck an own remark through"),
    "ranking.counted": N_("counted points and ranking of %(lots)s lots; of %(unknown)s it is unknown"),
    "meeting.item_shown": N_("showed an item to everybody in the meeting"),
    "meeting.ended": N_("ended the meeting"),
    "items.listed": N_("listed what is to be judged"),
    "selection.admitted": N_("admitted the bidder"),
    "selection.excluded": N_("excluded the bidder"),
    "clarification.asked": N_("asked a supplier about its own rows, %(items)s"),
    "clarification.answered": N_("answered a question about the tender"),
    "clarification.closed": N_("closed a question to a supplier"),
    "api_token.created": N_("made a token for programs: %(name)s"),
    "api_token.revoked": N_("revoked a token for programs: %(name)s"),
    "api_token.ended": N_(
        "ended a token for programs with a new password, a closed account or a withdrawn role: %(name)s"
    ),
    "round.create": N_("created the round"),
    "round.publish": N_("published the round"),
    "round.cancel": N_("cancelled the round"),
    "round.edit_terms": N_("changed the terms: %(part)s"),
    "round.move_deadline": N_("moved the tender deadline"),
    "proposal.made": N_("proposed “%(act)s”, which waits for a second person"),
    "proposal.confirmed": N_("confirmed “%(act)s” as the second person"),
    "proposal.withdrawn": N_("withdrew the proposal “%(act)s”"),
    "opening.confirmed": N_("confirmed the opening as opener %(given)s of %(needed)s"),
    "opening.share_given_again": N_("gave the share again that a restart lost, opener %(given)s of %(needed)s"),
    "opener_key.made": N_("chose a passphrase as opener"),
    "opener_key.made_anew": N_("chose a passphrase as opener anew; the one before is void"),
    "opener_key.shown": N_("had the own recovery sheet shown again"),
    "opener_key.removed": N_("removed the key of a person who is no opener any more"),
    "opener_key.dealt": N_(
        "made the key of the round and dealt it: %(shares)s shares, any %(needed)s of which open; public key %(public_key)s"
    ),
    "demand.edited": N_("edited demand: %(added)s lines added, %(changed)s changed, %(removed)s removed"),
    "department.figures_saved": N_(
        "saved what a department needs (declaration %(demand)s): %(figures)s figures, %(removed)s removed"
    ),
    "department.added": N_("added departments: %(count)s"),
    "department.edited": N_("changed a department: %(fields)s"),
    "department.archived": N_("put a department away or back (put away: %(archived)s)"),
    "demand.reminded": N_("reminded members: %(members)s"),
    "sign_on.reminded": N_("reminded buyers to answer or to hand in the mandate: %(members)s (%(step)s)"),
    "sign_on.evaluator_offered": N_("offered a person as evaluator"),
    "sign_on.evaluator_taken_back": N_("offers a person as evaluator no longer"),
    "costs.saved": N_("saved the draft of joint costs, version %(version_no)s: %(items)s costs"),
    "costs.proposed": N_("proposed joint costs, version %(version_no)s: %(items)s costs over %(members)s members"),
    "costs.withdrawn": N_("withdrew the proposal of joint costs, version %(version_no)s"),
    "costs.agreed": N_("agreed to its share of joint costs, version %(version_no)s"),
    "costs.objected": N_("objected to its share of joint costs, version %(version_no)s"),
    "costs.reminded": N_("reminded members of joint costs: %(members)s"),
    "costs.spend_stated": N_("stated its yearly spend in scope"),
    "brief.published": N_("published leverage brief %(number)s (readers: %(audience)s)"),
    "brief.withdrawn": N_("withdrew leverage brief %(number)s: %(reason)s"),
    "market_figure.entered": N_("entered a market figure of lot %(lot)s: %(units_per_year)s a year (%(source)s)"),
    "market_figure.withdrawn": N_("took the market figure of lot %(lot)s back"),
    "brief_consent.given": N_("agreed that briefs name it before publication"),
    "brief_consent.refused": N_("said that no brief may name it before publication"),
    "demand.suggestion_put_aside": N_("said that a figure which looked odd is meant"),
    "demand.sheet_sent": N_("sent a list with the demand of many members"),
    "demand.proposed": N_(
        "proposed figures to %(members)s members: %(lines)s lines of %(rows)s rows; rows left out: %(left_out)s"
    ),
    "demand.proposal_taken": N_("took over what the lead proposed: %(lines)s lines"),
    "demand.proposal_put_aside": N_("put aside what the lead proposed"),
    "invitation.sent": N_("invited a person as %(role)s"),
    "invitation.revoked": N_("withdrew an invitation as %(role)s"),
    "invitation.accepted": N_("accepted an invitation as %(role)s"),
    "organisation.created": N_("added an organisation"),
    "organisation.edited": N_("changed an organisation"),
    "outage.recorded": N_("recorded an interruption of service"),
    "outage.ended": N_("recorded the end of an interruption of service"),
    "round.outage_warned": N_("warned of an interruption of service near the tender deadline"),
    "round.answer_question": N_("published answer %(number)s to everybody, version %(version_no)s"),
    "round.prices_arranged": N_(
        "said who is asked for indicative prices (suppliers: %(asked)s) and who sees them (members: %(shown)s); mails: %(told)s"
    ),
    "price_list.given": N_("gave indicative price list %(version_no)s: %(steps)s steps, in %(currency)s"),
    "price_list.withdrawn": N_("withdrew indicative price list %(version_no)s"),
    "exchange_rate.set": N_("entered a rate: 1 %(currency)s is %(rate)s %(to_currency)s on %(on_date)s"),
    "question.asked": N_("asked a question about the tender"),
    "question.withdrawn": N_("took a question about the tender back"),
    "public_answer.drafted": N_("began an answer to everybody"),
    "public_answer.saved": N_("changed the draft of an answer to everybody"),
    "public_answer.discarded": N_("put the draft of an answer to everybody aside"),
    "public_answer.restored": N_("took the draft of an answer to everybody up again"),
    "public_answer.joined": N_("let further questions belong to an answer to everybody"),
    "calendar_feed.made": N_("made a calendar link"),
    "calendar_feed.revoked": N_("revoked a calendar link"),
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
    "sign_on.sheet_taken": N_(
        "took a sheet of bodies over: %(invited)s of %(rows)s rows invited, %(left_out)s left out"
    ),
    "sign_on.formalities_recorded": N_("recorded fee and registration of a body"),
    "round.lots_taken": N_("took a sheet of lots over: %(added)s of %(rows)s rows added, %(left_out)s left out"),
    "round.members_shown": N_("put the page of who takes part up for everybody"),
    "round.members_hidden": N_("took the public page of who takes part down"),
    SUMMED: N_("was refused more attempts in one minute: %(count)s"),
    "smelters.loaded": N_("loaded the list of smelters of %(source)s, %(day)s: %(names)s names"),
    "submission_tender.reading_stopped": N_("stopped the reading of a submission"),
    "submission_tender.reading_taken_up": N_("took the reading of a submission up again"),
    "submission_tender.comparison_asked": N_("asked to compare a submission with version %(with_version)s"),
    "submission_contract.comparison_asked": N_("asked to compare a disclosure with version %(with_version)s"),
    "submission_contract.gaps_excused": N_("decided on lines of a disclosure that stay open: %(gaps)s"),
    "submission_contract.yearly_moved": N_("moved the next yearly confirmation to %(due_on)s"),
    "submission_tender.mended": N_("mended cells of a submission: %(cells)s"),
    "submission_tender.mending_set_aside": N_(
        "set the mending of cells aside, as the file could not be read with it: %(cells)s"
    ),
    "submission_tender.undoing_set_aside": N_(
        "let the mending of cells stand again, as the file could not be read without it: %(cells)s"
    ),
    "submission_tender.mending_undone": N_("took the mending of cells back: %(cells)s"),
    "submission_tender.products_tied": N_("tied products of a list to models on offer: %(products)s"),
    "submission_tender.products_tie_undone": N_("took the tying of products back: %(products)s"),
    "submission_tender.columns_shared": N_("shared how the columns of an opened list are read: %(columns)s"),
    "submission_tender.columns_unshared": N_("ended the sharing of how an opened list is read: %(columns)s"),
    "file.quarantined": N_("put a file into quarantine, as the virus scanner found something in it"),
    "supplier.invited": N_("invited a supplier"),
    "supplier.uninvited": N_("withdrew the invitation of a supplier"),
    "record.verified": N_("checked the record: %(events)s events follow from one another"),
    "record.head_made": N_("signed the head of the record over %(size)s entries"),
    "key.taken_up": N_("took up the key that signs, fingerprint %(fingerprint)s"),
    "chain.built": N_("rebuilt the supply chain of the round"),
    "award_decision.drafted": N_("wrote award decision %(number)s: %(awards)s awards in %(lots)s lots"),
    "award_decision.reasons_written": N_("wrote reasons of award decision %(number)s: %(count)s"),
    "award_decision.mandate_recorded": N_("answered award decision %(number)s for %(member)s: %(answer)s"),
    "award_decision.members_asked": N_(
        "asked members for their answers to award decision %(number)s; mails: %(count)s"
    ),
    "award_decision.gone_on": N_("said why award decision %(number)s goes on without every member's yes"),
    "award_letter.channel_set": N_("said how an award letter leaves"),
    "award_letter.posted": N_("noted that an award letter left on %(left_on)s"),
    "challenge.recorded": N_("recorded a challenge before %(body)s, lodged on %(lodged_on)s"),
    "challenge.ended": N_("recorded the outcome of a challenge"),
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
    ("round", "reopen_judging"): N_("the reopening of the judging"),
    ("round", "announce_award"): N_("the announcement of the award"),
    ("round", "withdraw_award"): N_("the withdrawal of the award"),
    ("round", "resume_standstill"): N_("the end of a challenge: the standstill goes on"),
    ("round", "set_aside_award"): N_("the setting aside of the award"),
    ("round", "order_rejudging"): N_("a new evaluation, as was ordered"),
    ("submission", "exclude"): N_("the exclusion of a bidder"),
    ("agreement", "sign"): N_("the signature of an agreement"),
    ("agreement", "terminate"): N_("the termination of an agreement"),
}
"""What a proposal was about, by its record and act, in the words of the page where it is confirmed."""

DENIED = N_("was refused an attempt: %(what)s (%(why)s)")
DENIED_BY_RULE = N_("was refused an attempt: %(what)s (%(why)s; rule %(rule)s)")
PART_LABELS: dict[str, str] = {
    "scope": N_("Scope"),
    "lots": N_("Lots"),
    "figures": N_("Quantities and values"),
    "disclosure": N_("Disclosure"),
    "members": N_("Members"),
    "clauses": N_("Clauses"),
    "criteria": N_("Award criteria"),
    "dates": N_("Dates"),
    "rules": N_("Rules"),
}
"""Parts of the terms, as the record names what was changed."""
REFUSED = N_("Refused: %(what)s")
NAMED = N_("%(label)s: %(act)s")
SOMETHING = N_("something on a page")
OTHER_ATTEMPTS: dict[str, str] = {
    "session.start": N_("sign in"),
    "second_factor.give": N_("give the second factor"),
    "api_token.use": N_("call with a token"),
    "opener_key.unlock": N_("give the passphrase of an opener"),
}
"""Attempts that are neither a permission nor an act of the lifecycle."""
KIND_NAMES: dict[str, str] = {
    "award_decision.drafted": N_("wrote an award decision"),
    "award_decision.reasons_written": N_("wrote reasons of an award decision"),
    "award_decision.mandate_recorded": N_("answered an award decision for a member"),
    "award_decision.members_asked": N_("asked members for their answers to an award decision"),
    "award_decision.gone_on": N_("said why an award decision goes on without every member's yes"),
    "award_letter.posted": N_("noted when an award letter left"),
    "challenge.recorded": N_("recorded a challenge"),
    "costs.saved": N_("saved the draft of joint costs"),
    "costs.proposed": N_("proposed joint costs"),
    "costs.withdrawn": N_("withdrew the proposal of joint costs"),
    "costs.agreed": N_("agreed to its share of joint costs"),
    "costs.objected": N_("objected to its share of joint costs"),
    "costs.reminded": N_("reminded members of joint costs"),
    "round.answer_question": N_("published an answer to everybody"),
    "round.prices_arranged": N_("said who is asked for indicative prices and who sees them"),
    "price_list.given": N_("gave an indicative price list"),
    "price_list.withdrawn": N_("withdrew an indicative price list"),
    "exchange_rate.set": N_("entered a rate of a currency"),
    "api_token.created": N_("made a token for programs"),
    "api_token.revoked": N_("revoked a token for programs"),
    "conflict.stated": N_("stated a conflict of interest"),
    "sign_on.sheet_taken": N_("took a sheet of bodies over"),
    "round.lots_taken": N_("took a sheet of lots over"),
    "assessment.sheet_taken": N_("saved own assessments from a workbook"),
    "assessment.looked": N_("looked at what the others found of a tender"),
    "ranking.counted": N_("counted points and ranking"),
    "evaluator_profile.due_set": N_("set the day by which an evaluator is asked to be done"),
    "items.languages_set": N_("set the languages of items"),
    "round.edit_terms": N_("changed the terms"),
    "opener_key.dealt": N_("made the key of a round and dealt it to its openers"),
    "opening.share_given_again": N_("gave a share again that a restart lost"),
    "proposal.made": N_("proposed something that waits for a second person"),
    "proposal.confirmed": N_("confirmed something as the second person"),
    "proposal.withdrawn": N_("withdrew a proposal"),
    "opening.confirmed": N_("confirmed the opening"),
    "brief.published": N_("published a leverage brief"),
    "brief.withdrawn": N_("withdrew a leverage brief"),
    "market_figure.entered": N_("entered a market figure"),
    "market_figure.withdrawn": N_("took a market figure back"),
    "demand.edited": N_("edited demand"),
    "department.figures_saved": N_("saved what a department needs"),
    "department.added": N_("added departments"),
    "department.edited": N_("changed a department"),
    "department.archived": N_("put a department away or back"),
    "demand.reminded": N_("reminded members"),
    "sign_on.reminded": N_("reminded buyers to answer or to hand in the mandate"),
    "sign_on.evaluator_offered": N_("offered an evaluator"),
    "sign_on.evaluator_taken_back": N_("took an offered evaluator back"),
    "demand.suggestion_put_aside": N_("said that a figure which looked odd is meant"),
    "demand.sheet_sent": N_("sent a list with the demand of many members"),
    "demand.sheet_read_anew": N_("had a list with the demand of many members read anew"),
    "demand.proposed": N_("proposed figures to members"),
    "demand.proposal_taken": N_("took over what the lead proposed"),
    "demand.proposal_put_aside": N_("put aside what the lead proposed"),
    "invitation.sent": N_("invited a person"),
    "invitation.revoked": N_("withdrew an invitation"),
    "invitation.accepted": N_("accepted an invitation"),
    "role.granted": N_("gave a role"),
    "role.withdrawn": N_("withdrew a role"),
    "record.verified": N_("checked the record"),
    "record.head_made": N_("signed the head of the record"),
    "key.taken_up": N_("took up a key that signs"),
    "site.answered": N_("answered whether a description is a known site"),
    "site.proposed": N_("proposed sites of the whole base that may be one"),
    "site.named": N_("typed another name of a site"),
    "site.unnamed": N_("removed a typed name of a site"),
    "judging.reminded": N_("reminded an evaluator of what is left to judge"),
    "request.reminded": N_("reminded of a request upstream"),
    "request.draft_saved": N_("saved a draft of an answer"),
    "request.taken_over": N_("took earlier or returned answers into the draft"),
    "request.accepted": N_("took answers of a request over"),
    "request.acceptance_undone": N_("took the taking over of answers back"),
    "request.version_made": N_("made a version of its disclosure with answers taken over"),
    "api_token.ended": N_("ended a token for programs with a new password, a closed account or a withdrawn role"),
    "smelters.loaded": N_("loaded a list of smelters"),
    "submission_tender.comparison_asked": N_("asked to compare a submission with another version"),
    "submission_contract.comparison_asked": N_("asked to compare a disclosure with another version"),
    "submission_contract.gaps_excused": N_("decided on lines of a disclosure that stay open"),
    "submission_contract.yearly_moved": N_("moved the next yearly confirmation"),
    "submission_tender.mended": N_("mended cells of a submission"),
    "submission_tender.mending_set_aside": N_("set the mending of cells aside, as the file could not be read with it"),
    "submission_tender.undoing_set_aside": N_(
        "let the mending of cells stand again, as the file could not be read without it"
    ),
    "submission_tender.mending_undone": N_("took the mending of cells back"),
    "submission_tender.products_tied": N_("tied products of a list to models on offer"),
    "submission_tender.products_tie_undone": N_("took the tying of products back"),
    "submission_tender.columns_shared": N_("shared how the columns of an opened list are read"),
    "submission_tender.columns_unshared": N_("ended the sharing of how an opened list is read"),
    "contradictions.found": N_("found contradictions"),
    "contradictions.accepted": N_("accepted all open contradictions of one kind"),
    "contradictions.undone": N_("took the acceptance of all contradictions of one kind back"),
    "factory_list.loaded": N_("loaded a factory list"),
    "factory_list.withdrawn": N_("took a factory list back"),
    "factory_listing.matched": N_("said which site a row of a factory list is"),
    "factory_listing.declined": N_("said that a row of a factory list is no site here"),
    "factory_listing.undone": N_("took back what was said of a row of a factory list"),
    "registry.loaded": N_("loaded a registry"),
    "not_applicable.accepted": N_("accepted something as not applicable"),
    "not_applicable.undone": N_("took back what was accepted as not applicable"),
    "clarification.asked": N_("asked a supplier about its own rows"),
    SUMMED: N_("was refused more attempts in one minute"),
}
"""Names of kinds whose sentence tells more than the kind."""
HEAD_AMISS = N_("checked the record, which does not fit its signed head over %(head)s entries")
BROKEN = N_("checked the record: event %(broken_at)s does not follow from the one before")
MOVED = N_("%(label)s: from “%(source)s” to “%(state)s”")
MADE = N_("%(label)s: new, “%(state)s”")
MOVED_WITH_RECEIPT = N_("%(label)s %(receipt)s: from “%(source)s” to “%(state)s”")
MADE_WITH_RECEIPT = N_("%(label)s %(receipt)s: new, “%(state)s”")


@cache
def moves_by_act() -> frozenset[tuple[str, str]]:
    """Every act of the lifecycle with what it moves."""
    return frozenset((move.entity, move.act) for move in moves())


def sentence_of(event: AuditEvent, receipt: str = "") -> tuple[str, dict[str, Any]]:
    """The template and its parameters. Names of states and things are templates of their own, to be translated.

    `receipt` is the number of the submission that an event is about, where it is about one.
    """
    if event.outcome == "denied" and event.kind != SUMMED:
        rule = str(event.data.get("rule") or "")
        facts = {"what": attempt_label(event.kind), "why": refusal_label(str(event.data.get("code", ""))), "rule": rule}
        return (DENIED_BY_RULE if rule else DENIED), facts
    if event.kind == "record.verified" and event.data.get("broken_at"):
        return BROKEN, dict(event.data)
    if event.kind == "record.verified" and event.data.get("head"):
        return HEAD_AMISS, dict(event.data)
    if event.kind in KINDS:
        return KINDS[event.kind], _in_words(event)
    entity = event.kind.rsplit(".", 1)[0]
    if entity in ENTITIES and event.to_state:
        facts = {"label": ENTITIES[entity], "state": state_label(entity, event.to_state)}
        if receipt:
            facts["receipt"] = receipt
        if not event.from_state:
            return (MADE_WITH_RECEIPT if receipt else MADE), facts
        facts["source"] = state_label(entity, event.from_state)
        return (MOVED_WITH_RECEIPT if receipt else MOVED), facts
    return "%(kind)s", {"kind": event.kind}


def attempt_label(kind: str) -> str:
    """What was tried, by the kind of its refusal: a permission, an act of the lifecycle, or something else (a template to translate)."""
    what = kind.removesuffix(".denied")
    if what in set(Permission):
        return TABLE[Permission(what)].words
    entity, _dot, act = what.rpartition(".")
    if (entity, act) in moves_by_act():
        return act_label(act)
    return OTHER_ATTEMPTS.get(what, SOMETHING)


def kind_label(kind: str) -> tuple[str, dict[str, Any]]:
    """What a kind of event is called in a list to choose from: a template and its parameters, these to be translated too."""
    if kind.endswith(".denied"):
        return REFUSED, {"what": attempt_label(kind)}
    entity, _dot, act = kind.rpartition(".")
    if kind in KIND_NAMES:
        return KIND_NAMES[kind], {}
    if entity in ENTITIES and (entity, act) in moves_by_act():
        return NAMED, {"label": ENTITIES[entity], "act": act_label(act)}
    return (KINDS[kind], {}) if kind in KINDS else ("%(kind)s", {"kind": kind})


def _in_words(event: AuditEvent) -> dict[str, Any]:
    """The facts of an event; the act of a proposal in plain words."""
    facts = dict(event.data)
    if event.kind.startswith("proposal."):
        act = str(facts.get("act", ""))
        facts["act"] = PROPOSED.get((str(facts.get("entity", "")), act), act)
    return facts
