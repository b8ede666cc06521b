"""Show a text of a supplier's file as it was sent: set apart from the words around it, with its control characters named."""

from __future__ import annotations

import unicodedata

from markupsafe import Markup, escape

from views.disclosure import blueprint

_NAMED = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Categories of characters that nobody sees, or that change how the rest is shown (U+202E turns a name round)."""


@blueprint.app_template_filter("as_sent")
def as_sent(text: object) -> Markup:
    """The text, in an element of its own where characters of it could change the order of the words around it."""
    sent = str(text)
    shown = "".join(f"[U+{ord(c):04X}]" if unicodedata.category(c) in _NAMED else c for c in sent)
    return escape(shown) if sent.isascii() else Markup("<bdi>{}</bdi>").format(shown)
