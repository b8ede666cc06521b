"""Files that leave by a page: a workbook, a table as CSV in the reader's form, a document as PDF."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from flask import Response, send_file
from werkzeug.wrappers import Response as AnyResponse

from framework.ground import pdf
from framework.ground.table_files import Value, csv_text
from views.i18n import current_language, words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SEMICOLON_LANGUAGES = ("nl", "sv")
"""Where a comma is the decimal sign, spreadsheets expect a semicolon between cells."""


def send_workbook(content: bytes, name: str) -> AnyResponse:
    """A workbook as an attachment."""
    return send_file(io.BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=name)


def send_pieces(pieces: Iterator[bytes], size: int, name: str) -> Response:
    """Bytes as an attachment, as they come. What does not open is noticed before the first of them leaves."""
    first = next(pieces, b"")
    answer = Response(chain([first], pieces), mimetype="application/octet-stream")
    answer.content_length = size
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def send_csv(header: Sequence[str], rows: Iterable[Sequence[Value]], name: str) -> Response:
    """A table as a CSV attachment, separated as the reader's spreadsheet expects."""
    delimiter = ";" if current_language() in SEMICOLON_LANGUAGES else ","
    answer = Response(csv_text(header, rows, delimiter=delimiter), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def send_pdf(
    template: str, values: Mapping[str, Any], *, name: str, title: str, author: str, created_at: dt.datetime
) -> AnyResponse:
    """A document as an attachment, in the language of now; `created_at` is that of the record. Raises pdf.NotMade."""
    about = pdf.About(title, current_language(), author, created_at, lacking=words(pdf.LACKING))
    content = pdf.document(template, values, about)
    return send_file(io.BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=name)
