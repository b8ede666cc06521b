"""Other names of a site that a person types: also known as, former name, another script; each an act."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from framework.chain.matching import forms, moving
from framework.chain.matching.moving import SiteOfRound
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import RuleBroken
from framework.ground.places import normalise_name
from framework.ground.text import N_
from models.chain import Site
from models.matching import ALIAS_KINDS, MatchDecision, SiteName
from models.rounds import Round

NAMED = audit.declare("site.named", "site", "what", "name")
UNNAMED = audit.declare("site.unnamed", "site", "name")
LONGEST = 200


def add_name(
    session: Session, site: Site, text: str, kind: str, round_: Round, *, motive: str, actor: Actor, now: dt.datetime
) -> MatchDecision:
    """Let a site be found by one more name. Raises RuleBroken where it says nothing, or the site has it already."""
    moving.lock(session, site)
    name = " ".join(text.split())[:LONGEST]
    if site.merged_into_id is not None:
        raise RuleBroken("site-merged", N_("These are one site already. Look at the page again."))
    if kind not in ALIAS_KINDS or not normalise_name(name):
        raise RuleBroken("name-missing", N_("Type the name, and choose what kind of name it is."))
    known = forms.names_of(session, [site.id]).get(site.id, [])
    if any(normalise_name(one.text) == normalise_name(name) for one in known):
        raise RuleBroken("name-known", N_("The site has this name already."))
    decision = moving.decide(session, "alias", round_, site=site, motive=motive.strip(), actor=actor, now=now)
    session.add(SiteName(site_id=site.id, text=name, kind=kind, decision_id=decision.id))
    moving.settle(session, [site.id], now=now)
    told = {"site": site.public_id, "what": kind, "name": name}
    audit.record(session, NAMED, actor=actor, now=now, subject=SiteOfRound(site, round_), **told)
    return decision


def end_name(
    session: Session, site: Site, name: SiteName, round_: Round, *, actor: Actor, now: dt.datetime
) -> MatchDecision:
    """Let a site be found by a typed name no more. Raises RuleBroken where it was removed before."""
    moving.lock(session, site)
    if name not in forms.names_of(session, [site.id]).get(site.id, []):
        raise RuleBroken("name-gone", N_("This name was removed already. Look at the page again."))
    decision = moving.decide(session, "alias_ended", round_, site=site, motive="", actor=actor, now=now)
    name.ended_id = decision.id
    moving.settle(session, [site.id], now=now)
    told = {"site": site.public_id, "name": name.text}
    audit.record(session, UNNAMED, actor=actor, now=now, subject=SiteOfRound(site, round_), **told)
    return decision
