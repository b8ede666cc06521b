"""What a file in a format of others says, in our words, from its stored rows: head, answers, smelters, mines, products, organisations."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from framework.disclosure.checked import ANSWERS
from framework.disclosure.columns import PRODUCTS, SMELTERS, SUBMISSION
from framework.disclosure.recognise import OURS, SITE_LIST
from framework.ground.terms import DECLARED_MINERALS as MINERALS
from framework.ground.text import N_
from models.disclosure import Submission, SubmissionRow

HEAD = {
    "reporting_party_name": N_("Company"),
    "reporting_party_reg_id": N_("Registration number"),
    "reg_id_authority": N_("Who gave the number"),
    "reporting_party_address": N_("Address"),
    "scope_words": N_("What the file is about"),
    "scope_description": N_("Scope in its own words"),
    "data_as_of": N_("Date of the data"),
}
QUESTIONS = {
    "added": N_("Is the mineral used on purpose in the products or their making?"),
    "remains": N_("Is it still in the finished product?"),
    "covered_countries": N_("Does any of it come from the Congo or a country beside it?"),
    "cahra": N_("Does any of it come from a conflict-affected or high-risk area?"),
    "all_recycled": N_("Is all of it recycled or scrap?"),
    "suppliers_responded": N_("How many of the suppliers concerned have answered?"),
    "smelters_identified": N_("Are all smelters behind it known?"),
    "smelters_reported": N_("Does this file name every smelter that is known?"),
    "smelters_validated": N_("Are all smelters validated?"),
    "policy": N_("Is there a policy on where minerals come from?"),
    "policy_public": N_("Can everybody read that policy?"),
    "policy_oecd": N_("Does it cover the risks that the OECD guidance names?"),
    "conflict_free_required": N_("Must direct suppliers be free of conflict minerals?"),
    "validated_required": N_("Must direct suppliers buy from validated smelters?"),
    "due_diligence": N_("Is due diligence done?"),
    "suppliers_dd": N_("Do its suppliers do due diligence?"),
    "suppliers_dd_oecd": N_("Does theirs cover the risks that the OECD guidance names?"),
    "survey": N_("Are suppliers surveyed?"),
    "smelter_names_asked": N_("Are suppliers asked for names of smelters?"),
    "all_templates_received": N_("Have all suppliers sent their declarations?"),
    "responses_reviewed": N_("Are the answers of suppliers checked?"),
    "corrective_action": N_("Do checks lead to corrections?"),
    "legal_filing": N_("Must the company report on this to an authority?"),
}
VALUES = {
    "yes": N_("Yes"),
    "no": N_("No"),
    "unknown": N_("Not known"),
    "not_declared": N_("Not declared"),
    "all": N_("All of them"),
    "gt90": N_("More than 90 %"),
    "gt75": N_("More than 75 %"),
    "gt50": N_("More than 50 %"),
    "le50": N_("At most 50 %"),
    "gt25": N_("More than 25 %"),
    "lt25": N_("Fewer than 25 %"),
    "none": N_("None of them"),
    "not_surveyed": N_("They were not asked"),
    "partly": N_("Yes, as more smelters are validated"),
    "planned": N_("Planned, once there are lists"),
    "yes_standard": N_("Yes, with the usual template"),
    "yes_other": N_("Yes, in another way"),
    "yes_third_party": N_("Yes, by an outside auditor"),
    "yes_documents": N_("Yes, by looking at documents"),
    "yes_internal": N_("Yes, by an auditor of its own"),
    "yes_all_methods": N_("Yes, in all these ways"),
    "yes_sec": N_("Yes, in the United States"),
    "yes_eu": N_("Yes, in the European Union"),
    "yes_both": N_("Yes, in the United States and the European Union"),
}
COMPLETE = ("suppliers_responded", "smelters_identified", "smelters_reported")
"""What a supplier says of its own list of smelters: shown beside it, never a score."""
LISTS = (SMELTERS, "mines", PRODUCTS, "organisations", "facilities", "asked_minerals")
SHEETS_READ = (SUBMISSION, ANSWERS, *LISTS)


@dataclass(slots=True)
class Declared:
    """What a file says. `head` and the rows of `lists` are dicts with `place` (Declaration!D8) and our words.

    `answers` are those about minerals, `company` those about the company, each with question, subject, value, comment,
    place and whether it was asked. `complete` maps minerals to what is said of the list of smelters.
    """

    head: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    company: list[dict[str, Any]] = field(default_factory=list)
    complete: dict[str, dict[str, str]] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    authorised: bool | None = None


def is_of_others(format_: str) -> bool:
    """Whether a format is one of others that we read by its cells: neither our workbook nor a plain list."""
    return bool(format_) and format_ not in (OURS, SITE_LIST, "unknown") and not format_.startswith("hefboom")


def titles(submission: Submission) -> dict[str, str]:
    """What the file itself calls the sheets under whose names we keep their rows."""
    return {str(one["name"]): str(one.get("title") or one["name"]) for one in submission.sheets or []}


def declared(submission: Submission, rows: Iterable[tuple[SubmissionRow, Mapping[str, Any]]]) -> Declared:
    """What these rows say; each comes with its values as this reader may read them."""
    found, called = Declared(), titles(submission)
    for row, values in rows:
        sheet = called.get(row.sheet, row.sheet)
        if row.sheet == SUBMISSION:
            _head(found, row, values, sheet)
        elif row.sheet == ANSWERS:
            _answer(found, row, values, sheet)
        elif row.sheet in LISTS:
            filled = sorted(name for name, text in row.found.items() if text == "" and name in values)
            entry = {**values, "place": f"{sheet}!{row.row}", "row_id": row.id, "filled": filled}
            found.lists.setdefault(row.sheet, []).append(defaultdict(str, entry))
    return found


def _head(found: Declared, row: SubmissionRow, values: Mapping[str, Any], sheet: str) -> None:
    cells = row.found.get("cells", {})
    if "authoriser_named" in values:
        found.authorised = bool(values["authoriser_named"])
    for name, label in HEAD.items():
        if values.get(name):
            place = f"{sheet}!{cells[name]}" if name in cells else ""
            value = dt.date.fromisoformat(values[name]) if name == "data_as_of" else values[name]
            found.head.append({"name": name, "label": label, "value": value, "place": place, "row_id": row.id})


def _answer(found: Declared, row: SubmissionRow, values: Mapping[str, Any], sheet: str) -> None:
    subject, question = str(values.get("subject", "")), str(values.get("question", ""))
    value = str(values.get("value", ""))
    one = {
        "question": QUESTIONS.get(question, question),
        "subject": MINERALS.get(subject, subject),
        "value": VALUES.get(value, value),
        "as_found": row.found.get("value", ""),
        "comment": values.get("comment", ""),
        "place": f"{sheet}!{values.get('cell', '')}",
        "row_id": row.id,
        "asked": values.get("asked", True),
    }
    (found.company if subject == "company" else found.answers).append(one)
    if question in COMPLETE and subject != "company":
        found.complete.setdefault(one["subject"], {})[question] = one["value"]
