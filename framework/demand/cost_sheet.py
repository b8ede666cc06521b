"""Joint costs as a workbook: the costs, and a row for each member and cost; numbers as numbers, unknown as empty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from framework.demand.cost_reading import Member, divided, parts, percents
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.text import N_
from models.costs import CostAnswer, CostItem, CostProposal

Words = Callable[[str], str]
COSTS = (
    N_("No."),
    N_("Cost"),
    N_("Kind"),
    N_("Divided"),
    N_("Amount"),
    N_("Currency"),
    N_("Where the amount comes from"),
)
SHARES = (
    N_("Member"),
    N_("No."),
    N_("Cost"),
    N_("Share"),
    N_("Currency"),
    N_("Entered share in percent"),
    N_("Yearly spend in scope"),
    N_("Answer"),
    N_("Reason"),
)


def write(
    proposal: CostProposal,
    members: Sequence[Member],
    visible: Collection[int],
    answers: Mapping[int, CostAnswer],
    labels: Mapping[str, str],
    *,
    now: dt.datetime,
    words: Words = str,
) -> bytes:
    """Shares are in the currency of their cost, spend in that of the round; members outside `visible` stand together.

    `labels` are the templates of kinds, rules and answers by their keys (no answer: blank).
    """
    sheets = (
        Sheet(words(N_("Costs")), _said(COSTS, words), _costs(proposal.items, labels, words), frozen=2),
        Sheet(
            words(N_("Shares")),
            _said(SHARES, words),
            _shares(proposal.items, members, visible, answers, labels, words),
            frozen=3,
        ),
    )
    return workbook(f"{proposal.title} · {proposal.round.name}", sheets, now=now)


def write_draft(
    draft: CostProposal, members: Sequence[Member], labels: Mapping[str, str], *, now: dt.datetime, words: Words = str
) -> bytes:
    """A draft: its costs, what each member would bear (empty where a cost cannot be divided), and a sheet of entered shares for each cost.

    Those sheets can be filled in and pasted back.
    """
    header = [words(N_("Member")), *(f"{item.position} {item.label} ({item.currency})" for item in draft.items)]
    found = [divided(item, members).parts for item in draft.items]
    rows: list[list[Value]] = [[one.name, *(part.get(one.number) for part in found)] for one in members]
    sheets = [
        Sheet(words(N_("Costs")), _said(COSTS, words), _costs(draft.items, labels, words), frozen=2),
        Sheet(words(N_("Shares")), header, rows),
    ]
    for item in draft.items:
        if item.rule == "entered":
            given = percents(item)
            entered: list[list[Value]] = [[one.name, given.get(one.number)] for one in members]
            title = words(N_("Entered shares"))
            sheets.append(
                Sheet(f"{item.position} {title}", _said((N_("Member"), N_("Entered share in percent")), words), entered)
            )
    return workbook(f"{draft.title} · {draft.round.name}", sheets, now=now)


def _said(labels: Sequence[str], words: Words) -> list[str]:
    return [words(label) for label in labels]


def _costs(items: Sequence[CostItem], labels: Mapping[str, str], words: Words) -> Iterator[list[Value]]:
    for item in items:
        kind, rule = words(labels[item.kind]), words(labels[item.rule])
        yield [item.position, item.label, kind, rule, item.amount, item.currency, item.source]


def _shares(
    items: Sequence[CostItem],
    members: Sequence[Member],
    visible: Collection[int],
    answers: Mapping[int, CostAnswer],
    labels: Mapping[str, str],
    words: Words,
) -> Iterator[list[Value]]:
    shares = [(item, {share.member_id: share for share in item.shares}) for item in items]
    for one in members:
        if one.number in visible:
            answer = answers.get(one.number)
            said: list[Value] = [words(labels[answer.answer if answer else ""]), answer.reason if answer else ""]
            for item, by_member in shares:
                share = by_member[one.number]
                place: list[Value] = [one.name, item.position, item.label, share.amount, item.currency]
                yield [*place, share.percent, share.spend, *said]
    hidden = {one.number for one in members} - set(visible)
    if hidden:
        for item in items:
            together = sum(amount for number, amount in parts(item).items() if number in hidden)
            name = words(N_("Other members together"))
            yield [name, item.position, item.label, together, item.currency, None, None, "", ""]
