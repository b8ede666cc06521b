"""What a reader calls a bidder and the places in its file."""

from __future__ import annotations

from flask_babel import gettext as _

from framework.disclosure.checked import ANSWERS
from framework.disclosure.confidentiality import Reader
from framework.disclosure.declared import is_of_others, titles
from framework.disclosure.foreign.recognising import TEMPLATE_SHEETS
from framework.disclosure.veil import sheet_number
from models.disclosure import Submission, SubmissionRow
from models.veiled import names


def bidder(reader: Reader, name: str) -> str:
    """A supplier by its name, or as *Bidder B* where names are not for this reader yet."""
    return lettered(name) if reader.hides_bidders else name


def lettered(letter: str) -> str:
    """A bidder by its letter. Whoever judges by letters reads those of the judging, which are words already."""
    if names() is not None:
        return letter
    return _("Bidder %(letter)s", letter=letter)


def sheet_words(reader: Reader, submission: Submission, sheet: str) -> str:
    """The name of a sheet, or its number where its name may not or need not be shown.

    A sheet of a format of others is called what its template calls it, which names no bidder.
    """
    title = titles(submission).get(sheet, sheet)
    if is_of_others(submission.format) and title.strip().casefold() in TEMPLATE_SHEETS:
        return _("%(sheet)s, answers", sheet=title) if sheet == ANSWERS else title
    number = sheet_number(reader, submission, sheet)
    return sheet if number is None else _("List %(number)s", number=number)


def place(reader: Reader, submission: Submission, row: SubmissionRow) -> str:
    """Sheet and row of a row of the file."""
    return _("%(sheet)s, row %(row)s", sheet=sheet_words(reader, submission, row.sheet), row=row.row)
