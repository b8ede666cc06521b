"""What is judged, in the reader's words."""

from __future__ import annotations

from flask_babel import gettext as _

from models.judging import Item
from views.chain import measure_words


def what(item: Item) -> str:
    """A section of a disclosure, or a criterion with its scale."""
    if item.criterion is not None:
        return _("%(criterion)s (0 to %(highest)s points)", criterion=item.criterion.name, highest=item.scale_max)
    return measure_words.what(item.section, item.kind)
