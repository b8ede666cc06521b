"""The models that a supplier offers, and which of them a product named in a list may be: proposed with its reason, never decided."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from framework.ground.text import N_

NUMBER, NAME, PART, SEVERAL = "number", "name", "part", "several"
REASONS = {
    NUMBER: N_("The same number: %(what)s."),
    NAME: N_("The same name: %(what)s."),
    PART: N_("One name holds the other: %(what)s. Please check."),
    SEVERAL: N_("It may be several of your models. Choose one, or none."),
    "": N_("No model on offer has this number or name."),
}
"""Why a model is proposed, or none, in words."""
_NUMBERS = ("manufacturer_part_no", "gtin", "reseller_sku", "product_ref")
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Model:
    """A model on offer, once, in however many lots. `rows` are the values of its rows in `1_products`."""

    key: str
    brand: str
    name: str
    rows: tuple[Mapping[str, Any], ...]

    @property
    def numbers(self) -> dict[str, str]:
        """Its numbers in their plain form, each as written."""
        found = (str(row[name]) for row in self.rows for name in _NUMBERS if row.get(name))
        return {plain(one): one for one in found if plain(one)}


class Proposal(NamedTuple):
    """The key of a model, blank for none; the reason as a key of REASONS, and what both have in common."""

    key: str = ""
    reason: str = ""
    what: str = ""


def plain(text: str) -> str:
    """The form in which names and numbers of products are compared: letters and digits, no case, no accents."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in decomposed if sign.isalnum())


def models_of(rows: Iterable[Mapping[str, Any]]) -> list[Model]:
    """The different models of rows of `1_products`, in their order; rows without a name are none."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        name = str(row.get("model_name") or "")
        if plain(name) and row.get("product_ref"):
            found.setdefault(f"{plain(str(row.get('brand') or ''))}/{plain(name)}", []).append(row)
    return [
        Model(key, str(same[0].get("brand") or ""), str(same[0]["model_name"]), tuple(same))
        for key, same in found.items()
    ]


def propose(product: str, models: Sequence[Model]) -> Proposal:
    """Which model a product may be: by its number, else by brand and name, else where one name holds the other.

    Where several fit equally well, none is proposed: it may be the name of a family.
    """
    wanted = plain(product)
    if not wanted:
        return Proposal()
    for reason, test in ((NUMBER, _number), (NAME, _name), (PART, _part)):
        fitting = [(model, what) for model in models if (what := test(wanted, model))]
        if len(fitting) > 1:
            return Proposal(reason=SEVERAL)
        if fitting:
            return Proposal(fitting[0][0].key, reason, fitting[0][1])
    return Proposal()


def _number(wanted: str, model: Model) -> str:
    return model.numbers.get(wanted, "")


def _name(wanted: str, model: Model) -> str:
    brand, name = plain(model.brand), plain(model.name)
    return model.name if wanted in {name, brand + name, name.removeprefix(brand)} else ""


def _part(wanted: str, model: Model) -> str:
    """A number, or a name with a figure in it, that stands in the other name whole."""
    brand, name = plain(model.brand), plain(model.name).removeprefix(plain(model.brand))
    bare = wanted.removeprefix(brand)
    for short, long in ((bare, name), (name, bare), *((number, bare) for number in model.numbers)):
        is_telling = len(short) >= _SHORTEST and any(map(str.isdigit, short))
        if is_telling and short in long and not _cuts_a_number(short, long):
            return model.name
    return ""


def _cuts_a_number(short: str, long: str) -> bool:
    """Whether `short` ends or begins within a figure of `long`: 1400 is no part of 14001."""
    start = long.index(short)
    before, after = long[start - 1 : start], long[start + len(short) : start + len(short) + 1]
    return (before.isdigit() and short[0].isdigit()) or (after.isdigit() and short[-1].isdigit())
