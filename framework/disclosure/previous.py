"""What a supplier's standing version said of its sites, so that a newer one can be asked whether it says less (D55)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure.columns import COMPONENTS, LINKS, SITES
from framework.disclosure.counting import standing, versions
from framework.disclosure.recognise import SITE_LIST
from models.disclosure import Submission, SubmissionRow

NEEDED = {
    SITES: ("site_ref", "site_legal_name", "address_line", "city", "region", "country"),
    COMPONENTS: ("component_ref", "product_ref", "component_type", "tier"),
    LINKS: ("product_ref", "component_ref", "site_ref"),
}
Records = dict[str, list[dict[str, Any]]]


def standing_before(session: Session, submission: Submission) -> Submission | None:
    """The newest version before this one that counts, or would have counted."""
    found = versions(session, submission.round, submission.supplier_id)
    return standing([one for one in found if one.version_no < submission.version_no])


def rows_before(session: Session, submission: Submission) -> Records | None:
    """The columns that tell how exactly its sites were known, as `Checked.tables` has them; None without such a version."""
    before = standing_before(session, submission)
    if before is None:
        return None
    is_list = before.format == SITE_LIST
    records: Records = {name: [] for name in NEEDED}
    for sheet, row, values in session.execute(_rows(before)):
        target = SITES if is_list else sheet
        if target in NEEDED:
            kept = {name: values[name] for name in NEEDED[target] if name in values}
            records[target].append({"row": row, "values": kept, "found": {}})
    return records


def _rows(submission: Submission) -> Any:
    table = SubmissionRow
    stored = select(table.sheet, table.row, table.read_values).where(
        table.submission_id == submission.id, table.listed_reason == ""
    )
    return stored.order_by(table.id)
