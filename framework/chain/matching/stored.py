"""The index of all sites in the database: rare words, ids, and how each site was described.

One query finds the candidates of a mention, the same on both databases, without an extension; adding a description
costs a handful of inserts. Nothing is trained, rebuilt or held in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Executable, and_, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from framework.chain.matching.decide import Candidate, is_hopeless
from framework.chain.matching.index import (
    INDEX_TOKENS,
    QUERY_TOKENS,
    SECOND_LOOK_TOKENS,
    TOP_K,
    area,
    rarest,
)
from framework.ground.place_scores import Parts, Statement, likeness, parts
from models.base import Base
from models.matching import SiteForm, SiteId, SiteToken, TokenCount

LONGEST_TOKEN, AT_ONCE = 60, 500
_DIALECTS: dict[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}
LOADED_AT_ONCE = 50_000
"""Descriptions whose words are sorted and written together: in the order of the index that is many times quicker."""


def key_of(said: Statement) -> str:
    """The stored key of a statement: equal keys say the same of a place."""
    return hashlib.sha256(json.dumps(said.key, ensure_ascii=False).encode()).hexdigest()


def add(session: Session, forms: Sequence[tuple[int, Statement]]) -> None:
    """Let sites (by number) be found by these descriptions; those that are known already change nothing."""
    fresh = _unknown(session, forms)
    if not fresh:
        return
    _insert(
        session,
        SiteForm,
        [{"site_id": site, "key": key, "form": said.to_json()} for (site, key), said in fresh.items()],
    )
    counted = Counter(word for said in fresh.values() for word in tokens(said))
    _count(session, counted)
    often = counts(session, counted)
    rows = {
        (word, area(said.country), site)
        for (site, _key), said in fresh.items()
        for word in rarest(tokens(said), often, INDEX_TOKENS)
    }
    _insert(session, SiteToken, [dict(zip(("token", "country", "site_id"), row, strict=True)) for row in sorted(rows)])
    ids = {(scheme, value, site) for (site, _key), said in fresh.items() for scheme, value in said.ids}
    _insert(session, SiteId, [dict(zip(("scheme", "value", "site_id"), row, strict=True)) for row in sorted(ids)])


def load(session: Session, described: Callable[[], Iterable[tuple[int, Statement]]]) -> int:
    """Fill an empty index with many descriptions at once, asked for twice; how many there are.

    No two of one site may say the same. Words are counted over all of them first, so that each stands under its rarest.
    """
    often: Counter[str] = Counter()
    for _site, said in described():
        often.update(tokens(said))
    _insert(session, TokenCount, [{"token": word, "n": n} for word, n in sorted(often.items())])
    done, some = 0, iter(described())
    while portion := list(islice(some, LOADED_AT_ONCE)):
        _insert(
            session,
            SiteForm,
            ({"site_id": site, "key": key_of(said), "form": said.to_json()} for site, said in portion),
        )
        rows = sorted(
            (word, area(said.country), site)
            for site, said in portion
            for word in rarest(tokens(said), often, INDEX_TOKENS)
        )
        _insert(session, SiteToken, ({"token": word, "country": at, "site_id": site} for word, at, site in rows))
        ids = {(scheme, value, site) for site, said in portion for scheme, value in said.ids}
        _insert(session, SiteId, [{"scheme": scheme, "value": v, "site_id": site} for scheme, v, site in sorted(ids)])
        done += len(portion)
    return done


def remove(session: Session, sites: Collection[int]) -> None:
    """Let sites be found by nothing any more."""
    for some in _slices(sorted(sites)):
        forms = session.scalars(select(SiteForm.form).where(SiteForm.site_id.in_(some)))
        counted = Counter(word for form in forms for word in tokens(Statement.from_json(form)))
        _count(session, Counter({word: -n for word, n in counted.items()}))
        for table in (SiteForm, SiteToken, SiteId):
            session.execute(delete(table).where(table.site_id.in_(some)))


def candidates(session: Session, said: Statement, *, without: Collection[str] = ()) -> list[Candidate]:
    """The sites that a statement may be, each with its likest description, in no order.

    `without` are keys of descriptions that a person told apart from this one: a site with one of them is none.
    """
    often = counts(session, tokens(said))
    known = [word for word in tokens(said) if word in often]
    sites = _sharing(session, rarest(known, often, QUERY_TOKENS), said.country) | _by_id(session, said)
    return _compared(session, said, sites, without)


def second_look(session: Session, said: Statement, *, without: Collection[str] = ()) -> list[Candidate]:
    """Candidates of any country, by fewer words: the country column is sometimes wrong."""
    often = counts(session, tokens(said))
    known = [word for word in tokens(said) if word in often]
    return _compared(session, said, _sharing(session, rarest(known, often, SECOND_LOOK_TOKENS), ""), without)


def compare(site: int, said: Statement, other: Statement) -> Candidate:
    """A site and one of its descriptions, compared with a statement."""
    return Candidate(site, other, likeness(said, other))


def tokens(said: Statement) -> frozenset[str]:
    """The words of a statement as the index keeps them."""
    return frozenset(word[:LONGEST_TOKEN] for word in said.words)


def counts(session: Session, words: Iterable[str]) -> Counter[str]:
    """In how many descriptions each known word stands; a word that no site has is absent."""
    found: Counter[str] = Counter()
    for some in _slices(sorted(words)):
        query = select(TokenCount.token, TokenCount.n).where(TokenCount.token.in_(some))
        found.update({token: n for token, n in session.execute(query)})  # noqa: C416 - a Row is no pair to mypy
    return found


def _sharing(session: Session, words: Sequence[str], country: str) -> set[int]:
    """The sites that share most of some words, in an area or anywhere."""
    if not words:
        return set()
    shared = func.count()
    query = select(SiteToken.site_id).where(SiteToken.token.in_(words)).group_by(SiteToken.site_id)
    if country:
        query = query.where(SiteToken.country.in_([area(country), ""]))
    return set(session.scalars(query.order_by(shared.desc(), SiteToken.site_id).limit(TOP_K)))


def _by_id(session: Session, said: Statement) -> set[int]:
    if not said.ids:
        return set()
    same = [and_(SiteId.scheme == scheme, SiteId.value == value) for scheme, value in sorted(said.ids)]
    return set(session.scalars(select(SiteId.site_id).where(or_(*same)).limit(TOP_K)))


def _compared(session: Session, said: Statement, sites: set[int], without: Collection[str]) -> list[Candidate]:
    """The sites with their likest descriptions; of those that are hopeless in all of theirs only the likest."""
    forms: dict[int, list[tuple[Statement, Parts]]] = defaultdict(list)
    apart: set[int] = set()
    query = select(SiteForm.site_id, SiteForm.key, SiteForm.form).where(SiteForm.site_id.in_(sorted(sites)))
    for site, key, form in session.execute(query) if sites else ():
        if key in without:
            apart.add(site)
        other = Statement.from_json(form)
        forms[site].append((other, parts(said, other)))
    found, hopeless = [], []
    for site, some in forms.items():
        if site in apart:
            continue
        if all(is_hopeless(said, other, known) for other, known in some):
            hopeless += [(-known[1] - known[2], -known[0], other.key, site, other, known) for other, known in some]
        else:
            found.append(min((Candidate(site, o, likeness(said, o, known)) for o, known in some), key=_rank))
    if hopeless:
        *_rank_of_it, site, other, known = min(hopeless)
        found.append(Candidate(site, other, likeness(said, other, known)))
    return found


def _rank(one: Candidate) -> tuple[int, float, float, tuple[Any, ...]]:
    return len(one.likeness.guards), -one.likeness.score, -one.likeness.name, one.other.key


def _unknown(session: Session, forms: Sequence[tuple[int, Statement]]) -> dict[tuple[int, str], Statement]:
    wanted = {(site, key_of(said)): said for site, said in forms}
    known: set[tuple[int, str]] = set()
    for some in _slices(sorted({site for site, _key in wanted})):
        query = select(SiteForm.site_id, SiteForm.key).where(SiteForm.site_id.in_(some))
        known.update((site, key) for site, key in session.execute(query))
    return {at: said for at, said in wanted.items() if at not in known}


def _count(session: Session, counted: Counter[str]) -> None:
    """Add to the counts of words."""
    rows = ({"token": word, "n": n} for word, n in sorted(counted.items()))
    _execute(session, _adding(session.get_bind().dialect.name), rows)


def _insert(session: Session, table: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    _execute(session, _inserting(session.get_bind().dialect.name, table), rows)


@cache
def _adding(dialect: str) -> Executable:
    insert = _DIALECTS[dialect].insert(TokenCount.__table__)
    grown: Executable = insert.on_conflict_do_update(
        index_elements=["token"], set_={"n": TokenCount.n + insert.excluded.n}
    )
    return grown


@cache
def _inserting(dialect: str, table: type[Base]) -> Executable:
    inserting: Executable = _DIALECTS[dialect].insert(table.__table__).on_conflict_do_nothing()
    return inserting


def _execute(session: Session, statement: Executable, rows: Iterable[dict[str, Any]]) -> None:
    """Run a statement for each row, past the mapped classes: nobody holds these rows as objects."""
    connection, left = session.connection(), iter(rows)
    while some := list(islice(left, AT_ONCE)):
        connection.execute(statement, some)


def _slices(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
