"""Documents as PDF and pictures as PNG: a typst template and plain values become tagged pages with title, language, author and date.

Texts reach the template as JSON and are set as they are: none of them is markup, names a file or reaches the network.
Each document is set by a process of its own, bounded in time and memory, with the typefaces of the library and no others:
the same values give the same bytes on every machine.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from framework.ground.text import N_

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "pdf"
LACKING = N_("Characters that the typeface of this document lacks stand as their Unicode numbers, such as [U+5BCC].")
SECONDS = 20
"""How long one document may take; a letter of a page takes a fraction of one."""
PER_INCH = 152.4
"""Pixels of a picture: six a millimetre."""
AT_ONCE = 2
"""So many documents a process of the server has set at once; others wait, for each may take much memory."""
_setting = BoundedSemaphore(AT_ONCE)
_SETTER = Path(__file__).with_name("pdf_setter.py")
_QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"", re.DOTALL)
_KEPT_OF_COMPLAINTS = 500
_COVERED = (
    *((0x0A, 0x0A), (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x34E), (0x350, 0x377)),  # Latin, without what is not seen
    *((0x37A, 0x37F), (0x384, 0x38A), (0x38C, 0x38C), (0x38E, 0x3A1), (0x3A3, 0x4FF)),  # Greek, Cyrillic
    *((0x531, 0x556), (0x559, 0x58A), (0x5D0, 0x5EA), (0x10D0, 0x10FF)),  # Armenian, Hebrew, Georgian
    *((0x1D00, 0x1EFF), (0x2000, 0x200A), (0x2010, 0x2027), (0x202F, 0x2040), (0x2044, 0x2052)),  # more Latin, signs
    *((0x2070, 0x2071), (0x2074, 0x208E), (0x20A0, 0x20C0), (0x2100, 0x211E), (0x2120, 0x2120), (0x2122, 0x2122)),
    *((0x2126, 0x2151), (0x2153, 0x2184), (0x2190, 0x23FF), (0x2460, 0x262F), (0xFFFD, 0xFFFD)),
)
"""First and last code points of what the typefaces of the library show, each alone and beside its neighbours."""
_LACKING = re.compile("[^" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in _COVERED) + "]+")


class NotMade(Exception):
    """No document came: it took too long, or the machine or a template of ours failed. Nothing was stored."""


@dataclass(frozen=True, slots=True)
class About:
    """What a document says of itself. `created_at` is that of the record; `lacking` is `LACKING` in its language."""

    title: str
    language: str
    author: str
    created_at: dt.datetime
    lacking: str


def document(template: str, values: Mapping[str, Any], about: About) -> bytes:
    """The PDF (PDF/UA-1 and PDF/A-2a) that `templates/pdf/<template>.typ` makes of plain JSON values.

    A character that the typefaces lack stands as its code point, such as [U+5BCC], and a sentence at the end says so.
    Raises NotMade.
    """
    return _set(json.dumps(_order(template, values, about)).encode(), b"%PDF-")


def picture(template: str, values: Mapping[str, Any], about: About) -> bytes:
    """The PNG of a template of one page, at `PER_INCH` pixels an inch: 320 mm are 1,920 pixels. Raises NotMade."""
    return _set(json.dumps(_order(template, values, about) | {"ppi": PER_INCH}).encode(), b"\x89PNG")


def _order(template: str, values: Mapping[str, Any], about: About) -> dict[str, Any]:
    facts = {"title": about.title, "language": about.language, "author": about.author}
    given = {"values": values, "about": facts}
    shown = _each_text(given, legible)
    shown["about"]["lacking"] = about.lacking if shown != _each_text(given, _lines) else ""
    return {
        "template": str(TEMPLATES / f"{template}.typ"),
        "root": str(TEMPLATES),
        "inputs": {name: json.dumps(part, ensure_ascii=False) for name, part in shown.items()},
        "created_at": int(about.created_at.timestamp()),
        "seconds": SECONDS,
    }


def legible(text: str) -> str:
    """The text with every run of characters that cannot be shown as its code points."""
    return _LACKING.sub(lambda found: f"[{' '.join(f'U+{ord(one):04X}' for one in found[0])}]", _lines(text))


def _lines(text: str) -> str:
    """One kind of line end, and a space for a tab: neither is a character that could be shown."""
    return text.replace("\r\n", "\n").replace("\t", " ")


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {str(key): _each_text(part, change) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(part, change) for part in value]
    return value


def _set(order: bytes, begins: bytes) -> bytes:
    if not _setting.acquire(timeout=SECONDS):
        raise NotMade("too many at once")
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", str(_SETTER)],
            input=order,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd="/",
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "RAYON_NUM_THREADS": "1"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotMade(type(error).__name__) from None
    finally:
        _setting.release()
    if done.returncode != 0 or not done.stdout.startswith(begins):
        raise NotMade(f"{done.returncode}: {_complaint(done.stderr)}")
    return done.stdout


def _complaint(said: bytes) -> str:
    """The end of what the process complained, without what it quotes: that may be a text of somebody's."""
    return _QUOTED.sub("…", said.decode("utf-8", "replace"))[-_KEPT_OF_COMPLAINTS:].strip()
