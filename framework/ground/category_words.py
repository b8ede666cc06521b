"""The words under which other people's sheets name a category of hardware; known to whoever reads sheets."""

from __future__ import annotations

from functools import cache

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


def category_of(text: str) -> str | None:
    """The category a word means, None where it is none of ours."""
    return _categories().get(norm(text))


@cache
def _categories() -> dict[str, str]:
    named = {norm(c.label): key for key, c in CATEGORIES.items()} | {norm(key): key for key in CATEGORIES}
    return {norm(word): key for key, said in _WORDS.items() for word in said.split()} | named
