"""All answers that were given from one address, behind a link that goes to that address alone; here they may be given again."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.chain.requests import answering, library, links
from framework.chain.requests.due import state_now
from framework.ground.errors import MoveRefused
from framework.ground.permissions import Permission
from framework.people.links import LinkOver
from models.base import db
from views import clock, guard
from views.guard import permit
from views.requests import blueprint, words
from views.requests.asked import HOME, link_of, open_link, over


@blueprint.get("/answers/<token>/")
@permit(Permission.REQUEST_ANSWER)
def own_answers(token: str) -> str | tuple[str, int]:
    """The library: what was answered, when, to whom, in which round; and what of it answers the request that it was asked from."""
    link = link_of(token, links.LIBRARY)
    if isinstance(link, LinkOver):
        return over(link)
    found, page = library.page(db.session(), link.request, request.args.get("page"))
    is_open = state_now(link.request, clock.now()) in answering.OPEN
    return render_template(
        "requests/library.html",
        found=found,
        page=page,
        request_=link.request,
        offers=sorted(library.offers(db.session(), link.request).items()) if is_open else [],
        words_=words,
    )


@blueprint.post("/answers/<token>/again")
@permit(Permission.REQUEST_ANSWER)
def give_earlier_again(token: str) -> Response:
    """Put the chosen earlier answers into the draft of the request that the library was asked from."""
    link = open_link(token, links.LIBRARY)
    offered, wanted = library.offers(db.session(), link.request), set(request.form.getlist("row"))
    chosen = {position: found for position, found in offered.items() if str(position) in wanted}
    try:
        count = answering.take_over(db.session(), link, chosen, source="reused", now=clock.now())
    except MoveRefused as error:
        return guard.done(HOME, guard.refused(error), "error")
    if not count:
        return guard.done(HOME, _("Choose at least one row."), "error")
    said = _("Put into the draft of your answer: %(count)s rows. Go on by the link of the request.", count=count)
    return guard.done(HOME, said)
