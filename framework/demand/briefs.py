"""Acts of leverage briefs: publish to members, suppliers or everybody, withdraw, enter a market figure, agree to be named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.demand import brief_figures
from framework.demand.brief_figures import Draft
from framework.demand.figures import read_quantity
from framework.ground import audit, conflicts
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import InvalidInput, MoveRefused, NotFound, Stale
from framework.ground.permissions import Permission, require
from framework.ground.text import N_, storable
from models.briefs import AUDIENCES, BriefConsent, BriefRelease, MarketFigure
from models.disclosure import Submission
from models.rounds import Lot, Round

PUBLISHED = audit.declare("brief.published", "number", "audience", "lot", "brand", "sha256")
WITHDRAWN = audit.declare("brief.withdrawn", "number", "reason")
MARKET_ENTERED = audit.declare("market_figure.entered", "lot", "units_per_year", "source")
MARKET_WITHDRAWN = audit.declare("market_figure.withdrawn", "lot")
CONSENT_GIVEN = audit.declare("brief_consent.given", "version_no")
CONSENT_REFUSED = audit.declare("brief_consent.refused", "version_no")
LONGEST_ASKED, LONGEST_REASON = 1_500, 1_000
OFFERS = "offers"
"""Where the basis of a brief for a brand names the submissions (public ids) that its figures are made of."""
MOST_UNITS = 10**9


def publish(
    session: Session,
    round_: Round,
    lot: Lot | None,
    *,
    audience: str,
    asked: str,
    seen: str,
    brand: str = "",
    supply: Mapping[str, Any] | None = None,
    offers: Collection[str] = (),
    actor: Actor,
    now: dt.datetime,
) -> BriefRelease:
    """Publish the brief of a lot, or of every lot, as it was looked at: `seen` is the digest of its figures.

    `supply` is what later phases add of brands and factories, made of the figures of the brief and of `offers` (public ids
    of submissions). Raises InvalidInput, MoveRefused where nothing may be told, Stale where the figures are others by now.
    """
    session.refresh(round_, with_for_update={"of": Round})  # whoever moved the round meanwhile has done so
    require(session, actor, Permission.BRIEF_MAKE, round_)
    if audience not in AUDIENCES or (audience == "brand") != bool(brand):
        raise InvalidInput("audience-unknown", N_("Choose who may read the brief."), field="audience")
    wanted = _text(asked, LONGEST_ASKED, "asked")
    draft = drafted(session, round_, lot)
    if draft.is_empty:
        raise MoveRefused("nothing-to-tell", N_("No figure of it may be told: too few members stand behind each."))
    if digest(draft, supply) != seen:
        raise Stale("stale", N_("The figures have changed since you looked at them. Look at the brief again."))
    made = _made(
        session,
        round_,
        lot,
        draft,
        supply,
        audience=audience,
        asked=wanted,
        brand=brand,
        offers=offers,
        actor=actor,
        now=now,
    )
    facts: dict[str, Any] = {
        "number": made.number,
        "audience": audience,
        "lot": lot.code if lot else "",
        "brand": brand,
    }
    audit.record(session, PUBLISHED, actor=actor, now=now, subject=made, sha256=made.sha256, **facts)
    return made


def _made(
    session: Session,
    round_: Round,
    lot: Lot | None,
    draft: Draft,
    supply: Mapping[str, Any] | None,
    *,
    audience: str,
    asked: str,
    brand: str,
    offers: Collection[str],
    actor: Actor,
    now: dt.datetime,
) -> BriefRelease:
    """The release as it is kept: what it tells with its hash, and behind it what it was made of."""
    number = (session.scalar(select(func.max(BriefRelease.number)).where(BriefRelease.round_id == round_.id)) or 0) + 1
    figures = draft.figures | {"supply": dict(supply) if supply else None}
    told = {"figures": figures, "asked": asked, "audience": audience, "number": number, "brand": brand}
    made = BriefRelease(
        round=round_,
        lot=lot,
        brand=brand,
        number=number,
        audience=audience,
        asked=asked,
        figures=figures,
        basis=draft.basis | ({OFFERS: sorted(offers)} if brand else {}),
        sha256=brief_figures.digest_of(told),
        published_at=now,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    return made


def drafted(session: Session, round_: Round, lot: Lot | None) -> Draft:
    """The brief of a lot, or of every lot, as it could be published now."""
    return brief_figures.prepare(session, round_, [lot] if lot is not None else list(round_.lots))


def digest(draft: Draft, supply: Mapping[str, Any] | None) -> str:
    """What a brief tells, in short, with what it says to a brand."""
    return draft.digest if supply is None else brief_figures.digest_of(draft.figures | {"supply": dict(supply)})


def withdraw(session: Session, release: BriefRelease, *, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Take a brief off the pages; what it told counts as known for ever. Raises InvalidInput without a reason."""
    require(session, actor, Permission.BRIEF_WITHDRAW, release.round)
    require_unbarred(session, release, actor)
    why = _text(reason, LONGEST_REASON, "reason", N_("Say why the brief is withdrawn."))
    session.refresh(release, with_for_update={"of": BriefRelease})
    if release.withdrawn_at is not None:
        return
    release.withdrawn_at, release.withdrawn_by_id, release.withdrawn_reason = now, actor.user_id, why
    audit.record(session, WITHDRAWN, actor=actor, now=now, subject=release, number=release.number, reason=why)


def enter_market(
    session: Session,
    lot: Lot,
    *,
    market: str,
    units_per_year: str,
    source: str,
    address: str,
    as_of: str,
    actor: Actor,
    now: dt.datetime,
) -> MarketFigure:
    """Enter how large the market of a lot is, with its source; it replaces an earlier figure. Raises InvalidInput."""
    require(session, actor, Permission.BRIEF_MAKE, lot.round)
    made = MarketFigure(
        round_id=lot.round_id,
        lot=lot,
        market=_text(market, 200, "market", N_("Say which market it is.")),
        units_per_year=_units(units_per_year),
        source=_text(source, 300, "source", N_("Say who says so: a figure without a source is not shown.")),
        address=_address(address),
        as_of=_day(as_of, now.date()),
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    facts: dict[str, Any] = {"lot": lot.code, "units_per_year": made.units_per_year, "source": made.source}
    audit.record(session, MARKET_ENTERED, actor=actor, now=now, subject=made, **facts)
    return made


def withdraw_market(session: Session, lot: Lot, *, actor: Actor, now: dt.datetime) -> None:
    """Take the market figure of a lot back, and with it the earlier ones: then no share is shown.

    Raises MoveRefused where none stands.
    """
    require(session, actor, Permission.BRIEF_MAKE, lot.round)
    query = select(MarketFigure).where(MarketFigure.lot_id == lot.id, MarketFigure.withdrawn_at.is_(None))
    standing = list(session.scalars(query.order_by(MarketFigure.id).with_for_update()))
    if not standing:
        raise MoveRefused("no-market-figure", N_("No market figure of this lot stands: there is nothing to take back."))
    for one in standing:
        one.withdrawn_at = now
    audit.record(session, MARKET_WITHDRAWN, actor=actor, now=now, subject=standing[-1], lot=lot.code)


def answer_consent(session: Session, round_: Round, *, agrees: bool, actor: Actor, now: dt.datetime) -> BriefConsent:
    """Say for one's organisation whether briefs may name it before the round is published; the last answer counts."""
    require(session, actor, Permission.BRIEF_CONSENT, round_)
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update())
    before = brief_figures.consents(session, round_).get(actor.organisation_id or 0)
    if before is not None and before.agrees == agrees:
        return before
    made = BriefConsent(
        round=round_,
        member_id=actor.organisation_id,
        version_no=before.version_no + 1 if before is not None else 1,
        agrees=agrees,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    kind = CONSENT_GIVEN if agrees else CONSENT_REFUSED
    audit.record(session, kind, actor=actor, now=now, subject=made, version_no=made.version_no)
    return made


def still_naming(session: Session, round_: Round) -> dict[str, list[BriefRelease]]:
    """The standing releases that name members who have said no since, by the member's name; none once the list of members is public.

    A release holds names alone: who was renamed since it was made is not found in it.
    """
    if round_.published_at is not None:
        return {}
    refusing = {answer.member.name for answer in brief_figures.consents(session, round_).values() if not answer.agrees}
    standing = select(BriefRelease).where(BriefRelease.round_id == round_.id, BriefRelease.withdrawn_at.is_(None))
    found: dict[str, list[BriefRelease]] = {}
    for release in session.scalars(standing.order_by(BriefRelease.number)) if refusing else ():
        for name in sorted(refusing & set(release.figures["names"])):
            found.setdefault(name, []).append(release)
    return found


def readable(session: Session, round_: Round, actor: Actor) -> list[BriefRelease]:
    """The releases that an actor may read, the newest first; the lead reads withdrawn ones too."""
    roles = roles_in(session, actor, round_)
    query = select(BriefRelease).where(BriefRelease.round_id == round_.id).order_by(BriefRelease.number.desc())
    return [one for one in session.scalars(query) if is_readable(one, roles)]


def public(session: Session, round_: Round) -> list[BriefRelease]:
    """The releases that everybody may read, the newest first."""
    query = select(BriefRelease).where(
        BriefRelease.round_id == round_.id, BriefRelease.audience == "public", BriefRelease.withdrawn_at.is_(None)
    )
    return list(session.scalars(query.order_by(BriefRelease.number.desc())))


def is_readable(release: BriefRelease, roles: frozenset[str]) -> bool:
    """Whether somebody with these roles may read a release on the pages of the round; nobody but the lead once it is withdrawn.

    One for a brand tells of tenders: its pages are where conflicts of interest are asked for.
    """
    if release.audience == "brand":
        return False
    if "lead" in roles:
        return True
    if release.withdrawn_at is not None:
        return False
    return (
        release.audience == "public" or "member" in roles or ("supplier" in roles and release.audience == "suppliers")
    )


def barred_offers(session: Session, round_: Round, actor: Actor) -> frozenset[str]:
    """The submissions of a round (public ids) that a conflict of interest keeps from the actor."""
    numbers = conflicts.barred(session, actor.user_id)
    if not numbers:
        return frozenset()
    query = select(Submission.public_id).where(Submission.id.in_(sorted(numbers)), Submission.round_id == round_.id)
    return frozenset(session.scalars(query.execution_options(all_tenders=True)))


def is_barred(release: BriefRelease, barred: frozenset[str]) -> bool:
    """Whether one of these submissions is behind a brief for a brand.

    One that does not say of which it is made counts as made of all of its round.
    """
    return release.audience == "brand" and bool(barred & frozenset(release.basis.get(OFFERS, barred)))


def require_unbarred(session: Session, release: BriefRelease, actor: Actor) -> None:
    """Raise NotFound where a conflict of interest keeps from the actor an offer that the brief of a brand is made of."""
    if is_barred(release, barred_offers(session, release.round, actor)):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _text(typed: str, limit: int, field: str, missing: str = "") -> str:
    said = storable(typed.strip())
    if not said and missing:
        raise InvalidInput("text-missing", missing, field=field)
    if len(said) > limit:
        raise InvalidInput("text-long", N_("Use at most %(limit)s characters."), field=field, limit=limit)
    return said


def _units(typed: str) -> int:
    found = read_quantity(typed)
    if found.value is None or not 0 < found.value <= MOST_UNITS:
        raise InvalidInput(
            "not-a-number", N_("Write how many pieces a year as a whole number above 0."), field="units_per_year"
        )
    return int(found.value)


def _address(typed: str) -> str:
    said = _text(typed, 500, "address")
    try:
        parts = urlsplit(said)
        is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    except ValueError:
        is_web = False
    if said and not is_web:
        raise InvalidInput(
            "not-an-address", N_("Write the whole web address, from https:// on, or leave it empty."), field="address"
        )
    return said


def _day(typed: str, today: dt.date) -> dt.date:
    try:
        day = dt.date.fromisoformat(typed.strip())
    except ValueError:
        raise InvalidInput("date-missing", N_("Say of which day the source speaks."), field="as_of") from None
    if day > today:
        raise InvalidInput("date-ahead", N_("The source cannot speak of a day to come."), field="as_of")
    return day
