"""The seven tasks of set-up: which are complete, judged by the same rows as readiness."""

from __future__ import annotations

from dataclasses import dataclass

from framework.ground.text import N_
from framework.rounds import opener_keys, readiness
from framework.rounds.readiness import MISSING
from framework.rounds.readiness_facts import Facts


@dataclass(frozen=True, slots=True)
class Task:
    """One task: its page, its name and what it holds (templates), whether it is complete."""

    page: str
    title: str
    hint: str
    done: bool


def tasks(facts: Facts) -> list[Task]:
    """The seven tasks in their order; the last, the preview, is never complete: one looks at it."""
    fine = {row.number for row in readiness.rows(facts) if row.status != MISSING}
    round_ = facts.round
    scope = bool(round_.jurisdiction and round_.mandate_type and round_.summary.strip() and facts.lots)
    people = bool(round_.data_agreement.strip() and round_.retention_years is not None)
    invited = bool(facts.sign_ons or round_.member_classes)
    deadlines = (round_.signon_deadline, round_.demand_deadline, round_.planned_publication_on, round_.tender_deadline)
    return [
        Task("rounds.lots", N_("Scope and lots"), N_("What is bought, under which law, in which lots."), scope),
        Task(
            "rounds.members",
            N_("Members"),
            N_("Named classes, data agreement, retention; invitations stand on the page of sign-ons."),
            people and invited,
        ),
        Task(
            "rounds.scope_list",
            N_("Disclosure scope and template"),
            N_("Which component types, tiers and minerals each lot asks about."),
            bool(facts.lots) and "R8" in fine,
        ),
        Task(
            "rounds.criteria",
            N_("Criteria, weights and clauses"),
            N_("Each criterion in one of four places; award weights add up to 100."),
            {"R5", "R6", "R7", "R9", "R11"} <= fine and bool(facts.lots),
        ),
        Task("rounds.dates", N_("Dates"), N_("Every deadline with its time zone."), all(deadlines) and "R1" in fine),
        Task(
            "rounds.rules",
            N_("Rules and openers"),
            N_("Uploads, opening persons, standstill."),
            round_.standstill_confirmed and _openers_stand(facts),
        ),
        Task("rounds.preview", N_("Preview as a supplier"), N_("What suppliers will see."), False),
    ]


def _openers_stand(facts: Facts) -> bool:
    """Whether enough openers are named, each with a passphrase where they hold shares."""
    enough = len(facts.openers) >= readiness.openers_needed(facts.round)
    return enough and not (opener_keys.is_on(facts.round) and facts.keyless_openers)
