"""A list of a label in a round whose tenders are open, for the tests of published lists."""

from __future__ import annotations

import datetime as dt
import io

from sqlalchemy import select

from framework.chain.published import listings, lists
from framework.chain.published.lists import About
from framework.disclosure.published_lists import ListRead, read_factories
from framework.ground.sheets.delimited import read_delimited
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.tally import Budget
from models.chain import Mention, Site
from models.published import FactoryListing
from tests.memory import remembered

LAKESIDE = "Acme,LAKESIDE Limited,58 First Avenue,Kunshan,China,F-1"
HEAD = "Brand,Factory name,Address,City,Country,Certificate number"
DAY = dt.date(2026, 9, 1)


def book_of(*lines, head=HEAD):
    return read_delimited("\n".join([head, *lines]).encode(), name="list", limits=Limits.quick(), budget=Budget())


def read_of(*lines, head=HEAD, brand="") -> ListRead:
    return read_factories(book_of(*lines, head=head), brand=brand)


def sent(*lines, head=HEAD, name="list.csv", **other):
    """What a form sends."""
    given = {"label": "Fair Label", "holder": "Fair Foundation", "day": DAY.isoformat(), "brand": ""} | other
    return given | {"file": (io.BytesIO("\n".join([head, *lines]).encode()), name)}


class Listed:
    """Loads lists and matches rows as the lead of an opened round."""

    @remembered
    def __init__(self, opened) -> None:
        self.opened, self.session, self.round, self.clock = opened, opened.session, opened.round, opened.clock
        self.lead = opened.build.person(opened.round.organisation, "lead")

    def load(self, *lines, label="Fair Label", holder="Fair Foundation", day=DAY, actor=None, look=True):
        about, read = About(label, holder, day), read_of(*(lines or [LAKESIDE]))
        made = lists.load(
            self.session, self.round, about, read, sha256="f" * 64, actor=actor or self.lead, now=self.clock()
        )
        if look:
            listings.look_up_next(self.session, made, now=self.clock(), most=10_000)
        return made

    def rows(self, made):
        query = select(FactoryListing).where(FactoryListing.list_id == made.id).order_by(FactoryListing.id)
        return self.session.scalars(query.execution_options(populate_existing=True)).all()

    def site(self, submission):
        theirs = select(Mention.site_id).where(Mention.submission_id == submission.id, Mention.site_id.is_not(None))
        number = self.session.scalars(theirs.order_by(Mention.id)).first()
        return self.session.get_one(Site, number)

    def match(self, made, submission, *, row=0, actor=None):
        listing = self.rows(made)[row]
        listings.match(self.session, listing, self.site(submission), actor=actor or self.lead, now=self.clock())
        return listing
