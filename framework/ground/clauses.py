"""The clause library and the templates of criteria: our own wording in three languages, copied into a round and edited there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from framework.ground.codelists import read_rows
from framework.ground.text import N_

CLAUSE_SETS: dict[str, str] = {
    "generic": N_("General clauses"),
    "isv_nl": N_("International social conditions (Netherlands)"),
    "ew_be": N_("Monitored supply chain (Belgium)"),
    "se_core": N_("Core conditions (Sweden)"),
    "se_advanced": N_("Advanced conditions (Sweden)"),
    "uk_generic": N_("General clauses (United Kingdom)"),
}

THEMES: dict[str, str] = {
    "transparency": N_("Transparency of the chain"),
    "due_diligence": N_("Due diligence"),
    "labour": N_("Labour standards"),
    "remedy": N_("Remedy"),
    "environment": N_("Environment"),
    "terms": N_("Commercial terms"),
}


@dataclass(frozen=True, slots=True)
class LibraryClause:
    """A clause as the library words it, in English, Dutch and Swedish.

    `place` is where it stands in the procedure (law L14, L16). `parameters` are the round settings and figures its
    text names as `%(name)s` or that belong to it; `required_for_readiness` marks the clauses without which a round is
    not ready (R9). The wording is a start for a lawyer, not legal advice.
    """

    key: str
    place: str
    theme: str
    sets: frozenset[str]
    required_for_readiness: bool
    reference: str
    parameters: tuple[str, ...]
    titles: tuple[str, str, str]
    texts: tuple[str, str, str]

    def title(self, language: str) -> str:
        """The title in `language`; English where the library does not have it."""
        return _in_language(self.titles, language)

    def text(self, language: str, values: Mapping[str, object] | None = None) -> str:
        """The text in `language`, its `%(name)s` filled from `values`; a name without value stays as `[name]`."""
        known = {name: value for name, value in (values or {}).items() if value is not None}
        return _in_language(self.texts, language) % ({name: f"[{name}]" for name in self.parameters} | known)


@dataclass(frozen=True, slots=True)
class CriterionTemplate:
    """A criterion to begin from. Award templates carry a `weight` (points of 100) and the name of a formula.

    `parameters` are the formula's; `None` means that the lead must fill it in before the round is ready (R7).
    """

    key: str
    place: str
    theme: str
    weight: Decimal | None
    formula: str
    parameters: dict[str, str | None]
    is_label: bool
    names: tuple[str, str, str]
    descriptions: tuple[str, str, str]

    def name(self, language: str) -> str:
        """The name in `language`; English where the library does not have it."""
        return _in_language(self.names, language)

    def description(self, language: str) -> str:
        """The description in `language`; English where the library does not have it."""
        return _in_language(self.descriptions, language)


@cache
def clause_library() -> dict[str, LibraryClause]:
    """Every clause by key, those required for readiness first."""
    return {row["key"]: _clause(row) for row in read_rows("clauses.csv")}


def clauses_of(clause_set: str) -> tuple[LibraryClause, ...]:
    """The clauses of a set (`generic`, `isv_nl`, `ew_be`, `se_core`, `se_advanced`, `uk_generic`), in library order."""
    return tuple(clause for clause in clause_library().values() if clause_set in clause.sets)


def required_clauses() -> tuple[str, ...]:
    """Keys of the clauses without which a round is not ready (R9)."""
    return tuple(clause.key for clause in clause_library().values() if clause.required_for_readiness)


def missing_clauses(keys: Iterable[str]) -> tuple[str, ...]:
    """The required clauses that `keys` lacks (R9)."""
    present = set(keys)
    return tuple(key for key in required_clauses() if key not in present)


@cache
def criteria_templates() -> dict[str, CriterionTemplate]:
    """Every template of a criterion by key."""
    return {row["key"]: _template(row) for row in read_rows("criteria_templates.csv")}


def _in_language(words: tuple[str, str, str], language: str) -> str:
    return words[{"nl": 1, "sv": 2}.get(language[:2], 0)]


def _three(row: Mapping[str, str], column: str) -> tuple[str, str, str]:
    return row[f"{column}_en"], row[f"{column}_nl"], row[f"{column}_sv"]


def _clause(row: Mapping[str, str]) -> LibraryClause:
    return LibraryClause(
        key=row["key"],
        place=row["place"],
        theme=row["theme"],
        sets=frozenset(row["sets"].split()),
        required_for_readiness=row["required_for_readiness"] == "yes",
        reference=row["reference"],
        parameters=tuple(row["parameters"].split()),
        titles=_three(row, "title"),
        texts=_three(row, "text"),
    )


def _template(row: Mapping[str, str]) -> CriterionTemplate:
    pairs = (pair.partition("=") for pair in row["parameters"].split())
    return CriterionTemplate(
        key=row["key"],
        place=row["place"],
        theme=row["theme"],
        weight=Decimal(row["weight"]) if row["weight"] else None,
        formula=row["formula"],
        parameters={name: value or None for name, _sign, value in pairs},
        is_label=row["is_label"] == "yes",
        names=_three(row, "name"),
        descriptions=_three(row, "description"),
    )
