"""What a supplier reads about a version in one sentence: what became of it, why, and which one counts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from framework.disclosure import counting, receiving, stopping
from framework.disclosure.groups import Group
from framework.disclosure.recognise import OURS, SITE_LIST
from framework.ground.text import N_
from framework.rounds import settings
from models.disclosure import Submission
from models.rounds import Round
from views import clock
from views.disclosure.work import files
from views.i18n import day_time, instant, number, state_words, words

PLAIN = {
    "withdrawn": N_("Withdrawn. It does not count."),
    "replaced": N_("Replaced by a newer version. You can still read it here."),
}
NOT_TAKEN = ("refused", "late", "lapsed")
_QUOTED = re.compile(r"%\(\w+\)s")
MINUTES_FROM = 120
"""Seconds from which lateness is told in minutes; the receipt tells the seconds."""
OPENED = N_("Opened. The buyers of the round can read it now.")


def state_sentence(submission: Submission, found: Sequence[Submission], block: Group | None = None) -> str:
    """What stands in the first line: received, read, counted or not, and why (screens: a supplier's file).

    `block` is what keeps the version from being counted.
    """
    other = _other_standing(submission, found)
    if _is_past(submission.round) and submission.state in ("staged", "checked", "counted"):
        return _past_sentence(submission, found, block, other)
    match submission.state:
        case "staged":
            return _staged_sentence(submission)
        case "checked" if submission.verdict == "countable":
            return _checked_sentence(submission, found)
        case "checked":
            return joined_sentences(_("This file cannot be counted as it is."), _why(block), other)
        case "counted":
            return _(
                "Counted and sealed on %(when)s. You can replace or withdraw it until %(deadline)s.",
                when=day_time(submission.counted_at, submission.round.zone),
                deadline=_deadline(submission),
            )
        case "refused":
            return joined_sentences(_("We could not take this file."), _why(block), other)
        case "late":
            return _late_sentence(submission)
        case "lapsed":
            return _("Not counted: %(reason)s.", reason=words(submission.reason))
    return words(PLAIN.get(submission.state, OPENED))


def joined_sentences(*sentences: str) -> str:
    """Whole sentences one after the other; each was translated by itself."""
    return " ".join(one for one in sentences if one)


def version_tag(version: Submission, standing: Submission | None) -> tuple[str, str]:
    """Words and tone of a version in the list: what becomes of it, as things stand."""
    if version.state == "checked" and version.verdict != "countable":
        return _("Cannot be counted"), "error"
    if version.state == "checked":
        is_it = standing is not None and version.id == standing.id
        if not is_it:
            return _("Older"), "neutral"
        return (_("Will be counted"), "good") if counts_by_itself(version.round) else (_("Not counted yet"), "warn")
    if stopping.is_stopped(version) and version.state == "staged":
        return _("Received, reading stopped"), "warn"
    if version.state == "counted" and _is_to_be_replaced(version, standing):
        return _("Counted until replaced"), "neutral"
    if waits_for_scanner(version):
        return _("Received, waiting for the virus scanner"), "neutral"
    tone = "good" if version.state in ("counted", "opened") else "error" if version.state in NOT_TAKEN else "neutral"
    return state_words("submission_tender", version.state), tone


def waits_for_scanner(version: Submission) -> bool:
    """Whether a version is still to be read, and its file to be scanned before."""
    return files().is_scanned and version.state == "staged" and files().waits_for_scanner(version.file)


def _is_to_be_replaced(version: Submission, standing: Submission | None) -> bool:
    """Whether a newer version takes the place of a counted one by itself."""
    is_other = standing is not None and standing.id != version.id
    return is_other and counts_by_itself(version.round)


def standing_sentence(standing: Submission) -> str:
    """Which version counts, or will, and how to recognise it."""
    facts = {
        "version": standing.version_no,
        "when": instant(standing.received_at, standing.round.zone),
        "receipt": standing.receipt_number,
    }
    if standing.state == "checked" and not counts_by_itself(standing.round):
        return _("Version %(version)s can be counted. It was received on %(when)s, receipt %(receipt)s.", **facts)
    if standing.state == "checked":
        return _("Version %(version)s will be counted. It was received on %(when)s, receipt %(receipt)s.", **facts)
    return _("Version %(version)s counts. It was received on %(when)s, receipt %(receipt)s.", **facts)


def counts_by_itself(round_: Round) -> bool:
    """Whether a version that can be counted is counted at the deadline without a click (setting `auto_count`)."""
    return bool(settings.value(round_, "auto_count"))


def passed_over(last: Submission, standing: Submission) -> str:
    """That the version sent last cannot be counted, and which one is in its place."""
    facts = {
        "last": last.version_no,
        "version": standing.version_no,
        "when": instant(standing.received_at, standing.round.zone),
    }
    if standing.state == "checked":
        return _(
            "The file you sent last, version %(last)s, cannot be counted. "
            "Version %(version)s, received on %(when)s, will be counted instead.",
            **facts,
        )
    return _(
        "The file you sent last, version %(last)s, cannot be counted. "
        "Version %(version)s counts instead, received on %(when)s.",
        **facts,
    )


def replaced_workbook(version: Submission, found: Sequence[Submission]) -> str:
    """A warning where a plain list of sites takes the place of a workbook that could be counted; else blank."""
    earlier = [one for one in found if one.version_no < version.version_no and one.state != "withdrawn"]
    full = next((one for one in earlier if one.format == OURS and one.verdict == "countable"), None)
    if version.format != SITE_LIST or version.verdict != "countable" or full is None:
        return ""
    return _(
        "Version %(list)s is a plain list of sites and takes the place of your workbook, version %(version)s: "
        "what that says about the models is not counted. Send the workbook again if you did not mean this.",
        list=version.version_no,
        version=full.version_no,
    )


def without_what_was_found(template: str) -> str:
    """A sentence of the catalogue where what it quotes of the file is not at hand: an ellipsis stands for it."""
    return _QUOTED.sub("…", words(template)).replace("….", "…")


def not_kept_sentence(count: int) -> str:
    """How many remarks of the least grave kind are counted and not listed; blank where all are."""
    if not count:
        return ""
    return ngettext(
        "%(count)s further remark, of the least grave kind, is not listed.",
        "%(count)s further remarks, of the least grave kind, are not listed.",
        count,
        count=number(count),
    )


def _deadline(submission: Submission) -> str:
    return str(instant(submission.round.tender_deadline, submission.round.zone))


def _why(block: Group | None) -> str:
    return words(block.message, **block.params) if block is not None else ""


def _is_past(round_: Round) -> bool:
    return round_.state != "published" or receiving.is_past(round_, clock.now())


def _past_sentence(submission: Submission, found: Sequence[Submission], block: Group | None, other: str) -> str:
    if waits_for_scanner(submission):
        return _("Received in time and waiting for the virus scanner. It is read after that, and counted if it can be.")
    if submission.is_being_read:
        return _("Received in time and still being read. It is counted as soon as it is read, if it can be.")
    if submission.state == "counted":
        return _("Counted and sealed. The openers open it together with the others.")
    if submission.verdict == "countable":
        instead = _instead(submission, found)
        return instead or _("The deadline has passed. This version is being counted; nothing is left to do.")
    return joined_sentences(_("This file cannot be counted."), _why(block), other)


def _staged_sentence(submission: Submission) -> str:
    if stopping.is_stopped(submission):
        return _(
            "Received %(when)s, receipt %(receipt)s. Its reading is stopped. It is read on %(deadline)s at the latest.",
            when=day_time(submission.received_at, submission.round.zone),
            receipt=submission.receipt_number,
            deadline=_deadline(submission),
        )
    facts = {
        "when": day_time(submission.received_at, submission.round.zone),
        "receipt": submission.receipt_number,
        "deadline": _deadline(submission),
    }
    if waits_for_scanner(submission):
        return _(
            "Received %(when)s, receipt %(receipt)s. Waiting for the virus scanner; it is read after that. "
            "It will be counted on %(deadline)s.",
            **facts,
        )
    return _("Received %(when)s, receipt %(receipt)s. Being read. It will be counted on %(deadline)s.", **facts)


def _checked_sentence(submission: Submission, found: Sequence[Submission]) -> str:
    if submission.checked_at is None:
        unread = _("Received and kept. It could not be read before your session ended; it is read after the opening.")
        return joined_sentences(_instead(submission, found) or unread, _will_count(submission))
    rows = submission.rows_in or 0
    read = ngettext("%(count)s row read.", "%(count)s rows read.", rows, count=number(rows))
    instead = _instead(submission, found)
    if instead:
        return joined_sentences(instead, read)
    return joined_sentences(replaced_workbook(submission, found), read, _remarks(submission), _will_count(submission))


def _instead(submission: Submission, found: Sequence[Submission]) -> str:
    """That a newer version counts in place of this one; blank where this is the newest that can."""
    standing = counting.standing(found)
    if standing is None or standing.version_no <= submission.version_no:
        return ""
    return _("Version %(version)s, sent later, will be counted instead.", version=standing.version_no)


def _remarks(submission: Submission) -> str:
    count = submission.issue_count or 0
    return (
        ngettext("%(count)s remark.", "%(count)s remarks.", count, count=number(count)) if count else _("No remarks.")
    )


def _will_count(submission: Submission) -> str:
    deadline = _deadline(submission)
    if not counts_by_itself(submission.round):
        return _("It counts only if you press “Count it now” by %(deadline)s.", deadline=deadline)
    if submission.issue_counts.get("error") or submission.issue_counts.get("warning"):
        return _("It will be counted on %(deadline)s as it is, or better once mended.", deadline=deadline)
    return _("It will be counted on %(deadline)s.", deadline=deadline)


def _late_sentence(submission: Submission) -> str:
    late, when = submission.late_by_seconds or 1, day_time(submission.received_at, submission.round.zone)
    if late >= MINUTES_FROM:
        return ngettext(
            "We received this file at %(when)s, %(count)s minute after the deadline. "
            "It is kept, unopened, and marked late. It does not count.",
            "We received this file at %(when)s, %(count)s minutes after the deadline. "
            "It is kept, unopened, and marked late. It does not count.",
            late // 60,
            count=number(late // 60),
            when=when,
        )
    return ngettext(
        "We received this file at %(when)s, %(count)s second after the deadline. "
        "It is kept, unopened, and marked late. It does not count.",
        "We received this file at %(when)s, %(count)s seconds after the deadline. "
        "It is kept, unopened, and marked late. It does not count.",
        late,
        count=number(late),
        when=when,
    )


def _other_standing(submission: Submission, found: Sequence[Submission]) -> str:
    other = counting.standing([s for s in found if s.id != submission.id])
    if other is None:
        return _("You have no countable file yet.")
    when = instant(other.received_at, submission.round.zone)
    if other.state == "checked" and not _is_past(submission.round):
        return _("Your file of %(when)s will be counted.", when=when)
    return _("Your file of %(when)s counts.", when=when)
