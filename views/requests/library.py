"""All answers that were given from one address, behind a link that goes to that address alone."""

from __future__ import annotations

from flask import render_template, request

from framework.chain.requests import library, links
from framework.ground.permissions import Permission
from framework.people.links import LinkOver
from models.base import db
from views.guard import permit
from views.requests import blueprint, words
from views.requests.asked import link_of, over


@blueprint.get("/answers/<token>/")
@permit(Permission.REQUEST_ANSWER)
def own_answers(token: str) -> str | tuple[str, int]:
    """The library: what was answered, when, to whom, in which round."""
    link = link_of(token, links.LIBRARY)
    if isinstance(link, LinkOver):
        return over(link)
    found, page = library.page(db.session(), link.request, request.args.get("page"))
    return render_template("requests/library.html", found=found, page=page, request_=link.request, words_=words)
