"""The departments of a member: kept by its own people, a name once, whatever its case."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from framework.demand import vocabulary
from framework.demand.lines import one_line
from framework.ground import audit, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, NotFound, Stale
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from framework.people.addresses import clean_name, fold_name
from models.departments import Department
from models.people import Organisation

ADDED = audit.declare("department.added", "count")
EDITED = audit.declare("department.edited", "fields")
ARCHIVED = audit.declare("department.archived", "archived")
NAME_LIMIT, CODE_LIMIT = 200, 40
MOST = 2000
"""Departments of one organisation at most."""
REST = N_("Not assigned")
"""What the department is called that takes the figures which belong to none."""
NEAR = 0.9
"""From which likeness on (Jaro-Winkler, 0 to 1) two names are asked about."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name that was sent, as it would be kept, and what it is here: `known`, `near` (asked about), `new` or `refused`.

    `alike` are the departments it may be: the one it is, those whose name is nearly the same, or all with that code; `twins` the places of
    earlier names of the list that are nearly the same. `why` is what is wrong.
    """

    name: str
    kind: str
    alike: tuple[Department, ...] = ()
    twins: tuple[int, ...] = ()
    why: InvalidInput | None = None
    code: str = ""


def add(session: Session, name: str, code: str = "", *, actor: Actor, now: dt.datetime) -> Department:
    """Add one department; raises InvalidInput where the name is missing, taken, too long or a word for a total."""
    _require(session, actor)
    return _add_all(session, [(clean(name), clean_code(code))], actor=actor, now=now)[0]


def add_all(session: Session, named: Iterable[tuple[str, str]], *, actor: Actor, now: dt.datetime) -> list[Department]:
    """Add several departments, each a name and a code, as one unit. Raises InvalidInput where one cannot be added."""
    _require(session, actor)
    return _add_all(session, [(clean(name), clean_code(code)) for name, code in named], actor=actor, now=now)


def edit(
    session: Session, department: Department, name: str, code: str, *, version: int, actor: Actor, now: dt.datetime
) -> None:
    """Rename a department or change its code. Raises InvalidInput, and Stale where somebody changed it meanwhile."""
    _require_own(session, department, actor)
    _require_version(department, version)
    kept, kept_code = clean(name), clean_code(code)
    changed = [
        n for n, old, new in (("name", department.name, kept), ("code", department.code, kept_code)) if old != new
    ]
    if not changed:
        return
    if folded(kept) != department.folded_name:
        _require_free(session, [kept], actor)
    department.name, department.folded_name, department.code = kept, folded(kept), kept_code
    audit.record(session, EDITED, actor=actor, now=now, subject=department, fields=changed)


def archive(
    session: Session, department: Department, *, is_archived: bool, version: int, actor: Actor, now: dt.datetime
) -> None:
    """Put a department away, or back: it is not asked any more, what it said stays. Raises Stale."""
    _require_own(session, department, actor)
    _require_version(department, version)
    if department.is_archived != is_archived:
        department.is_archived = is_archived
        audit.record(session, ARCHIVED, actor=actor, now=now, subject=department, archived=is_archived)


def rest(session: Session, name: str, *, actor: Actor, now: dt.datetime) -> Department:
    """The department that holds what belongs to none; made under `name` where there is none yet."""
    _require(session, actor)
    found = session.scalar(_of(actor).where(Department.is_rest))
    if found is not None:
        return found
    named = session.scalar(_of(actor).where(Department.folded_name == folded(name)))
    made = named or _add_all(session, [(clean(name), "")], actor=actor, now=now)[0]
    made.is_rest = True
    audit.record(session, EDITED, actor=actor, now=now, subject=made, fields=["is_rest"])
    return made


def find(session: Session, public_id: str, *, actor: Actor) -> Department:
    """A department of the actor's own organisation; *not found* for any other."""
    found = session.scalar(_of(actor).where(Department.public_id == storable(public_id)))
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def all_of(session: Session, *, actor: Actor, archived: bool | None = None) -> list[Department]:
    """The departments of the actor's organisation by name, what belongs to none last; `archived`: only those, or only the others."""
    query = _of(actor).order_by(Department.is_rest, Department.folded_name)
    return list(session.scalars(query if archived is None else query.where(Department.is_archived == archived)))


def search(words: str, *, actor: Actor, archived: bool = False) -> Select[Department]:
    """The departments whose name or code holds `words`, by name."""
    query = _of(actor).where(Department.is_archived == archived)
    wanted = folded(storable(words))
    if wanted:
        held = or_(
            Department.folded_name.contains(wanted, autoescape=True),
            func.lower(Department.code).contains(wanted, autoescape=True),
        )
        query = query.where(held)
    return query.order_by(Department.is_rest, Department.folded_name)


def look(names: Iterable[tuple[str, str]], known: Sequence[Department]) -> list[Named]:
    """What each name, with its code, is beside the departments `known`; a name that comes twice counts once. Pure.

    Raises InvalidInput above MOST names.
    """
    by_name = {one.folded_name: one for one in known}
    by_code: dict[str, tuple[Department, ...]] = {}
    for one in known:
        if one.code:
            by_code[one.code.casefold()] = (*by_code.get(one.code.casefold(), ()), one)
    folds, fresh = [fold_name(one.name) for one in known], dict[int, str]()
    found: dict[str, Named] = {}
    for text, code in names:
        try:
            name, kept_code = clean(text), clean_code(code)
        except InvalidInput as error:
            found.setdefault(folded(text), Named(one_line(storable(text))[:NAME_LIMIT], "refused", why=error))
            continue
        key, place = folded(name), len(found)
        if key in found:
            continue
        same = (by_name[key],) if key in by_name else by_code.get(name.casefold())
        if same is not None:
            found[key] = Named(name, "known" if len(same) == 1 else "near", same, code=kept_code)
            continue
        wanted = fold_name(name)
        alike = tuple(known[number] for number in _near(wanted, dict(enumerate(folds))))
        twins = _near(wanted, fresh)
        fresh[place] = wanted
        found[key] = Named(name, "near" if alike or twins else "new", alike, twins, code=kept_code)
        _require_few(len(found))
    return list(found.values())


def pasted(block: str) -> list[tuple[str, str]]:
    """The names of a pasted list, one a line, each with its code after a tab or semicolon."""
    found = []
    for line in storable(block).splitlines():
        name, _sign, code = line.replace(";", "\t").partition("\t")
        if name.strip() or code.strip():
            found.append((name, code.partition("\t")[0]))
    return found


def clean(name: str) -> str:
    """The name as it is kept; raises InvalidInput where it cannot be one."""
    kept = clean_name(one_line(storable(name)), longest=NAME_LIMIT)
    if vocabulary.is_total(kept):
        raise InvalidInput(
            "name-total", N_("“%(name)s” is what sheets call a sum. Choose another name."), field="name", name=kept
        )
    if len(folded(kept)) > NAME_LIMIT:
        raise InvalidInput("name-too-long", N_("At most %(limit)s characters."), field="name", limit=NAME_LIMIT)
    return kept


def clean_code(code: str) -> str:
    """The code as it is kept; raises InvalidInput where it is too long."""
    kept = unicodedata.normalize("NFC", one_line(storable(code)))
    if len(kept) > CODE_LIMIT:
        raise InvalidInput("name-too-long", N_("At most %(limit)s characters."), field="code", limit=CODE_LIMIT)
    return kept


def folded(name: str) -> str:
    """A name as it is compared: without case, one blank between words."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def _of(actor: Actor) -> Select[Department]:
    return select(Department).where(Department.organisation_id == actor.organisation_id)


def _require(session: Session, actor: Actor) -> None:
    """Only people who declare demand; two of one organisation who change its departments wait for each other here."""
    permissions.require(session, actor, Permission.DEPARTMENT_MANAGE)
    session.execute(select(Organisation.id).where(Organisation.id == actor.organisation_id).with_for_update())


def _require_own(session: Session, department: Department, actor: Actor) -> None:
    _require(session, actor)
    if department.organisation_id != actor.organisation_id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _require_version(department: Department, version: int) -> None:
    if department.version != version:
        raise Stale(
            "department-stale", N_("Somebody else changed this department meanwhile. Look at it and try again.")
        )


def _add_all(session: Session, named: list[tuple[str, str]], *, actor: Actor, now: dt.datetime) -> list[Department]:
    _require_free(session, [name for name, _code in named], actor)
    made = [
        Department(
            organisation_id=actor.organisation_id,
            name=name,
            folded_name=folded(name),
            code=code,
            created_at=now,
            created_by_id=actor.user_id,
        )
        for name, code in named
    ]
    session.add_all(made)
    session.flush()
    if made:
        subject = made[0] if len(made) == 1 else session.get_one(Organisation, actor.organisation_id)
        audit.record(session, ADDED, actor=actor, now=now, subject=subject, count=len(made))
    return made


def _require_free(session: Session, names: list[str], actor: Actor) -> None:
    """Raise InvalidInput where a name is taken, comes twice, or there would be too many."""
    taken = set(
        session.scalars(select(Department.folded_name).where(Department.organisation_id == actor.organisation_id))
    )
    _require_few(len(taken) + len(names))
    for name in names:
        if folded(name) in taken:
            message = N_(
                "There is a department “%(name)s” already, perhaps among those put away. Choose another name, or take that one back."
            )
            raise InvalidInput("name-taken", message, field="name", name=name)
        taken.add(folded(name))


def _apart(name: str) -> list[str]:
    """The words that tell names apart which are otherwise the same: numbers, and words of one or two letters (School 1, Team B)."""
    return [word for word in name.split() if len(word) < 3 or any(sign.isdigit() for sign in word)]


def _near(wanted: str, others: Mapping[int, str]) -> tuple[int, ...]:
    """Up to three of `others` (folded names by number) that are nearly the same as `wanted`, the nearest first."""
    from rapidfuzz import process  # only here: it takes long to load
    from rapidfuzz.distance import JaroWinkler

    scorer = JaroWinkler.normalized_similarity
    found = process.extract(wanted, others, scorer=scorer, score_cutoff=NEAR, limit=20)
    return tuple(number for other, _score, number in found if _apart(wanted) == _apart(other))[:3]


def _require_few(count: int) -> None:
    if count > MOST:
        raise InvalidInput(
            "too-many-departments",
            N_("At most %(limit)s departments fit. Put several together, or put away those that are no more."),
            field="name",
            limit=MOST,
        )
