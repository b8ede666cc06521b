"""Names that persons typed for a site, as further forms by which it is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground.place_scores import Statement, statement
from models.chain import Site
from models.matching import SiteName


def names_of(session: Session, sites: Collection[int]) -> dict[int, list[SiteName]]:
    """The typed names in use of these sites and of all that became part of them, by site, the oldest first."""
    top = select(Site.id.label("id"), Site.id.label("top")).where(Site.id.in_(sites)).cte(recursive=True)
    part = top.union_all(select(Site.id, top.c.top).join(top, Site.merged_into_id == top.c.id))
    query = (
        select(part.c.top, SiteName)
        .join(SiteName, SiteName.site_id == part.c.id)
        .where(SiteName.ended_id.is_(None))
        .order_by(SiteName.id)
    )
    found: dict[int, list[SiteName]] = defaultdict(list)
    for site, name in session.execute(query):
        found[site].append(name)
    return dict(found)


def with_names(session: Session, described: Sequence[tuple[int, Statement]]) -> list[tuple[int, Statement]]:
    """Descriptions of sites, and after them each again under every name typed for its site."""
    known = names_of(session, {site for site, _said in described})
    texts = {site: [name.text for name in names] for site, names in known.items()}
    return [*described, *((site, one) for site, said in described for one in renamed(said, texts.get(site, ())))]


def renamed(said: Statement, texts: Iterable[str]) -> list[Statement]:
    """A description under other names."""
    named = (statement(text, "") for text in texts)
    return [replace(said, names=one.names, own_script=one.own_script, units=one.units) for one in named]
