"""English, Dutch and Swedish at par: nothing untranslated, no placeholder lost, no bare sentence in a template."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "translations"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "NN_": (1, 2), "_l": None, "lazy_gettext": None}
LANGUAGES = ("nl", "sv")


@cache
def source() -> dict[object, list[str]]:
    """Every message of the source with the places where it stands."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as handle:
        methods, options = parse_mapping_cfg(handle)
    found: dict[object, list[str]] = {}
    for name, line, message, _comments, _context in extract_from_dir(ROOT, methods, options, keywords=KEYWORDS):
        if message:
            found.setdefault(message, []).append(f"{name}:{line}")
    return found


@cache
def catalogue(language: str) -> Catalog:
    """The catalogue of a language."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as handle:
        return read_po(handle, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language):
    known = catalogue(language)

    missing = [f"{places[0]}: {message}" for message, places in source().items() if not _is_translated(known, message)]

    assert not missing, f"{len(missing)} untranslated, first: {missing[:10]}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_uncertain(language):
    uncertain = [message.id for message in catalogue(language) if message.fuzzy and message.id]

    assert uncertain == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_translation(language):
    broken = []
    for message in catalogue(language):
        wanted = _placeholders(message.id)
        for text in message.string if isinstance(message.string, tuple | list) else (message.string,):
            if text and message.id and set(PLACEHOLDER.findall(text)) - {"num"} != wanted - {"num"}:
                broken.append((message.id, text))

    assert broken == []


AVOIDED = {
    "nl": (r"werkboek\w*", r"(?<!productie)\blocaties?"),
    "sv": (r"ni", r"er", r"era", r"ert"),
}
"""Words that the catalogues do without: in Dutch a workbook is a werkmap and a site a productielocatie; Swedish says du."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_word_is_used_for_one_thing(language):
    avoided = re.compile(rf"\b(?:{'|'.join(AVOIDED[language])})\b", re.IGNORECASE)
    found = [
        text
        for message in catalogue(language)
        for text in (message.string if isinstance(message.string, tuple | list) else (message.string,))
        if message.id and avoided.search(text)
    ]

    assert found == []


def templates() -> list[Path]:
    """All HTML templates."""
    return sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_bare_sentence_stands_in_a_template(path):
    bare = [words for words in bare_words(path.read_text(encoding="utf-8")) if words not in ALLOWED]

    assert bare == []


ALLOWED = {"· Hefboom", "Hefboom", "SHA-256", "English", "Nederlands", "Svenska", "E0", "xlsx", "csv"}


def bare_words(text: str) -> list[str]:
    """Runs of words between the tags of a template that no translation function holds."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    text = re.sub(r"{% block width %}.*?{% endblock %}", "", text)
    tokens = environment.lex(text)
    data = "\0".join(
        value if kind == "data" else " " for _line, kind, value in tokens if kind in ("data", "variable_begin")
    )
    data = re.sub(r"<(script|style|pre|code)\b.*?</\1>", " ", data, flags=re.DOTALL)
    data = re.sub(r"<!--.*?-->|<[^>]*>", "\1", data, flags=re.DOTALL)
    runs = (re.sub(r"&\w+;|\0", " ", run) for run in data.split("\1"))
    cleaned = (" ".join(run.split()) for run in runs)
    return [run for run in cleaned if re.search(r"[^\W\d_]{2,}", run) and '="' not in run]


def _is_translated(known: Catalog, message: object) -> bool:
    found = known.get(message if isinstance(message, str) else message[0])  # type: ignore[index]
    strings = found.string if found is not None else ""
    return bool(strings) and all(strings) if isinstance(strings, tuple | list) else bool(strings)


def _placeholders(message: object) -> set[str]:
    texts = message if isinstance(message, tuple | list) else (message,)
    return {name for text in texts for name in PLACEHOLDER.findall(str(text))}
