"""What goes into a call and what comes out of it; the descriptions are what the page about the interface prints."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range, Regexp

from framework.ground.text import N_
from models.disclosure import SEVERITIES, TENDER_STATES

LARGEST_PAGE = 1000
KEY_PATTERN = r"^[A-Za-z0-9._:-]{8,64}$"
ID_PATTERN = "^[a-z0-9]{16}$"
VERDICTS = ("countable", "blocked", "refused")


def _text(description: str, example: str | None = None, **options: Any) -> fields.String:
    return fields.String(metadata=_said(description, example), **({"required": True} | options))


def _whole(description: str, example: int | None = None, **options: Any) -> fields.Integer:
    return fields.Integer(metadata=_said(description, example), **({"required": True} | options))


def _instant(description: str, **options: Any) -> fields.AwareDateTime:
    said = _said(description, "2026-11-23T09:00:00+00:00")
    return fields.AwareDateTime(metadata=said, **({"required": True} | options))


def _yes_no(description: str, **options: Any) -> fields.Boolean:
    return fields.Boolean(metadata=_said(description, None), **({"required": True} | options))


def _said(description: str, example: Any) -> dict[str, Any]:
    return {"description": description} | ({} if example is None else {"example": example})


class PageQuery(Schema):
    """Which part of a list."""

    page = fields.Integer(
        load_default=1,
        validate=Range(1, 1_000_000),
        metadata={"description": N_("Which page, from 1; beyond the last one the list is empty.")},
    )
    per_page = fields.Integer(
        load_default=100,
        validate=Range(1, LARGEST_PAGE),
        metadata={"description": N_("How many entries to a page, at most 1000.")},
    )


class IssueQuery(PageQuery):
    """Which remarks."""

    severity = fields.String(
        load_default="", validate=OneOf(SEVERITIES), metadata={"description": N_("Only remarks of this severity.")}
    )
    code = fields.String(
        load_default="",
        validate=Regexp("^[a-z0-9-]{1,60}$"),
        metadata={"description": N_("Only remarks with this code.")},
    )


class UploadQuery(Schema):
    """What a file sent as it is cannot say of itself."""

    name = fields.String(
        load_default="",
        validate=Length(1, 255),
        metadata={"description": N_("Name of the file, with its ending, where it is sent as it is; else “upload”.")},
    )


class KeyHeader(Schema):
    """The key under which an act is done once."""

    key = fields.String(
        data_key="Idempotency-Key",
        required=True,
        validate=Regexp(KEY_PATTERN),
        metadata={
            "description": N_(
                "A key of your making, new for each act: 8 to 64 letters, figures, dots, colons, dashes. "
                "Sent again with the same content it gives the first answer; with other content it is refused."
            )
        },
    )


class Part(Schema):
    """Which part of a list this is."""

    page = _whole(N_("The page asked for."), 1)
    per_page = _whole(N_("Entries to a page."), 100)
    total = _whole(N_("Entries in all."), 1)
    next = _text(N_("Address of the next page; null on the last one."), allow_none=True)


class RoundLinks(Schema):
    """Where to go on from a round."""

    submissions = _text(N_("Your versions; send one here."), "/api/v1/rounds/abcdefghijklmnop/submissions")
    page = _text(N_("The same for people."), "/rounds/abcdefghijklmnop/disclosure")


class Round(Schema):
    """A round you may send to."""

    id = _text(N_("Identifier of the round."), "abcdefghijklmnop")
    name = _text(N_("Name of the round."), "Laptops 2027")
    lead = _text(N_("The organisation that leads it."), "Region North")
    state = _text(N_("State of the round, as a code."), "published")
    state_words = _text(N_("The same in words, in the language asked for."), "Published")
    deadline = _instant(N_("Tender deadline, in UTC."))
    zone = _text(N_("Zone in which the round states its deadline."), "Europe/Brussels")
    is_open = _yes_no(N_("Whether a file sent now is in time; a later one is kept, marked late and not counted."))
    counts_by_itself = _yes_no(
        N_("Whether the newest countable version is counted at the deadline without a further act.")
    )
    links = fields.Nested(RoundLinks, required=True)


class Rounds(Part):
    """The rounds you may send to."""

    rounds = fields.List(fields.Nested(Round), required=True)


class VersionLinks(Schema):
    """Where to go on from a version."""

    self = _text(N_("State of the version."), "/api/v1/rounds/abcdefghijklmnop/submissions/qrstuvwxyz234567")
    issues = _text(N_("Its remarks."))
    receipt = _text(N_("Its receipt."))
    page = _text(N_("The same for people."))
    print = _text(N_("The receipt for paper."))


class File(Schema):
    """The file as it arrived."""

    name = _text(
        N_("Name as sent; blank while nobody can read it, where the openers of the round hold shares of its key."),
        "sites.xlsx",
        allow_none=True,
    )
    size = _whole(N_("Size in bytes."), 18250)
    sha256 = _text(N_("SHA-256 of its bytes, in hexadecimal; blank likewise."), allow_none=True)


class Received(Schema):
    """What an upload answers: the facts of the receipt, which never change."""

    id = _text(N_("Identifier of the version."), "qrstuvwxyz234567")
    round_id = _text(N_("Identifier of the round."), "abcdefghijklmnop")
    version = _whole(N_("Number of the version among yours in this round."), 3)
    receipt_number = _text(N_("Number of the receipt, with two check digits."), "000042-13")
    received_at = _instant(N_("When it was received, in UTC: the stamp that decides."))
    in_time = _yes_no(N_("Whether it arrived in time."))
    late_by_seconds = _whole(N_("Seconds after the deadline; null where in time."), allow_none=True)
    file = fields.Nested(File, required=True)
    links = fields.Nested(VersionLinks, required=True)


class Rows(Schema):
    """The account of rows: read = stored + listed."""

    read = _whole(N_("Rows with values in the file."), 120)
    stored = _whole(N_("Rows stored."), 118)
    listed = _whole(N_("Rows left out, each with a reason."), 2)


class SheetRows(Rows):
    """The account of one sheet."""

    name = _text(N_("Name of the sheet."), "3_sites")


class Counts(Schema):
    """How many remarks of each severity."""

    block = _whole(N_("Remarks that keep the version from being counted."), 0)
    error = _whole(N_("Errors: the value is kept as found and treated as not given."), 4)
    warning = _whole(N_("Warnings: the value stands, somebody should look."), 7)
    note = _whole(N_("Notes, for information."), 1)


class Progress(Schema):
    """How far the reading is."""

    done = _whole(N_("Rows or steps done."), 1000)
    total = _whole(N_("Of how many; null where not known yet."), 20000, allow_none=True)


class Version(Schema):
    """What became of a version."""

    id = _text(N_("Identifier of the version."), "qrstuvwxyz234567")
    round_id = _text(N_("Identifier of the round."), "abcdefghijklmnop")
    version = _whole(N_("Number of the version among yours in this round."), 3)
    receipt_number = _text(N_("Number of the receipt, with two check digits."), "000042-13")
    received_at = _instant(N_("When it was received, in UTC: the stamp that decides."))
    state = _text(N_("State of the version, as a code."), "checked", validate=OneOf(TENDER_STATES))
    state_words = _text(N_("The same in words, in the language asked for."), "Will be counted")
    sentence = _text(N_("What became of it and what comes next, in one or two sentences."))
    verdict = _text(
        N_("What the reading found: countable, blocked or refused; null until read."),
        "countable",
        allow_none=True,
        validate=OneOf(VERDICTS),
    )
    is_being_read = _yes_no(N_("Whether a result is still to come: ask again after the seconds of Retry-After."))
    is_stopped = _yes_no(
        N_("Whether the reading was stopped: no result comes until it is taken up again or receipt closes.")
    )
    progress = fields.Nested(Progress, required=True, allow_none=True)
    counts = _yes_no(N_("Whether this version counts, or will count at the deadline as things stand."))
    format = _text(N_("What the file was recognised as."), "hefboom-1.0", allow_none=True)
    rows = fields.Nested(Rows, required=True, allow_none=True)
    sheets = fields.List(fields.Nested(SheetRows), required=True)
    remarks = fields.Nested(Counts, required=True, allow_none=True)
    counted_at = _instant(N_("When it was counted, in UTC; null where it was not."), allow_none=True)
    withdrawn_at = _instant(N_("When it was taken back, in UTC; null where it was not."), allow_none=True)
    links = fields.Nested(VersionLinks, required=True)


class Versions(Part):
    """Your versions in a round, newest first."""

    versions = fields.List(fields.Nested(Version), required=True)


class Issue(Schema):
    """One remark at one place of the file."""

    code = _text(N_("Code of the remark; the list of codes stands in the documentation."), "value-missing")
    cause = _text(N_("Cause under the code; blank where it has none."), "")
    severity = _text(N_("block, error, warning or note."), "error", validate=OneOf(SEVERITIES))
    sheet = _text(N_("Sheet, as the file names it; blank where it is about the whole file."), "3_sites")
    row = _whole(N_("Row number of the sheet; null where it is about no row."), 14, allow_none=True)
    column = _text(N_("Column, as the file names it."), "country")
    cell = _text(N_("Cell, such as F14; blank where it is about no cell."), "F14")
    value = _text(N_("What was found there, at most 200 characters."), "Atlantis")
    message = _text(N_("What is wrong, in the language asked for."))
    what_to_do = _text(N_("What to do about it, in the language asked for."))
    params = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": N_("What the sentences were filled in with, for programs.")},
    )


class Issues(Part):
    """Remarks, in the order found."""

    issues = fields.List(fields.Nested(Issue), required=True)
    not_listed = _whole(N_("Further remarks of the least grave kind that are counted and not kept one by one."), 0)


class Receipt(Received):
    """The receipt of a version, and what became of it."""

    round_name = _text(N_("Name of the round."), "Laptops 2027")
    organisation = _text(N_("The supplier it was sent for."), "Example Reseller")
    person = _text(N_("Who sent it; blank where the account is gone."), "A. Person")
    received_at_local = _text(
        N_("The same instant in the zone of the round, with its offset."), "2026-11-23T10:00:00+01:00"
    )
    zone = _text(N_("Zone in which the round states its deadline."), "Europe/Brussels")
    event = _whole(N_("Number of the event in the record; null where not known."), 4711, allow_none=True)
    terms_sha256 = _text(N_("SHA-256 of the terms of the round as published."), allow_none=True)
    state = _text(N_("State of the version, as a code."), "checked", validate=OneOf(TENDER_STATES))
    state_words = _text(N_("The same in words, in the language asked for."), "Will be counted")
    counted_at = _instant(N_("When it was counted, in UTC; null where it was not."), allow_none=True)
    note = _text(N_("What the receipt promises and what it does not."))


class FieldError(Schema):
    """What a schema found wrong with an argument."""

    place = _text(N_("Where: query or headers."), "query")
    name = _text(N_("Name of the argument."), "per_page")
    message = _text(N_("What is wrong with it, in English."), "Not a valid integer.")


class Problem(Schema):
    """A refusal (RFC 9457)."""

    type = _text(N_("Where the status is explained."), "/api/#status-409")
    title = _text(N_("The status in words."), "Conflict")
    status = _whole(N_("The status."), 409)
    code = _text(N_("Code of the refusal; it never changes."), "receipt-closed")
    detail = _text(N_("What is wrong and what to do next, in the language asked for."))
    reference = _text(N_("Name this when you ask for help."))
    errors = fields.List(fields.Nested(FieldError))
