"""Forms and calls that are sent again, one after another or at the same moment: one effect each, and the same answer (T23)."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select

from framework.ground.files import FileStore
from framework.judging import assessing
from framework.judging.claims import Claim
from framework.people import sessions, tokens
from framework.rounds import questions
from models.base import Base, db
from models.people import Organisation, User
from tests.api.conftest import Program
from tests.builders import Builder
from tests.demand.pricing import Pricing
from tests.disclosure.test_submissions import Scene
from tests.judging.judged import Judged
from tests.rounds.asking import Tendering
from tests.test_guard import at_once, twin_of
from tests.test_routes import TRACES, dump

FORMS = 500 if os.environ.get("HEFBOOM_BARS") == "1" else 50
"""Half of them are sent again one to five times, half from two windows at the same moment."""
PART = 25
"""Pairs of forms that share one database."""
MOST_REPLAYS = 5
ONCE_MADE = {"counter", "public_key"}
"""Tables of what an installation begins with the first act that needs it."""


@dataclass
class Case:
    """A form that was filled in, and the browsers it is sent from: two windows of one person. `file` is sent along."""

    windows: tuple[Any, Any]
    path: str
    data: dict[str, Any] = field(default_factory=dict)
    file: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, window: Any) -> Any:
        more = {"file": (io.BytesIO(self.file), "sites.csv")} if self.file else {}
        return window.post(self.path, data=self.data | more, headers=self.headers)


class Desk:
    """Makes one case after another, each with people and records of its own."""

    def __init__(self, app, build: Builder, clock) -> None:
        self.app, self.build, self.clock = app, build, clock
        self.number = 0

    def case(self, kind: Callable[[Desk], Case]) -> Case:
        """A case of a kind under a key of its own, everything committed and let go."""
        db.session.remove()
        db.session().info["write"] = True
        self.build.session = db.session()
        self.number += 1
        made = kind(self)
        db.session.commit()
        db.session.remove()
        return made

    def form(self, who: tuple[User, Organisation], path: str, file: bytes = b"", **data: Any) -> Case:
        """A form that a person fills in."""
        user, organisation = who
        live, token = sessions.start(db.session(), user, now=self.clock.now, max_hours=1000, second_factor=True)
        live.organisation_id = organisation.id
        first = self.app.test_client()
        with first.session_transaction() as cookie:
            cookie["sid"] = token
        return Case((first, twin_of(first, self.app)), path, data | {"once": f"{self.number:016d}"}, file)

    def someone(self, organisation: Organisation) -> tuple[User, Organisation]:
        return self.build.user(organisation), organisation

    def behind(self, actor) -> tuple[User, Organisation]:
        return db.session.get_one(User, actor.user_id), db.session.get_one(Organisation, actor.organisation_id)

    @property
    def scene(self) -> Scene:
        return Scene(db.session(), self.build, self.clock, FileStore(self.app.extensions["files"].root))

    def tendering(self, **values: Any) -> Tendering:
        return Tendering(self.build, mailbox=f"person{self.number}", **values)

    @property
    def judged(self) -> Judged:
        made = Light(db.session(), self.build, self.clock)
        made.number = 10_000 + self.number  # receipts are numbered once for the installation
        return made


class Light(Judged):
    """Tenders without a chain: nothing here asks for one."""

    def built(self, rows, **values):
        return self.supplier(rows, **values)


def round_made(desk):
    return desk.form(desk.someone(desk.build.organisation("lead")), "/rounds/new", name="Laptops", jurisdiction="nl")


def upload(desk):
    scene = desk.scene
    here = f"/rounds/{scene.round.public_id}/disclosure"
    return desk.form(desk.someone(scene.supplier), here, f"name,country\nSite {desk.number},NL\n".encode())


def on_version(act):
    """An act of its sender on a version that was read."""

    def made(desk):
        scene = desk.scene
        submission = scene.read(scene.send(f"rows {desk.number}".encode()))
        here = f"/rounds/{scene.round.public_id}/disclosure/{submission.public_id}/{act}"
        return desk.form(desk.behind(scene.person), here)

    return made


def confirmation(desk):
    """The first of two openers confirms, once receipt is closed."""
    scene = desk.scene
    scene.read(scene.send(f"rows {desk.number}".encode()))
    opener, _other = scene.openers(2)
    scene.round.tender_deadline = desk.clock.now
    desk.clock.forward(seconds=1)
    scene.close()
    return desk.form(desk.behind(opener), f"/rounds/{scene.round.public_id}/opening")


def demand(desk):
    round_ = desk.build.round(state="demand")
    lot, member = desk.build.lot(round_), desk.build.sign_on(round_, state="confirmed").organisation
    cells = {"category-1": "laptop", "tier-1": "", "country-1": "NL", "value-1-1": "700", "certainty-1": "planned"}
    cells |= {f"{name}-1-1": "420" for name in ("firm", "expected", "max")}
    told = {"version": "0", "rows": "1", "do": "save", "baseline_source": "erp"} | cells
    return desk.form(desk.someone(member), f"/rounds/{round_.public_id}/lots/{lot.public_id}/demand", **told)


def question(desk):
    tendering = desk.tendering()
    return desk.form(desk.behind(tendering.asker), f"{tendering.here}/questions", text="Which plug?")


def answer_begun(desk):
    tendering = desk.tendering()
    asked = questions.ask(db.session(), tendering.round, "Which?", actor=tendering.asker, now=desk.clock())
    db.session.flush()
    return desk.form(
        desk.behind(tendering.first), f"{tendering.here}/questions/answers", question=[asked.public_id], to=""
    )


def supplier_invited(desk):
    tendering = desk.tendering()
    return desk.form(
        desk.behind(tendering.first), f"{tendering.here}/suppliers", organisation=tendering.rival.public_id
    )


def prices_given(desk):
    pricing = Pricing(desk.build)
    told = {"item-1": f"{pricing.lot.public_id}.laptop.0", "from-1": "1", "price-1": "700"}
    told |= {"rows": "1", "currency": "EUR", "reading": "whole", "based_on": "0", "do": "give"}
    return desk.form(desk.behind(pricing.givers[0]), f"{pricing.here}/price-list", **told)


def rate_entered(desk):
    pricing = Pricing(desk.build)
    told = {"currency": "SEK", "rate": "0.0885", "on_date": "2026-11-20", "source": "ECB"}
    return desk.form(desk.behind(pricing.lead_actor), f"{pricing.here}/prices/rates", **told)


def judge_named(desk):
    tendering = desk.tendering(state="opened", opened_at=desk.clock())
    user = desk.build.user(tendering.member)
    told = {"person": f"{user.public_id} {tendering.member.public_id}", "role": "evaluator"}
    return desk.form(desk.behind(tendering.first), f"{tendering.here}/judging/judges", **told)


def statement(desk):
    judged = desk.judged
    submission, _items = judged.tender(sections=[("fa", "final_assembly")])
    key = submission.supplier.public_id
    told = {"sign": "yes", f"bidder-{key}": "yes", f"reason-{key}": "former work"}
    return desk.form(desk.behind(judged.evaluators[0]), f"/rounds/{judged.round.public_id}/judging/conflicts", **told)


def assessment(desk):
    judged = desk.judged
    submission, (item,) = judged.tender(sections=[("fa", "final_assembly")])
    one = judged.own(item, judged.evaluators[0])
    here = f"/rounds/{judged.round.public_id}/judging/mine/{submission.public_id}"
    told = {"assessment": one.public_id, "level": "E1", "motive": "Seen.", "seconds": "30"}
    return desk.form(desk.behind(judged.evaluators[0]), f"{here}/save", **told)


def final(desk):
    judged = desk.judged
    submission, (item,) = judged.tender(sections=[("fa", "final_assembly")])
    judged.save(item, judged.evaluators[0])
    here = f"/rounds/{judged.round.public_id}/judging/mine/{submission.public_id}"
    return desk.form(desk.behind(judged.evaluators[0]), f"{here}/finish")


def taken_out(desk):
    judged = desk.judged
    _submission, (item,) = judged.tender(sections=[("fa", "final_assembly")])
    one = judged.own(item, judged.evaluators[0])
    here = f"/rounds/{judged.round.public_id}/judging/discussion/{item.public_id}/{one.public_id}/void"
    return desk.form(desk.behind(judged.chair), here, motive="Given to somebody else")


def call(desk):
    """A program sends a file under a key."""
    scene = desk.scene
    user, _organisation = desk.behind(scene.person)
    both = [tokens.READ, tokens.WRITE]
    made = {"name": "ERP", "scopes": both, "days": 90, "actor": scene.person, "now": desk.clock.now}
    _token, secret = tokens.create(db.session(), user, **made)
    program = Program(desk.app, secret, scene.round.public_id)
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": f"key-{desk.number:08d}"}
    content = f"name,country\nSite {desk.number},NL\n".encode()
    windows = desk.app.test_client(), desk.app.test_client()
    return Case(windows, program.submissions, file=content, headers=headers)


KINDS = (
    round_made,
    upload,
    on_version("count"),
    on_version("withdraw"),
    confirmation,
    demand,
    question,
    answer_begun,
    supplier_invited,
    prices_given,
    rate_entered,
    judge_named,
    statement,
    assessment,
    final,
    taken_out,
    call,
)


def answers(sent: list[Any]) -> list[tuple[Any, ...]]:
    """What was answered each time: the status, where to, and what a program is told."""
    return [(one.status_code, one.headers.get("Location"), one.get_json() if one.is_json else None) for one in sent]


def rows() -> dict[str, int]:
    """How many rows each table has."""
    db.session.remove()
    tables = [table for name, table in Base.metadata.tables.items() if name not in TRACES | ONCE_MADE]
    counts = db.session.execute(select(*[select(func.count()).select_from(one).scalar_subquery() for one in tables]))
    found = dict(zip([one.name for one in tables], counts.one(), strict=True))
    db.session.remove()
    return found


def growth(case: Case, windows: int) -> tuple[list[Any], dict[str, int]]:
    """Send a form from so many windows at once: the answers, and how many rows each table got."""
    before = rows()
    sent = at_once(case.windows[:windows], case.send)
    after = rows()
    return sent, {name: count - before[name] for name, count in after.items() if count != before[name]}


@pytest.fixture
def desk(app, build, clock, monkeypatch):
    # what the evidence allows is not the question here, nor what stands in a file
    monkeypatch.setattr(assessing.claims, "load", lambda *given: {one.id: Claim(one, "E1") for one in given[3]})
    monkeypatch.setattr(app.extensions["settings"], "inline_mb", 0)
    return Desk(app, build, clock)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(FORMS // 2 // PART))
def test_what_is_sent_again_has_one_effect_and_the_same_answer(desk, session, part):
    chance = random.Random(part)
    for number in range(PART):
        kind = KINDS[(part * PART + number) % len(KINDS)]
        one, other = desk.case(kind), desk.case(kind)

        first, grown = growth(one, windows=1)
        done = dump(db.session())
        again = [one.send(chance.choice(one.windows)) for _time in range(chance.randint(1, MOST_REPLAYS))]
        unchanged = dump(db.session()) == done
        both, grown_together = growth(other, windows=2)

        assert first[0].status_code in (201, 303), (kind.__name__, first[0].status_code, first[0].text)
        assert set(grown) - {"one_time_key"}, "the act had an effect"
        assert unchanged, kind.__name__
        assert answers(again) == answers(first) * len(again), kind.__name__
        assert grown_together == grown, (kind.__name__, answers(both))
        assert answers(both)[0] == answers(both)[1], kind.__name__
