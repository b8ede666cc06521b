"""An index loaded at once finds what one grown description by description finds, on both databases."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from benchmarks import factories
from framework.chain.matching import stored
from framework.chain.matching.decide import decide
from models.chain import Site
from models.matching import SiteForm, SiteId, SiteToken, TokenCount


def test_a_loaded_index_finds_what_a_grown_one_finds(session, clock):
    places = list(factories.base(60))
    said = [one.said() for one in places]
    now = clock()
    session.execute(
        insert(Site),
        [{"id": n, "public_id": f"s{n}", "created_at": now, "version": 1, "name": "x"} for n in range(1, 61)],
    )
    numbers = factories.chosen(60, 30)
    rows = [one.place.said() for one in factories.queries([places[n] for n in numbers], numbers)]

    def outcome():
        verdicts = [decide(row, stored.candidates(session, row)) for row in rows]
        return [(v.band, v.site, v.asked) for v in verdicts], set(session.scalars(select(SiteToken.site_id)))

    stored.add(session, list(enumerate(said, start=1)))
    grown = outcome()
    for table in (SiteForm, SiteToken, SiteId, TokenCount):
        session.execute(delete(table))
    assert stored.load(session, lambda: enumerate(said, start=1)) == 60
    assert outcome() == grown
    assert any(site for _band, site, _asked in grown[0])
