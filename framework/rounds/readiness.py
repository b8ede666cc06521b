"""The readiness list R1-R14: one function per row, each saying ok, warning or missing, why, and where it is mended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy.orm import Session

from framework.ground.errors import MoveRefused
from framework.ground.months import add_months
from framework.ground.text import N_, NN_
from framework.ground.zones import is_zone
from framework.rounds import clauses, formulas, limits, opener_keys
from framework.rounds.readiness_facts import Facts, Pooled, gather
from framework.rounds.schedule import contract_years, term_exceeds
from framework.rounds.settings import value
from models.rounds import Criterion, Lot, Round

OK, WARNING, MISSING = "ok", "warning", "missing"
AUDIT_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One row: number, status, a sentence (template with `params`), and the page where it is mended."""

    number: str
    status: str
    sentence: str
    page: str
    params: Mapping[str, object] = field(default_factory=dict)
    rule: str = ""


Check = Callable[[Facts], Row]
Fault = tuple[str, str, Mapping[str, object]] | tuple[str, str, Mapping[str, object], str]
"""Status, sentence and its parameters, and the page where it is mended where that is not the row's own."""


def rows(facts: Facts) -> list[Row]:
    """Every row of the list, R1 first."""
    return [check(facts) for check in CHECKS]


def require_green(session: Session, round_: Round, *, now: dt.datetime) -> None:
    """Raise MoveRefused naming the first missing row; a warning stops nothing."""
    missing = [row for row in rows(gather(session, round_)) if row.status == MISSING]
    if missing:
        raise MoveRefused(
            f"not-ready-{missing[0].number}", missing[0].sentence, rule=missing[0].number, **missing[0].params
        )


def _row(number: str, faults: Iterator[Fault], fine: str, page: str, rule: str = "") -> Row:
    """The first missing fault, else the first warning, else all is well."""
    found = sorted(faults, key=lambda fault: fault[0] != MISSING)
    if not found:
        return Row(number, OK, fine, page, {}, rule)
    status, sentence, params, *elsewhere = found[0]
    return Row(number, status, sentence, elsewhere[0] if elsewhere else page, params, rule)


def _no_lots(facts: Facts) -> Iterator[Fault]:
    """A row about every lot is not in order where there is none."""
    if not facts.lots:
        yield MISSING, N_("Add at least one lot."), {}, "rounds.lots"


def _term(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        months = limits.term_limit(facts.round)
        exceeds = term_exceeds(facts.round, months)
        if exceeds is None:
            yield MISSING, N_("Set the first and last day of the term."), {}
        elif exceeds and value(facts.round, "over_max") == "refused":
            yield MISSING, N_("The term with its options is longer than %(months)s months."), {"months": months}
        elif exceeds and not facts.round.duration_justification.strip():
            sentence = N_(
                "The term with its options is longer than %(months)s months: justify the duration, or shorten it."
            )
            yield MISSING, sentence, {"months": months}
        yield from _years_beyond(facts)

    return _row(
        "R1", faults(), N_("The term with its options is within the limit or justified."), "rounds.dates", "L01"
    )


def _years_beyond(facts: Facts) -> Iterator[Fault]:
    """Lots whose demand is declared for more contract years than the term has."""
    term = contract_years(facts.round)
    for lot in facts.lots:
        if term is not None and lot.years > term:
            sentence = N_("Lot %(lot)s asks demand for %(years)s contract years, the term has %(term)s.")
            yield MISSING, sentence, {"lot": lot.code, "years": lot.years, "term": term}


def _ceilings(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        yield from _no_lots(facts)
        for lot in facts.lots:
            if not _has_pair(lot):
                yield (
                    MISSING,
                    N_("Lot %(lot)s needs an estimated and a maximum quantity or value."),
                    {"lot": lot.code},
                )
            elif not _matches_pool(lot, facts.pooled.get(lot.id)) and not lot.estimate_motive.strip():
                sentence = N_("In lot %(lot)s the estimate differs from the pooled demand: correct it, or say why.")
                yield MISSING, sentence, {"lot": lot.code}

    return _row("R2", faults(), N_("Every lot has its estimate and its maximum."), "rounds.figures", "L05")


def _has_pair(lot: Lot) -> bool:
    pairs = [(lot.qty_estimated, lot.qty_maximum), (lot.value_estimated, lot.value_maximum)]
    whole = [pair for pair in pairs if None not in pair]
    halves = [pair for pair in pairs if (pair[0] is None) != (pair[1] is None)]
    return bool(whole) and not halves and all(0 < low <= high for low, high in whole)  # type: ignore[operator]


def _matches_pool(lot: Lot, pooled: Pooled | None) -> bool:
    """Whether the estimate is the pooled expected demand, in each of the figures that is set."""
    if pooled is None:
        return False
    quantity = lot.qty_estimated is None or lot.qty_estimated == pooled.quantity
    return quantity and (lot.value_estimated is None or lot.value_estimated == pooled.value)


def _members(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        needed, there = int(value(facts.round, "min_members")), len(facts.confirmed())
        if not facts.round.mandate_type:
            yield MISSING, N_("Choose how the members buy together (the type of mandate)."), {}, "rounds.scope"
        if there < needed:
            yield (
                MISSING,
                N_("%(there)s members are confirmed, at least %(needed)s are needed."),
                {"there": there, "needed": needed},
                "signons.listing",
            )
        unseen = {s.public_id for s in facts.refusable()} - refusals_seen(facts.round)
        if unseen:
            sentence = NN_(
                "Look at the %(count)s buyer that publication will refuse, and say that you have seen it.",
                "Look at the %(count)s buyers that publication will refuse, and say that you have seen them.",
            )
            yield MISSING, sentence, {"count": len(unseen)}
        bare = [one.name for one in facts.round.member_classes if not one.description.strip()]
        if bare:
            yield (
                MISSING,
                N_("Say how anybody recognises a buyer of these classes: %(names)s. Name them anew with it."),
                {"names": ", ".join(bare)},
                "rounds.members",
            )

    return _row("R3", faults(), N_("Mandate type and members are settled."), "rounds.refusals", "L03")


def refusals_seen(round_: Round) -> set[str]:
    """Public ids of the sign-ons that the lead has seen on the list of those that publication will refuse."""
    return set((round_.settings or {}).get("refusals_seen", []))


def _demand_fits(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        if facts.strays:
            sentence = N_("Locked demand belongs to buyers that are not confirmed: %(names)s.")
            yield MISSING, sentence, {"names": ", ".join(facts.strays)}

    return _row("R4", faults(), N_("All locked demand belongs to confirmed members."), "signons.listing")


def _places(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        criteria = facts.round.criteria
        if not criteria:
            yield MISSING, N_("Add the criteria."), {}
        for name in _in_two_places(criteria, lambda c: c.name.casefold()):
            yield MISSING, N_("“%(name)s” stands in more than one place. Keep it in one."), {"name": name}
        for name in _in_two_places(criteria, lambda c: str(c.parameters.get("topic") or "")):
            yield WARNING, N_("Criteria in different places ask about the same thing (%(name)s)."), {"name": name}

    return _row("R5", faults(), N_("Every criterion stands in one place."), "rounds.criteria", "L14")


def _in_two_places(criteria: list[Criterion], key: Callable[[Criterion], str]) -> list[str]:
    seen: dict[str, dict[str, str]] = {}
    for criterion in criteria:
        if key(criterion):
            seen.setdefault(key(criterion), {})[criterion.place] = criterion.name
    return [next(iter(places.values())) for places in seen.values() if len(places) > 1]


def _weights(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        yield from _no_lots(facts)
        for lot in facts.lots:
            total = sum((c.weight or Decimal(0) for c in facts.award_criteria(lot)), Decimal(0))
            if total != 100:
                sentence = N_("In lot %(lot)s the award weights add up to %(total)s, they must add up to 100.")
                yield MISSING, sentence, {"lot": lot.code, "total": total}

    return _row("R6", faults(), N_("The award weights of every lot add up to 100."), "rounds.criteria", "L15")


def _formulas(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        yield from _no_lots(facts)
        for criterion in facts.round.criteria:
            if criterion.place != "award" or criterion.weight is None:
                continue
            if formulas.trial(criterion.formula, criterion.weight, criterion.parameters) is None:
                sentence = N_("“%(name)s” has no complete formula: the trial run on invented bids fails.")
                yield MISSING, sentence, {"name": criterion.name}
            elif criterion.formula == "relative_lowest":
                sentence = N_(
                    "“%(name)s” depends on the other bids: a further bid can turn the order of two bids round."
                )
                yield WARNING, sentence, {"name": criterion.name}
        yield from _price_only(facts)

    return _row(
        "R7", faults(), N_("Every award formula is complete and passes its trial run."), "rounds.criteria", "L15"
    )


def _price_only(facts: Facts) -> Iterator[Fault]:
    if value(facts.round, "price_only_allowed"):
        return
    for lot in facts.lots:
        kinds = [formulas.FORMULAS.get(c.formula) for c in facts.award_criteria(lot)]
        if kinds and all(kind is not None and kind.is_price for kind in kinds):
            yield MISSING, N_("Lot %(lot)s may not be awarded on price alone (law row L27)."), {"lot": lot.code}


def _scope(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        yield from _no_lots(facts)
        if not facts.round.template_version:
            yield MISSING, N_("Choose the version of the disclosure template."), {}
        for lot in facts.lots:
            named: dict[str, object] = {"lot": lot.code}
            if not lot.required_components:
                yield MISSING, N_("Lot %(lot)s names no component types to disclose."), named
            if not lot.product_subset.strip():
                yield MISSING, N_("Say for lot %(lot)s which products the disclosure covers."), named
            if lot.asks_mines and not lot.minerals:
                yield MISSING, N_("Lot %(lot)s asks for mines but names no minerals."), named
            elif not lot.minerals:
                yield WARNING, N_("Lot %(lot)s asks for no minerals."), named

    return _row("R8", faults(), N_("The disclosure scope of every lot is complete."), "rounds.scope_list", "L18")


def _clauses(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        for title in clauses.missing_titles(facts.round.clauses):
            yield MISSING, N_("The clause set lacks: %(label)s."), {"label": title}
        for clause in facts.round.clauses:
            if not clause.notice_reference.strip():
                yield MISSING, N_("Say where the notice refers to “%(name)s”."), {"name": clause.title}
            for name in clauses.blanks(clause):
                yield MISSING, N_("Fill in [%(blank)s] in “%(name)s”."), {"blank": name, "name": clause.title}
            if clauses.penalty_blank(clause):
                sentence = N_("“%(name)s” holds a penalty: fill in its rate and its highest number of weeks.")
                yield MISSING, sentence, {"name": clause.title}

    return _row(
        "R9", faults(), N_("The clause set is complete and referred to in the notice."), "rounds.clause_list", "L16"
    )


def _audit_time(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        first, ends = facts.round.first_audit_on, facts.round.term_ends_on
        if first is None or ends is None:
            yield WARNING, N_("No first audit is planned."), {}
        elif add_months(first, AUDIT_MONTHS) > ends + dt.timedelta(days=1):
            sentence = N_("Less than %(months)s months of the term remain after the first planned audit.")
            yield WARNING, sentence, {"months": AUDIT_MONTHS}

    return _row("R10", faults(), N_("Enough of the term remains after the first planned audit."), "rounds.dates")


def _labels(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        for criterion in facts.round.criteria:
            if criterion.is_label and not criterion.equivalent_path.strip():
                sentence = N_("“%(name)s” asks for a label: say what is accepted as equivalent.")
                yield MISSING, sentence, {"name": criterion.name}

    return _row("R11", faults(), N_("Every label has its path for equivalent proof."), "rounds.criteria", "L12")


def _opening(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        round_ = facts.round
        if round_.tender_deadline is None or not is_zone(round_.zone):
            yield MISSING, N_("Set the tender deadline with its time zone."), {}, "rounds.dates"
        if round_.questions_until is None:
            yield MISSING, N_("Set the last day for questions."), {}, "rounds.dates"
        elif round_.tender_deadline is not None and round_.questions_until >= round_.tender_deadline:
            sentence = N_("The last day for questions must lie before the tender deadline.")
            yield MISSING, sentence, {}, "rounds.dates"
        needed = openers_needed(round_)
        if len(facts.openers) < needed:
            sentence = N_("%(there)s openers are named, at least %(needed)s are needed.")
            yield MISSING, sentence, {"there": len(facts.openers), "needed": needed}
        if facts.tied_openers:
            sentence = N_("An opener works for a supplier: %(names)s.")
            yield MISSING, sentence, {"names": ", ".join(facts.tied_openers)}
        if opener_keys.is_on(round_):
            yield from _shares(facts)

    return _row("R12", faults(), N_("Deadline, questions and openers are settled."), "rounds.rules", "L07")


def _shares(facts: Facts) -> Iterator[Fault]:
    """What is missing before a round can be sealed with shares of its openers."""
    if facts.keyless_openers:
        sentence = N_("These openers have not chosen their passphrase: %(names)s. Send them the page for it.")
        yield MISSING, sentence, {"names": ", ".join(facts.keyless_openers)}
    if not facts.can_deposit:
        sentence = N_(
            "This installation has no place in memory for keys, so no round can be sealed with shares. The operator names "
            "one with HEFBOOM_DEPOSIT_DIR."
        )
        yield MISSING, sentence, {}


def openers_needed(round_: Round) -> int:
    """One more than must open together, so that one absence blocks nothing; three at least where shares seal."""
    return opener_keys.persons_needed(round_) + 1


def _routes(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        yield from _no_lots(facts)
        for lot in facts.lots:
            if not lot.call_off_route:
                yield MISSING, N_("Choose the call-off route of lot %(lot)s."), {"lot": lot.code}
        if facts.round.jurisdiction == "uk_2023":
            yield from ((MISSING, sentence, {}, page) for sentence, page in _uk_blanks(facts))

    return _row("R13", faults(), N_("The call-off routes are chosen."), "rounds.figures", "L20")


def _uk_blanks(facts: Facts) -> list[tuple[str, str]]:
    """What the Procurement Act 2023 wants stated and is blank, each with the page where it is stated (law L23)."""
    round_ = facts.round
    stated = [
        (
            str(value(round_, "price_mechanism")).strip(),
            N_("State the price mechanism (Procurement Act 2023)."),
            "rounds.rules",
        ),
        (
            round_.value_estimated is not None or all(lot.value_estimated is not None for lot in facts.lots),
            N_("State the estimated value (Procurement Act 2023)."),
            "rounds.figures",
        ),
        (
            str(value(round_, "selection_process")).strip(),
            N_("State how suppliers are selected for call-offs (Procurement Act 2023)."),
            "rounds.rules",
        ),
        (
            round_.term_starts_on and round_.term_ends_on,
            N_("State the term (Procurement Act 2023)."),
            "rounds.dates",
        ),
        (
            facts.confirmed() or round_.member_classes,
            N_("State the authorities that are entitled (Procurement Act 2023)."),
            "signons.listing",
        ),
        (
            value(round_, "open_framework_decided"),
            N_("State whether the framework is open (Procurement Act 2023)."),
            "rounds.rules",
        ),
    ]
    return [(sentence, page) for holds, sentence, page in stated if not holds]


def _confirmed_by_lead(facts: Facts) -> Row:
    def faults() -> Iterator[Fault]:
        if not facts.round.standstill_confirmed:
            yield MISSING, N_("Confirm the standstill days and their kind for your jurisdiction."), {}
        if limits.is_standstill_short(facts.round):
            yield MISSING, N_("The standstill is shorter than the law's: set its days anew."), {}
        if not facts.round.data_agreement.strip():
            yield MISSING, N_("Write the data agreement between lead and members."), {}, "rounds.members"
        if facts.round.retention_years is None:
            yield MISSING, N_("Set for how many years records are kept."), {}, "rounds.members"

    return _row("R14", faults(), N_("Standstill, data agreement and retention are settled."), "rounds.rules", "L22")


CHECKS: tuple[Check, ...] = (
    _term,
    _ceilings,
    _members,
    _demand_fits,
    _places,
    _weights,
    _formulas,
    _scope,
    _clauses,
    _audit_time,
    _labels,
    _opening,
    _routes,
    _confirmed_by_lead,
)
