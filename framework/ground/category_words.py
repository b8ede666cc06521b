"""The words under which other people's sheets name a category of hardware; known to whoever reads sheets."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from framework.ground.quantity_words import norm
from framework.ground.terms import CATEGORIES

_WORDS = {
    "laptop": "laptop laptops notebook notebooks bärbardator bärbar chromelaptop chromebook windowslaptop bärbaradatorer portable ordinateurportable",
    "desktop": "desktop desktops desktopcomputer pc stationärdator stationär stationäradatorer vastepc bureaucomputer",
    "server": "server servers servrar serveur",
    "monitor": "monitor monitors screen display beeldscherm beeldschermen scherm schermen skärm skärmar bildskärm bildskärmar bildschirm écran",
    "smartphone": "smartphone smartphones phone mobile mobiletelefoon telefoon telefoons mobiltelefon mobiltelefoner telefon",
    "tablet": "tablet tablets ipad surfplatta surfplattor pekplatta tablette",
    "keyboard": "keyboard keyboards toetsenbord toetsenborden tangentbord tastatur clavier",
    "mouse": "mouse mice muis muizen mus möss maus souris",
    "other": "other otherhardware overig övrigt andere autre",
}

_ACCESSORIES = frozenset(
    norm(word)
    for word in "case cases cover covers sleeve charger chargers dock docks docking stand bag bags cable cables adapter hoes hoezen hoesje hoesjes lader laders oplader opladers kabel kabels standaard tas tassen fodral skal laddare kablar väska väskor ställ ställning stativ licence licentie licens warranty garantie garanti reparatie repair reparation voor för for".split()
)
"""Words that make a thing something that goes with a device and no device."""
_BETWEEN = re.compile(r"[\W_]+")


def category_of(text: str) -> str | None:
    """The category a word means, None where it is none of ours."""
    return _categories().get(norm(text))


def near(text: str) -> str | None:
    """The one category that the words of a text hold, None where they hold none, several, or speak of what goes with it."""
    words = [norm(word) for word in _BETWEEN.split(text) if norm(word)]
    if _ACCESSORIES.intersection(words):
        return None
    pairs = [one + other for one, other in pairwise(words)]
    found = {category for word in (*words, *pairs) if (category := _categories().get(word))}
    return found.pop() if len(found) == 1 else None


@cache
def _categories() -> dict[str, str]:
    named = {norm(c.label): key for key, c in CATEGORIES.items()} | {norm(key): key for key in CATEGORIES}
    return {norm(word): key for key, said in _WORDS.items() for word in said.split()} | named
