"""What a sheet of bodies would do: each row compared with the bodies known here, those on the list and the rows above it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from framework.ground.text import N_
from framework.people import doubles
from framework.people.doubles import Body, Double, Doubles
from framework.signons import eligibility
from framework.signons.sheet.entries import Entry, Fault
from models.people import Organisation, RoleGrant, User
from models.rounds import Round
from models.signons import SignOn

STATUSES = {
    "new": N_("new"),
    "known": N_("already known"),
    "double": N_("likely known: say which"),
    "listed": N_("on the list already"),
    "error": N_("to mend"),
    "out": N_("left out"),
}
ANOTHER, OUT, ROW = "another", "out", "row:"
SHORT = 10
"""Hexadecimal digits of a short hash."""
INVITED = frozenset({"new", "known"})
"""What becomes of rows with these: an invitation."""


@dataclass(frozen=True, slots=True)
class Like:
    """One that a row may be: a known body or a row above (`row`), with the reasons."""

    key: str
    name: str
    registration_no: str
    grounds: tuple[str, ...]
    row: int = 0


@dataclass(slots=True)
class PlanRow:
    """What would become of a row. `organisation` is the known body, `via` the one it joins through; `notes` say more."""

    entry: Entry
    status: str
    organisation: Organisation | None = None
    likes: tuple[Like, ...] = ()
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()
    decision: str = ""
    via: Organisation | None = None
    via_row: int = 0
    class_name: str = ""
    people: int = 0
    state: str = ""

    @property
    def read_print(self) -> str:
        """A short hash of what was read in the row."""
        return _short([getattr(self.entry, name) for name in _SEALED])

    @property
    def fate_print(self) -> str:
        """A short hash of what would become of it."""
        body = self.organisation.public_id if self.organisation is not None else ""
        via = self.via.public_id if self.via is not None else self.via_row
        return _short([self.status, body, via, self.people > 0])


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows of a sheet; `invited` and `left_out` are the numbers that one confirmation would give."""

    rows: list[PlanRow]

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each status that occurs, in the order of STATUSES."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in STATUSES if found[status]}

    @property
    def invited(self) -> int:
        """How many bodies would be invited."""
        return sum(row.status in INVITED for row in self.rows)

    @property
    def left_out(self) -> int:
        """How many rows would stay out, each with its reason."""
        return len(self.rows) - self.invited

    @property
    def seal(self) -> str:
        """A hash over everything that the preview shows, so that only what was seen is done."""
        return hashlib.sha256(self.shown.encode()).hexdigest()

    @property
    def shown(self) -> str:
        """The same row by row, so that a row of which something else has become since can be left out alone."""
        return ".".join(row.read_print + row.fate_print for row in self.rows)


_SEALED = ("row", "name", "registration_no", "country", "body_type", "contact_name", "email", "language", "class_name")


def leave_out_changed(plan: Plan, shown: str) -> bool:
    """Leave out every row of which something else would become than was shown; False where the rows themselves are others.

    For the transaction that confirms: whoever added a like body meanwhile makes no double, and nothing unseen is done.
    """
    prints = shown.split(".")
    told = [row.read_print for row in plan.rows]
    if told != [one[:SHORT] for one in prints]:
        return False
    for row, seen in zip(plan.rows, prints, strict=True):
        if row.status in INVITED and seen[SHORT:] != row.fate_print:
            _leave_out(row, Fault("changed-meanwhile", _CHANGED))
    by_number = {row.entry.row: row for row in plan.rows}
    while lost := [row for row in plan.rows if row.status in INVITED and _joins_through_nobody(row, by_number)]:
        for row in lost:
            _leave_out(row, Fault("via-unknown", _NO_VIA, "affiliated_via", params={"name": row.entry.affiliated_via}))
    return True


def _leave_out(row: PlanRow, why: Fault) -> None:
    row.status, row.faults = "changed", (*row.faults, why)


def _joins_through_nobody(row: PlanRow, by_number: Mapping[int, PlanRow]) -> bool:
    return bool(row.via_row) and by_number[row.via_row].status not in INVITED


def _short(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()[:SHORT]


def make(
    session: Session, round_: Round, entries: Sequence[Entry], decisions: Mapping[int, str], *, now: dt.datetime
) -> Plan:
    """Compare every row; `decisions` are what the person said of doubtful ones, by row: ANOTHER, OUT, or whom it is."""
    world = _World(session, round_, now=now)
    rows = [world.row(entry, decisions.get(entry.row, "")) for entry in entries]
    while sum(world.find_via(row) for row in rows):
        pass  # a row that stays out takes those along that would join through it
    return Plan(rows)


class _World:
    """What the rows are compared with; asked for once, whatever the number of rows."""

    def __init__(self, session: Session, round_: Round, *, now: dt.datetime) -> None:
        bodies = session.scalars(select(Organisation).where(Organisation.kind != "operator").order_by(Organisation.id))
        self.round = round_
        self.bodies = {body.public_id: body for body in bodies}
        self.known = Doubles(
            Body(key, b.name, b.registration_no, b.country, b.mail_domain) for key, b in self.bodies.items()
        )
        self.above = Doubles()
        self.rows: dict[str, PlanRow] = {}
        self.named: dict[str, list[Organisation]] = defaultdict(list)
        self.rows_named: dict[str, list[PlanRow]] = defaultdict(list)
        for buyer in (b for b in self.bodies.values() if b.kind in ("buyer", "lead")):
            self.named[doubles.name_key(buyer.name)].append(buyer)
        self.states = _states(session, round_)
        self.people = _people(session, now=now)
        self.classes = {one.name.casefold(): one.name for one in round_.member_classes}

    def row(self, entry: Entry, decision: str) -> PlanRow:
        """What would become of one row."""
        made = PlanRow(entry, "new", faults=entry.faults, decision=decision)
        if entry.name:
            self._place(made)
        if made.organisation is not None:
            self._meet(made, made.organisation)
        self._check(made)
        if made.status == "listed":
            made.faults = ()
        elif made.faults:
            made.status = "error"
        elif decision == OUT:
            made.status = "out"
        if entry.name:
            body = Body(f"{ROW}{entry.row}", entry.name, entry.registration_no, entry.country)
            self.above.add(body)
            self.rows[body.key] = made
            self.rows_named[doubles.name_key(entry.name)].append(made)
        return made

    def _place(self, made: PlanRow) -> None:
        """Find whom a row names: a known body, a row above, nobody, or several that it may be."""
        entry = made.entry
        body = Body("", entry.name, entry.registration_no, entry.country)
        domain = doubles.domain_of(entry.email)
        found = self.known.find(body, domain=domain)
        above = [one for one in self.above.find(body) if self._is_apart(one, found)]
        likes = tuple(map(self._like, [*found[: doubles.MOST], *above[: doubles.MOST]]))
        certain = [one for one in (*found, *above) if one.is_certain]
        said = self._said(made.decision, likes)
        if said is not None:
            self._is(made, said)
            made.likes = likes
        elif entry.reference and entry.reference in self.bodies:
            self._by_reference(made, found)
        elif len(certain) == 1 and made.decision != ANOTHER:
            self._is(made, self._like(certain[0]))
        elif likes and made.decision != ANOTHER:
            made.status, made.likes = "double", likes
        else:
            made.likes = likes

    def _is_apart(self, above: Double, found: Sequence[Double]) -> bool:
        """Whether a row above is another candidate than the known bodies found: it may have been taken for one of them."""
        other = self.rows[above.key].organisation
        return other is None or all(other.public_id != one.key for one in found)

    def _said(self, decision: str, likes: Sequence[Like]) -> Like | None:
        return next((like for like in likes if like.key == decision), None)

    def _by_reference(self, made: PlanRow, found: Sequence[Double]) -> None:
        """The row carries our own reference; the rest of the row must not speak against it."""
        reference = made.entry.reference
        if any(one.key == reference and one.grounds != ("elsewhere",) for one in found):
            made.status, made.organisation = "known", self.bodies[reference]
        else:
            params = {"name": self.bodies[reference].name}
            made.faults += (Fault("reference-of-another", _ANOTHERS_REFERENCE, "reference", params=params),)

    def _is(self, made: PlanRow, like: Like) -> None:
        if like.row:
            twin = self.rows[like.key]
            made.faults += (Fault("row-twice", _TWICE, params={"row": like.row, "name": twin.entry.name}),)
        else:
            made.status, made.organisation = "known", self.bodies[like.key]

    def _like(self, one: Double) -> Like:
        if one.key.startswith(ROW):
            entry = self.rows[one.key].entry
            return Like(one.key, entry.name, entry.registration_no, one.grounds, row=entry.row)
        body = self.bodies[one.key]
        return Like(one.key, body.name, body.registration_no, one.grounds)

    def _meet(self, made: PlanRow, body: Organisation) -> None:
        """What a known body brings along: its state on the list, its people, another name or kind here."""
        made.people = self.people.get(body.id, 0)
        made.state = self.states.get(body.id, "")
        twin = next((r for r in self.rows.values() if r.organisation is body and r.status != "error"), None)
        if body.kind not in ("buyer", "lead"):
            made.faults += (Fault("not-a-buyer", _NO_BUYER, "name", params={"name": body.name}),)
        elif made.state:
            made.status = "listed"
            if made.state in ("left", "refused"):
                made.notes += (Fault("was-on-list", _WAS_HERE),)
        elif twin is not None:
            params = {"row": twin.entry.row, "name": body.name}
            made.faults += (Fault("row-twice", _TWICE, params=params),)
        if body.name != made.entry.name:
            made.notes += (Fault("other-name", _OTHER_NAME, params={"name": body.name}),)

    def _check(self, made: PlanRow) -> None:
        """What an invitation needs beyond the cells: a country, somebody to write to, a class, an open list (law L03)."""
        entry = made.entry
        broken = {fault.column for fault in made.faults}
        if made.organisation is None and not entry.country and "country" not in broken:
            made.faults += (Fault("country-missing", _NEEDS_COUNTRY, "country"),)
        if not (made.people or entry.email or "email" in broken or made.status == "double"):
            made.faults += (Fault("email-missing", _NEEDS_MAIL, "email"),)
        if made.people and entry.email:
            made.notes += (Fault("mail-not-used", _HAS_PEOPLE),)
        named = self.classes.get(entry.class_name.casefold()) if entry.class_name else ""
        made.class_name = named or ""
        if named is None:
            made.faults += (
                Fault("class-not-named", _NO_CLASS, "class_name", rule="L03", params={"name": entry.class_name}),
            )
        elif not eligibility.may_enter(self.round, class_name=named):
            sentence = eligibility.list_closed(self.round)
            made.faults += (Fault("list-closed", sentence, "class_name" if named else "", rule="L03"),)

    def find_via(self, made: PlanRow) -> bool:
        """Find whom the body joins through, a known body or a row of the sheet; whether it stays out for want of one."""
        name = made.entry.affiliated_via
        if not name or made.status not in INVITED:
            return False
        key = doubles.name_key(name)
        known = [body for body in self.named.get(key, ()) if body is not made.organisation]
        above = [row for row in self.rows_named.get(key, ()) if row.status in INVITED and row is not made]
        made.via = known[0] if len(known) == 1 else None
        made.via_row = above[0].entry.row if len(above) == 1 and not known else 0
        if made.via is None and not made.via_row:
            made.status = "error"
            made.faults += (Fault("via-unknown", _NO_VIA, "affiliated_via", params={"name": name}),)
            return True
        return False


def _states(session: Session, round_: Round) -> dict[int, str]:
    """The state of each body's last sign-on in the round, by organisation."""
    query = select(SignOn.organisation_id, SignOn.state).where(SignOn.round_id == round_.id).order_by(SignOn.id)
    return {row.organisation_id: row.state for row in session.execute(query)}


def _people(session: Session, *, now: dt.datetime) -> dict[int, int]:
    """How many people act for each organisation as member."""
    query = (
        select(RoleGrant.organisation_id)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.role == "member",
            RoleGrant.withdrawn_at.is_(None),
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
            User.disabled_at.is_(None),
        )
    )
    return dict(Counter(session.scalars(query)))


_ANOTHERS_REFERENCE = N_(
    "The reference is that of %(name)s, and the rest of the row names somebody else. Empty the reference or mend the row."
)
_TWICE = N_("The same body as row %(row)s, %(name)s. One of the two rows is enough.")
_NO_BUYER = N_("%(name)s is here as a supplier or monitor, and only buyers take part. Check the row.")
_WAS_HERE = N_("It said no, left or was refused in this round. Invite it again by itself, on the page of sign-ons.")
_OTHER_NAME = N_("It is called %(name)s here; that name stays.")
_NEEDS_COUNTRY = N_("The country is missing. Fill it in, or choose below which country all such rows are in.")
_NEEDS_MAIL = N_(
    "Nobody has an account there yet, so a mail address is needed. Fill in that of the person who answers."
)
_HAS_PEOPLE = N_("The mail goes to the people who act for it here, not to the address in the sheet.")
_NO_CLASS = N_("The round names no class “%(name)s” (L03). Name it in set-up first, or empty the cell.")
_CHANGED = N_(
    "Since the page was shown somebody added, invited or changed a body like it. Send the row again and look at it anew."
)
_NO_VIA = N_("No body of this name is known here or in the sheet: %(name)s. Add it as a row, or empty the cell.")
