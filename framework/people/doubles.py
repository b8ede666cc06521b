"""Organisations that may be one: by registration number, by name without its form, by mail domain; it says why and merges nothing."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from framework.ground.text import N_

GROUNDS = {
    "number": N_("same registration number"),
    "name": N_("same name"),
    "core": N_("same name without its form"),
    "letters": N_("name that differs in a letter or two"),
    "elsewhere": N_("same name, in another country"),
    "domain": N_("same mail domain"),
}
"""Why two may be one, the strongest ground first."""

MOST = 3
"""So many likely doubles of one body are named at most, the best first."""

_KINDS = {
    "region": (
        "region regio regionen provincie provins province landsting landstinget county regionaal regional "
        "landstingskommun lanslandsting gewest"
    ),
    "municipality": (
        "gemeente gemeentebestuur stad stads stadsbestuur staden kommun kommune kommunen municipality city town "
        "borough ville commune stadsdeel lokaal bestuur"
    ),
    "university": "universiteit universitet universitetet university hogeschool hogskola hogskolan college universite",
    "hospital": "ziekenhuis sjukhus sjukhuset hospital umc azc uz kliniek",
    "water": "waterschap hoogheemraadschap wetterskip",
    "state": "ministerie ministry departementet ministerium myndigheten verket lansstyrelsen agentschap agency",
    "school": "school skola scholengroep scholengemeenschap",
    "police": "politie polisen police politiezone",
}
_FORMS = (
    "ab aktiebolag bv nv vzw asbl cv cvba bvba srl sa ltd limited plc llp gmbh ag eg kg stichting stiftelsen stiftelse "
    "vereniging foreningen forening cooperatie cooperatief ekonomisk publ inc foundation trust public body council"
)
_SMALL = "het de den der van voor te ter the of for and en och i pa fran vid det a an la le les du des d l s"
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_DROPPED = frozenset(_FORMS.split()) | frozenset(_SMALL.split())
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
_SHARED_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com live.nl live.se yahoo.com icloud.com me.com proton.me "
    "protonmail.com telenet.be skynet.be proximus.be ziggo.nl kpnmail.nl xs4all.nl hetnet.nl telia.com gmx.net gmx.de".split()
)
_SHORTEST_LETTERS = 6
_TWO_LETTERS_FROM = 12


@dataclass(frozen=True, slots=True)
class Body:
    """What is known of one organisation; `key` is whoever asks' own name for it, `country` in two letters."""

    key: str
    name: str
    registration_no: str = ""
    country: str = ""
    mail_domain: str = ""


@dataclass(frozen=True, slots=True)
class Double:
    """One that may be the same, and why: keys of GROUNDS. `is_certain` where nothing speaks against it."""

    key: str
    grounds: tuple[str, ...]
    is_certain: bool = False


@dataclass(frozen=True, slots=True)
class Core:
    """A name as it is compared: its words without form and small words, and what kind of body it names, where it does."""

    text: str
    kinds: frozenset[str]

    def may_be(self, other: Core) -> bool:
        """Whether the kinds leave it open: the municipality of Utrecht is not its university."""
        return not self.kinds or not other.kinds or bool(self.kinds & other.kinds)


class Doubles:
    """The known bodies, found again by what is typed of one. Search takes milliseconds among ten thousand."""

    def __init__(self, bodies: Iterable[Body] = ()) -> None:
        self._bodies: dict[str, Body] = {}
        self._by_number: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._by_name_alone: dict[str, list[str]] = defaultdict(list)
        self._by_core: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._by_domain: dict[str, list[str]] = defaultdict(list)
        self._cores: dict[str, dict[str, str]] = defaultdict(dict)
        for body in bodies:
            self.add(body)

    def add(self, body: Body) -> None:
        """Know one more body."""
        self._bodies[body.key] = body
        number, core = number_key(body.registration_no, body.country), core_of(body.name)
        if number:
            self._by_number[body.country, number].append(body.key)
        self._by_name[body.country, name_key(body.name)].append(body.key)
        self._by_name_alone[name_key(body.name)].append(body.key)
        if core.text:
            self._by_core[body.country, core.text].append(body.key)
            self._cores[body.country][body.key] = core.text
        if body.mail_domain:
            self._by_domain[body.mail_domain.casefold()].append(body.key)

    def find(self, body: Body, *, domain: str = "") -> list[Double]:
        """The known bodies that may be this one, the likeliest first; `domain` is that of its contact's mail address.

        Bodies of another country are compared by their whole name alone, for the country may be the slip. Certain are those
        of the same country with the same number and name, or the same name where one of the two has no number.
        """
        grounds: dict[str, list[str]] = defaultdict(list)
        number, core = number_key(body.registration_no, body.country), core_of(body.name)
        for key in self._by_number.get((body.country, number), ()) if number else ():
            grounds[key].append("number")
        for key in self._by_name.get((body.country, name_key(body.name)), ()):
            grounds[key].append("name")
        for key in self._like(body, core):
            grounds[key].append("core" if core_of(self._bodies[key].name).text == core.text else "letters")
        for key in self._by_name_alone.get(name_key(body.name), ()):
            if self._bodies[key].country != body.country:
                grounds[key].append("elsewhere")
        for key in self._of_domain(domain or body.mail_domain, core):
            grounds[key].append("domain")
        found = [self._double(body, key, tuple(why)) for key, why in grounds.items() if key != body.key]
        ranks = list(GROUNDS)
        found.sort(key=lambda one: (not one.is_certain, [ranks.index(why) for why in one.grounds], one.key))
        return found

    def _double(self, body: Body, key: str, grounds: tuple[str, ...]) -> Double:
        other = self._bodies[key]
        mine, theirs = (number_key(one.registration_no, one.country) for one in (body, other))
        same_name = "name" in grounds
        is_certain = same_name and ("number" in grounds or not (mine and theirs))
        return Double(key, grounds, is_certain)

    def _like(self, body: Body, core: Core) -> list[str]:
        """Those whose names say the same without their form, or nearly; never those of the very same name."""
        if not core.text:
            return []
        same_name = set(self._by_name.get((body.country, name_key(body.name)), ()))
        found = list(self._by_core.get((body.country, core.text), ()))
        letters = 0 if len(core.text) < _SHORTEST_LETTERS else 1 if len(core.text) < _TWO_LETTERS_FROM else 2
        if letters:
            cores = self._cores[body.country]
            near = process.extract(core.text, cores, scorer=Levenshtein.distance, score_cutoff=letters, limit=None)
            found += [key for _text, distance, key in near if distance]
        return [k for k in found if k not in same_name and core_of(self._bodies[k].name).may_be(core)]

    def _of_domain(self, domain: str, core: Core) -> list[str]:
        """The one body with this mail domain; a domain that several share says nothing."""
        domain = domain.casefold()
        found = self._by_domain.get(domain, []) if domain and domain not in _SHARED_MAIL else []
        return [k for k in found if core_of(self._bodies[k].name).may_be(core)] if len(found) == 1 else []


@lru_cache(maxsize=65_536)
def core_of(name: str) -> Core:
    """A name without legal form, kind of body, accents, case and punctuation; the words in alphabetical order."""
    words = _plain(name).split()
    kinds = frozenset(_KIND_OF[word] for word in words if word in _KIND_OF)
    rest = [word for word in words if word not in _KIND_OF and word not in _DROPPED]
    stems = sorted(word[:-1] if len(word) > 4 and word.endswith("s") else word for word in rest)  # Stockholms stad
    return Core(" ".join(stems), kinds)


def name_key(name: str) -> str:
    """A name as it is compared word by word: no case, accents or punctuation, every word kept."""
    return _plain(name) or unicodedata.normalize("NFKC", name).casefold().strip()


def number_key(number: str, country: str = "") -> str:
    """A registration number as it is compared: letters and digits, without the country's letters and leading zeros.

    In Sweden the century of a twelve-digit number and the ending 01 of a VAT number are left out.
    """
    signs = "".join(sign for sign in unicodedata.normalize("NFKC", number).upper() if sign.isalnum())
    if country and signs.startswith(country) and signs[len(country) :].isdigit():
        signs = signs[len(country) :]
        if country == "SE" and len(signs) == 12 and signs.endswith("01"):
            signs = signs[:-2]
    if country == "SE" and len(signs) == 12 and signs.startswith("16"):
        signs = signs[2:]
    return signs.lstrip("0")


def domain_of(email: str) -> str:
    """The domain of a mail address; blank where it is one that everybody can have."""
    domain = email.rpartition("@")[2].strip().casefold()
    return "" if domain in _SHARED_MAIL else domain


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    folded = "".join(sign for sign in folded if not unicodedata.combining(sign))
    folded = folded.replace("ø", "o").replace("ß", "ss").replace("æ", "ae")
    folded = _INITIALS.sub(lambda found: found[0].replace(".", ""), folded)
    return re.sub(r"[\W_]+", " ", folded).strip()
