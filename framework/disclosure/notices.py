"""Mails of a submission: one receipt an upload, problems of a file, what counts; never a file name or a found value."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure import receipts, sealing
from framework.ground.issue_catalogue import catalogue
from framework.ground.issues import Issue
from framework.ground.mail import post
from models.disclosure import Submission
from models.people import User
from models.records import Mail
from models.sealing import KeyMissing, SealBroken, WrongMasterKey, open_object, open_text, ring

logger = logging.getLogger(__name__)
WAIT_FOR_READING = dt.timedelta(seconds=60)
CAUSES = 3
PROBLEMS = ("block", "error", "warning")
SEALED_SUMMARY, SHA256, PROOF = "mail.summary", "stored_file.content_sha256", "mail.receipt"
"""What parameters of mails are called under their seals."""
SEALED = ("sealed", "sha256", "proof")


def was_received(session: Session, submission: Submission, *, now: dt.datetime) -> Mail | None:
    """The receipt as a mail: it waits a minute for the reading, so that one mail tells both (screens M3, M4)."""
    if submission.state == "late":
        return _post(session, submission, "submission_late", now=now, seconds=submission.late_by_seconds)
    mail = _post(session, submission, "submission_received", now=now, read=False)
    if mail is not None:
        mail.next_try_at = now + WAIT_FOR_READING
    return mail


def was_read(
    session: Session,
    submission: Submission,
    issues: Sequence[Issue],
    *,
    now: dt.datetime,
    after: dt.timedelta = WAIT_FOR_READING,
) -> None:
    """Complete the receipt that still waits; where it has left, say that the file is read.

    That is told of every file that cannot count, and of others where they were read for longer than `after` and no
    mail about counting follows at once: receipt closed means that they are counted or lapse now.
    """
    told = {"read": True, "verdict": submission.verdict, **_sealed_summary(submission, issues)}
    waiting = _waiting_receipt(session, submission)
    if waiting is not None:
        waiting.params = waiting.params | told
        waiting.next_try_at = now
    elif _is_settled_now(submission):
        return
    elif submission.verdict != "countable" or now - _asked_at(submission) >= after:
        _post(session, submission, "submission_read", now=now, **told)


def was_given_up(session: Session, submission: Submission, *, now: dt.datetime) -> None:
    """Say that a version is refused that nobody could read before its session ended: a file that can count must be sent anew."""
    waiting = _waiting_receipt(session, submission)
    if waiting is not None:
        waiting.params = waiting.params | {"read": True, "verdict": "refused"}
        waiting.next_try_at = now
        return
    _post(session, submission, "submission_read", now=now, read=True, verdict="refused")


def was_read_again(
    session: Session, submission: Submission, issues: Sequence[Issue], *, now: dt.datetime, after: dt.timedelta
) -> None:
    """Say that a version whose cells were mended is read, where that took long: nobody waits for it at the screen."""
    if not _is_settled_now(submission) and now - _asked_at(submission) >= after:
        told = {"verdict": submission.verdict, **_sealed_summary(submission, issues)}
        _post(session, submission, "submission_read", now=now, **told)


def was_counted(session: Session, submission: Submission, *, now: dt.datetime) -> None:
    """Tell the sender that this version counts."""
    _post(session, submission, "submission_counted", now=now)


def was_withdrawn(session: Session, submission: Submission, *, whole: bool, now: dt.datetime) -> None:
    """The receipt of a withdrawal: of the whole submission, or of one version."""
    template = "submission_withdrawn" if whole else "submission_discarded"
    _post(session, submission, template, now=now, at=_words(now, submission))


def was_not_counted(session: Session, submission: Submission, *, now: dt.datetime) -> None:
    """Tell the sender why a version does not count."""
    _post(session, submission, "submission_not_counted", now=now, reason=submission.reason)


def _asked_at(submission: Submission) -> dt.datetime:
    """Since when this reading is waited for."""
    return submission.job.queued_at if submission.job is not None else submission.received_at


def _is_settled_now(submission: Submission) -> bool:
    """Whether it is counted or lapses in this very act, which has a mail of its own."""
    return submission.round.state == "receipt_closed" and submission.state == "checked"


def _summary(submission: Submission, issues: Sequence[Issue]) -> dict[str, Any]:
    """Counts, and the first causes by their codes: sentences of the catalogue with values stay in the product."""
    causes = Counter((issue.code, issue.cause) for issue in issues if issue.severity.value in PROBLEMS)
    return {
        "verdict": submission.verdict,
        "rows": submission.rows_in,
        "is_infected": any(issue.cause == "file-infected" for issue in issues),
        "problems": sum(submission.issue_counts.get(severity, 0) for severity in PROBLEMS),
        "causes": [{"advice": _advice(*key), "count": number} for key, number in causes.most_common(CAUSES)],
    }


def _sealed_summary(submission: Submission, issues: Sequence[Issue]) -> dict[str, Any]:
    """The same as it lies in the outbox: of a sealed version it is sealed, until the mail is written."""
    summary, key = _summary(submission, issues), sealing.key_of(submission)
    return summary if key is None else {"sealed": key.object(SEALED_SUMMARY, summary)}


def opened(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a mail, with what was sealed of them. Raises KeyMissing and SealBroken.

    Where openers hold shares the key of the file may be away by now: such a mail goes without what only it opens.
    """
    if params.get("is_by_shares") and not all(ring().holds(one) for one in keys_needed(params)):
        return {name: value for name, value in params.items() if name not in SEALED}
    said = dict(params)
    if "sealed" in said:
        said |= open_object(SEALED_SUMMARY, said.pop("sealed"))
    if "sha256" in said:
        said["sha256"] = open_text(SHA256, str(said["sha256"]))
    if "proof" in said:
        said["proof"] = open_text(PROOF, str(said["proof"]))
    return said


def keys_needed(params: dict[str, Any]) -> set[str]:
    """The ids of the keys that `opened` needs."""
    return sealing.named_in(params.get(name) for name in SEALED)


def _advice(code: str, cause: str) -> str:
    """What to do about a cause, where the sentence quotes nothing of the file."""
    entry = catalogue().get((code, cause)) or catalogue()[code, ""]
    return entry.advice if "%(" not in entry.advice else ""


def _waiting_receipt(session: Session, submission: Submission) -> Mail | None:
    query = select(Mail).where(
        Mail.round_id == submission.round_id,
        Mail.template == "submission_received",
        Mail.state == "waiting",
        Mail.attempts == 0,
    )
    found = session.scalars(query.order_by(Mail.id.desc()).with_for_update()).all()
    return next((mail for mail in found if mail.params.get("receipt") == submission.receipt_number), None)


def _post(session: Session, submission: Submission, template: str, *, now: dt.datetime, **params: Any) -> Mail | None:
    sender = session.get(User, submission.created_by_id) if submission.created_by_id else None
    if sender is None:
        return None
    round_ = submission.round
    return post(
        session,
        template,
        to=sender,
        now=now,
        round_=round_,
        recipient=sender.name,
        round_name=round_.name,
        receipt=submission.receipt_number,
        received_at=_words(submission.received_at, submission),
        deadline=_words(round_.tender_deadline, submission),
        bytes=submission.file.size,
        sha256=submission.file.sealed_sha256,
        proof=_proof(session, submission),
        path=f"/rounds/{round_.public_id}/disclosure/{submission.public_id}",
        is_by_shares=sealing.is_by_shares(round_),
        **params,
    )


def _proof(session: Session, submission: Submission) -> str:
    """The signed receipt that goes with the mail, without the name of the file; blank where it was never signed.

    It lies sealed in the outbox as what it speaks of does. One that does not open is not attached, and stops no act.
    """
    try:
        with sealing.for_job(session, submission.supplier_id):
            if sealing.is_away(submission):
                return ""
            found = receipts.lines(session, submission)
            return sealing.text(sealing.key_of(submission), PROOF, receipts.as_file(found)) if found else ""
    except (KeyMissing, SealBroken, WrongMasterKey) as error:
        logger.error("a mail of receipt %s goes without it: %s", submission.receipt_number, error)
        return ""


def _words(instant: dt.datetime | None, submission: Submission) -> str:
    """An instant to the second with its zone, the same in every language."""
    zone = submission.round.zone
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S%z} ({zone})" if instant is not None else ""
