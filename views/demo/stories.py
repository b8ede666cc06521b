"""What happens in the four rounds of the demonstration; each story yields the time at which it goes on."""

from __future__ import annotations

import datetime as dt

from framework.judging import conflicts, judges
from models.disclosure import Submission
from models.rounds import Round
from views.demo import joint_costs, upstream
from views.demo import stage as act
from views.demo.cast import MEMBERS, body_of
from views.demo.stage import Dates, Stage, Story
from views.demo.workbooks import FOLDER

OPEN_MINUTES = 30


def laptops(stage: Stage) -> Story:
    """A round that was opened: three workbooks and a company-wide list of sites, comparable."""
    yield stage.day(-150)
    dates = Dates(-125, -100, -80, -45, stage.day(-30, 12))
    round_ = act.begin(stage, "demolaptops2026", dates, summary="Laptops and monitors for six buyers; all invented.")
    yield from _until_published(stage, round_, (-148, -140, -120, -92, -75), "2026/S 000-000001 (invented)")
    for day, supplier, name in (
        (-38, "zeewind", "laptops-2026-zeewind.xlsx"),
        (-36, "papierboot", "laptops-2026-papierboot.xlsx"),
        (-33, "vuurtoren", "laptops-2026-vuurtoren-sites.csv"),
        (-31, "tegelveld", "laptops-2026-tegelveld.xlsx"),
    ):
        yield stage.day(day)
        sent = act.send(stage, round_, supplier, FOLDER / name)
        if supplier == "zeewind":
            yield from _asked_upstream(stage, sent)
    yield stage.day(-29, 9)
    act.close_and_open(stage, round_)
    _name_judges(stage, round_)
    yield stage.day(-28)
    joint_costs.state_spends(stage, round_)
    proposal = joint_costs.propose(stage, round_)
    yield stage.day(-27)
    joint_costs.answer(stage, proposal)


def desktops(stage: Stage) -> Story:
    """A round whose tender is open: two suppliers have sent, the deadline is half an hour away."""
    yield stage.day(-100)
    dates = Dates(-80, -60, -45, -8, stage.today + dt.timedelta(minutes=OPEN_MINUTES))
    round_ = act.begin(
        stage, "demodesktops2027", dates, summary="Desktop computers and monitors for six buyers; all invented."
    )
    yield from _until_published(stage, round_, (-98, -95, -78, -55, -40), "2026/S 000-000002 (invented)")
    yield stage.day(-3)
    act.send(stage, round_, "noordhaven", FOLDER / "desktops-2027-noordhaven.xlsx")
    yield stage.day(-1)
    sent = act.send(stage, round_, "tegelveld", FOLDER / "desktops-2027-tegelveld.xlsx")
    if (asked := upstream.ask(stage, sent, "tegelveld", days=21)) is not None:
        upstream.answer(stage, asked)


def tablets(stage: Stage) -> Story:
    """A round in demand: some declared, one waits for the lead, one for a second person, one member has not answered."""
    yield stage.day(-40)
    dates = Dates(-22, 15, 30, 60, stage.day(80, 12), term=150)
    round_ = act.begin(stage, "demotablets2027", dates, summary="Tablets and smartphones for six buyers; all invented.")
    yield stage.day(-38)
    act.open_signons(stage, round_)
    yield stage.day(-30)
    for member in MEMBERS:
        if member != "water":
            act.sign_on(stage, round_, member)
            act.confirm(stage, round_, member)
    yield stage.day(-23)
    act.sign_on(stage, round_, "water")
    yield stage.day(-20)
    act.open_demand(stage, round_)
    yield stage.day(-9)
    for lot in ("TAB", "PHONE"):
        for member in ("hospital", "region"):
            act.declared(stage, round_, lot, member)
    yield stage.day(-4)
    waiting = act.draft(stage, round_, "TAB", "town")
    act.submit(stage, waiting, "town")
    act.approve_demand(stage, waiting, "town")
    yield stage.day(-2)
    act.submit(stage, act.draft(stage, round_, "TAB", "college"), "college")
    act.draft(stage, round_, "PHONE", "college")


def screens(stage: Stage) -> Story:
    """A round in set-up, not finished."""
    yield stage.day(-2)
    dates = Dates(50, 60, 90, 120, stage.day(140, 12), term=200)
    act.sketch(stage, "demoscreens2028", dates, summary="Large screens for meeting rooms; all invented.")


STORIES = (laptops, desktops, tablets, screens)


def _asked_upstream(stage: Stage, submission: Submission) -> Story:
    """The reseller asks the brand, the brand asks who makes the part, and there it stays silent."""
    yield stage.day(-37)
    request = upstream.ask(stage, submission, "zeewind", days=20)
    if request is not None:
        upstream.pass_on(stage, request, days=14)


def _until_published(stage: Stage, round_: Round, days: tuple[int, ...], notice: str) -> Story:
    """Sign-on, demand and publication, on the given days from today."""
    opened, signed, demand, locked, published = days
    yield stage.day(opened)
    act.open_signons(stage, round_)
    yield stage.day(signed)
    for member in MEMBERS:
        act.sign_on(stage, round_, member)
        act.confirm(stage, round_, member)
    yield stage.day(demand)
    act.open_demand(stage, round_)
    yield stage.day(demand + 5)
    for lot, member in act.declaring(round_):
        act.declared(stage, round_, lot, member)
    yield stage.day(locked)
    act.lock_demand(stage, round_)
    yield stage.day(published)
    act.publish(stage, round_, notice)


def _name_judges(stage: Stage, round_: Round) -> None:
    """Evaluators of three members and a chair are named; lead and openers have said that they have no conflict.

    The evaluators and the chair have not: whoever signs in as one begins with that.
    """
    for key, role in (
        ("evaluator", "evaluator"),
        ("hospital2", "evaluator"),
        ("region2", "evaluator"),
        ("chair", "chair"),
    ):
        judges.name(
            stage.session,
            round_,
            stage.cast.people[key],
            stage.cast.organisations[body_of(key)],
            role,
            actor=stage.lead,
            now=stage.now,
        )
    for key in ("lead", "lead2", "opener1", "opener2"):
        conflicts.state(stage.session, round_, [], undertakes=True, actor=stage.actor(key), now=stage.now)
