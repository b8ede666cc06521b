"""What one commits to by signing on: five lines, the same on the page, in the stored statement and in print."""

from __future__ import annotations

from typing import Any

from framework.ground.text import N_
from models.people import Organisation
from models.rounds import Round

LIABILITY = {
    "cpb": N_(
        "%(lead)s acts for us as central purchasing body in round “%(round)s”; we answer ourselves for the call-offs we make."
    ),
    "occasional_joint_full": N_(
        "We run round “%(round)s” jointly with the other buyers under %(lead)s and answer jointly for the whole procedure."
    ),
    "occasional_joint_part": N_(
        "We run round “%(round)s” jointly with the other buyers under %(lead)s; we answer jointly for what is done in common and alone for what we do ourselves."
    ),
}
"""Who answers for what, by type of mandate (law L06)."""

LINES = (
    N_("We use the clauses of this round in every call-off."),
    N_(
        "We declare the volumes we expect as well as we know them. They go into the estimated and the maximum quantity; they are no order."
    ),
    N_("We keep what suppliers disclose confidential and follow the data agreement of the round."),
    N_(
        "We name one liaison, and we know that nobody can join after publication unless a class named in the notice covers them."
    ),
)


def lines(round_: Round, organisation: Organisation) -> list[tuple[str, dict[str, Any]]]:
    """The five lines as templates with their parameters, for the edge to translate."""
    params = {"round": round_.name, "lead": round_.organisation.name, "organisation": organisation.name}
    first = LIABILITY.get(round_.mandate_type or "", LIABILITY["cpb"])
    return [(first, params), *((line, {}) for line in LINES)]
