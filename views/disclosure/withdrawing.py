"""Taking back what was sent, before the deadline: one version, or the whole submission; asked once more on a page."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.disclosure import counting, receiving
from framework.ground.permissions import Permission
from framework.rounds import settings
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint
from views.disclosure.upload import address, own_submission
from views.guard import actor, permit
from views.i18n import instant


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/withdraw")
@permit(Permission.SUBMISSION_COUNT)
def ask_withdraw(round_: Round, submission_id: str) -> str | Response:
    """What taking this version back does; the version's own page where it cannot be taken back."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    is_open = round_.state == "published" and not receiving.is_past(round_, clock.now())
    if not is_open or submission.state not in counting.LIVE:
        return redirect(address(submission))
    found = counting.versions(db.session(), round_, submission.supplier_id)
    return render_template(
        "disclosure/withdraw.html",
        round_=round_,
        submission=submission,
        is_whole=counting.is_submission(submission),
        consequences=[*_consequences(submission, found), _again(round_)],
    )


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/withdraw")
@permit(Permission.SUBMISSION_COUNT)
def withdraw(round_: Round, submission_id: str) -> Response:
    """Take the version, or with the counted one the submission, back."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    is_whole = counting.is_submission(submission)
    counting.withdraw(db.session(), submission, actor=actor(), clock=clock.now)
    said = (
        _("Your submission is withdrawn. Nothing of yours counts now.")
        if is_whole
        else _("This version is discarded. It does not count.")
    )
    return guard.done(address(submission), said)


def _consequences(submission: Submission, found: Sequence[Submission]) -> list[str]:
    if counting.is_submission(submission):
        return [
            _("This version no longer counts, and versions that are not counted yet are withdrawn with it."),
            _("Nothing of yours counts then. An older version does not come back by itself."),
        ]
    stands = counting.standing([one for one in found if one.id != submission.id])
    if stands is None:
        return [_("This version will not count. No other version of yours can be counted as things stand.")]
    said = [_("This version will not count. Your other versions stay as they are.")]
    if stands.state == "counted":
        said.append(_("Version %(version)s goes on counting.", version=stands.version_no))
    elif settings.value(submission.round, "auto_count"):
        said.append(_("Version %(version)s is then counted at the deadline.", version=stands.version_no))
    return said


def _again(round_: Round) -> str:
    return _(
        "Until the deadline, %(deadline)s, you can send the same file again. It is then a new version with a new receipt.",
        deadline=instant(round_.tender_deadline, round_.zone),
    )
