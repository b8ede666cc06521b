"""One round from set-up to comparison, walked through in a browser by everybody who takes part."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from framework.disclosure.workbook import write_filled
from framework.ground.actors import SYSTEM
from framework.people import accounts, organisations
from framework.people.second_factor import key_from
from models.base import db
from models.disclosure import Submission
from models.records import Job
from models.rounds import Round
from models.signons import SignOn
from tests.journeys.conftest import Served
from views.demo import cast, workbooks
from views.demo import stage as acts
from views.worker import run_job

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROUND = "demolaptops2026"
LEAD, SECOND_LEAD = "lead@waterpoort.example", "lead2@waterpoort.example"
MEMBERS = {
    "college": ("officer@zilverduin.example", "approver@zilverduin.example", 150),
    "town": ("officer@mistdijk.example", "approver@mistdijk.example", 400),
}
OPENERS = ("opener1@waterpoort.example", "opener2@mistdijk.example")
STRANGER = "nobody@elsewhere.example"
YEARS = (1, 2, 3, 4)


def test_a_round_from_set_up_to_comparison(served: Served, tmp_path: Path):
    set_up(served)
    sign_on(served, tmp_path)
    declare(served)
    publish(served)

    disclose(served, tmp_path)
    open_tenders(served)
    addresses = compare(served)

    nobody_else_finds_it(served, addresses)


def set_up(served: Served) -> None:
    """The lead has a round with its terms; it opens sign-on."""
    with writing(served) as stage:
        dates = acts.Dates(10, 20, 30, 60, served.clock() + dt.timedelta(days=80))
        acts.begin(stage, ROUND, dates, summary="A round for the test.")
    with served.walk(LEAD) as lead:
        lead.visit(f"/rounds/{ROUND}/phase")
        lead.send("/phase/open_signons")

        assert "Sign-on" in lead.text()


def sign_on(served: Served, folder: Path) -> None:
    """Two members join with a mandate; the lead confirms them."""
    paper = folder / "mandate.pdf"
    paper.write_bytes(b"%PDF-1.4\n% a mandate\n%%EOF\n")
    for officer, _approver, _pieces in MEMBERS.values():
        with served.walk(officer) as member:
            member.visit(f"/rounds/{ROUND}/sign-on")
            member.send("/sign-on/accept")
            member.visit(f"/rounds/{ROUND}/sign-on/mandate")
            member.page.set_input_files("input[name=document]", str(paper))
            member.page.fill("input[name=signed_by_name]", "A. Director")
            member.page.fill("input[name=signed_by_title]", "Director")
            member.page.fill("input[name=signed_on]", served.clock().date().isoformat())
            choose(member.page, "mandate_type", "cpb")
            choose(member.page, "eligibility_basis", "named_in_notice")
            member.page.fill("input[name=liaison_name]", "L. Liaison")
            member.page.fill("input[name=liaison_email]", officer)
            member.page.check("input[name=clause_commitment]")
            member.page.check("input[name=data_agreement]")
            member.send("/sign-on/mandate")

            assert "the lead confirms it" in member.text()
    with served.walk(LEAD) as lead:
        for public_id in pending(served):
            lead.visit(f"/rounds/{ROUND}/sign-ons/{public_id}")
            lead.send(f"/{public_id}/confirm")
        lead.visit(f"/rounds/{ROUND}/phase")
        lead.send("/phase/open_demand")


def declare(served: Served) -> None:
    """Each member types its demand, a second person approves, the lead accepts and locks."""
    for officer, approver, pieces in MEMBERS.values():
        declared = []
        with served.walk(officer) as member:
            for lot, tier in (("LAP", "standard"), ("MON", "")):
                member.visit(lot_path(served, lot, "demand"))
                fill_grid(member.page, category="laptop" if tier else "monitor", tier=tier, pieces=pieces)
                member.press("#demand-form button[value=submit]")
            member.visit(f"/rounds/{ROUND}/demand?view=own")
            declared = links(member.page, r"/demand/[a-z2-7]{16}$")
        assert len(declared) == 2
        with served.walk(approver) as second:
            for path in declared:
                second.visit(path)
                second.send("/approve")
        with served.walk(LEAD) as lead:
            for path in declared:
                lead.visit(path)
                lead.page.check("#seen")
                lead.send("/accept")
    served.clock.forward(days=21)
    with served.walk(LEAD) as lead:
        lead.visit(f"/rounds/{ROUND}/pool")
        assert "2,200" in lead.text()
        if db_state(served) == "demand":
            lead.visit(f"/rounds/{ROUND}/phase")
            lead.page.fill("#motive-lock_demand", "Everybody has answered.")
            lead.send("/phase/lock_demand")


def publish(served: Served) -> None:
    """Readiness and publication, each by two persons of the lead."""
    with writing(served) as stage:
        acts.set_figures(stage, db.session.scalars(select(Round)).one())
    with served.walk(LEAD) as lead:
        lead.visit(f"/rounds/{ROUND}/readiness/refusals")
        lead.send("/readiness/refusals")
        lead.visit(f"/rounds/{ROUND}/readiness")
        lead.send("/readiness/propose")
    with served.walk(SECOND_LEAD) as second:
        second.visit(f"/rounds/{ROUND}/readiness")
        second.send("/readiness/approve")
    with served.walk(LEAD) as lead:
        lead.visit(f"/rounds/{ROUND}/publish")
        lead.page.fill("input[name=notice_reference]", "2026/S 1-1")
        lead.send("/publish/propose")
    with served.walk(SECOND_LEAD) as second:
        second.visit(f"/rounds/{ROUND}/publish")
        second.send("/publish/confirm")
    assert db_state(served) == "published"


def disclose(served: Served, folder: Path) -> None:
    """Two suppliers upload; the file of one has faults, which it mends."""
    whole = {d.supplier: d for d in workbooks.DISCLOSURES if d.round_id == ROUND}
    good, paper = workbooks.FOLDER / whole["zeewind"].file, workbooks.FOLDER / whole["papierboot"].file
    faulty = folder / "first-try.xlsx"
    spoilt = replace(whole["zeewind"], faults=True)
    write_filled(faulty, workbooks.scope_of(spoilt), workbooks.tables_of(spoilt))
    with served.walk("supplier@zeewind.example") as supplier:
        upload(supplier, faulty)
        assert "Chyna" in supplier.page.inner_text("body")
        upload(supplier, good)
        assert "Chyna" not in supplier.page.inner_text("body")
    with served.walk("supplier@papierboot.example") as supplier:
        upload(supplier, paper)


def open_tenders(served: Served) -> None:
    """The deadline passes; two openers open, on devices of their own."""
    served.clock.forward(days=60)
    for number, email in enumerate(OPENERS, start=1):
        with served.walk(email) as opener:
            opener.visit(f"/rounds/{ROUND}/opening")
            if (
                number == 1
                and "Receipt" in opener.text()
                and not opener.page.locator("form[action$='/opening']").count()
            ):
                close(served)
                opener.visit(f"/rounds/{ROUND}/opening")
            opener.send("/opening")
    do_jobs(served)
    assert db_state(served) == "opened"


def compare(served: Served) -> list[str]:
    """Both suppliers stand beside the pooled volume; a figure opens its rows, a row its cell. The addresses seen."""
    with served.walk(MEMBERS["college"][0]) as member:
        member.visit(lot_path(served, "LAP", "comparison"))
        shown = member.text()
        assert "Zeewind IT Trade" in shown
        assert "Papierboot Devices" in shown
        assert "2,200" in shown
        comparison = path_of(member.page.url)
        figure = links(member.page, r"/comparison/[a-z2-7]{16}/disclosed$|/comparison/[a-z2-7]{16}/disclosed\?")[0]
        member.visit(figure)
        row = links(member.page, r"/submissions/[a-z2-7]{16}/rows/\d+$")[0]
        member.visit(row)
        assert re.search(r"4_links|2_components|3_sites", member.text())
    return [f"/rounds/{ROUND}", f"/rounds/{ROUND}/pool", f"/rounds/{ROUND}/submissions", comparison, figure, row]


def nobody_else_finds_it(served: Served, addresses: list[str]) -> None:
    """A buyer outside the round, and a supplier that sent nothing, get *not found* for all of it."""
    with served.walk(STRANGER) as stranger:
        assert {path: stranger.visit(path) for path in addresses} == dict.fromkeys(addresses, 404)
    with served.walk("supplier@tegelveld.example") as late:
        assert {path: late.visit(path) for path in addresses} == dict.fromkeys(addresses, 404)


class writing:  # noqa: N801 - reads as a block
    """The stage of the demonstration on the served application, committed at the end; the cast is made when missing."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.context = served.app.app_context()

    def __enter__(self) -> acts.Stage:
        self.context.push()
        session = db.session()
        session.info["write"] = True
        now, settings = self.served.clock(), self.served.app.extensions["settings"]
        people = cast.find(session) or self.make(session, settings, now)
        return acts.Stage(session, self.served.app.extensions["files"], people, now)

    def __exit__(self, *_error: object) -> None:
        db.session.commit()
        db.session.remove()
        self.context.pop()

    def make(self, session, settings, now) -> cast.Cast:
        key = key_from(settings.secret())
        made = cast.make(session, key=key, needs_second_factor=settings.needs_second_factor(), now=now)
        details = organisations.Details(name="Elsewhere", kind="buyer", country="NL")
        body = organisations.create(session, details, actor=SYSTEM, now=now)
        accounts.create_user(
            session,
            email=STRANGER,
            name="Nobody",
            password=cast.PASSWORD,
            organisation=body,
            roles=["member"],
            actor=SYSTEM,
            now=now,
        )
        return made


def upload(supplier, path: Path) -> None:
    """Send a file and wait for the page of its version."""
    supplier.visit(f"/rounds/{ROUND}/disclosure")
    supplier.page.set_input_files("#file", str(path))
    supplier.press("form[enctype] button")
    supplier.page.wait_for_url(re.compile(r"/disclosure/[a-z2-7]{16}$"))
    assert "Receipt" in supplier.text()


def fill_grid(page, *, category: str, tier: str, pieces: int) -> None:
    """Type one row of demand: the same each year, at 700 a piece."""
    page.select_option("select[name=category-1]", category)
    if tier:
        page.select_option("select[name=tier-1]", tier)
    page.fill("input[name=country-1]", "NL")
    for year in YEARS:
        for name in ("firm", "expected", "max"):
            page.fill(f"input[name={name}-1-{year}]", str(pieces))
        page.fill(f"input[name=value-1-{year}]", str(pieces * 700))


def choose(page, name: str, value: str) -> None:
    """Choose a value of a list or of radio buttons."""
    if page.locator(f"select[name={name}]").count():
        page.select_option(f"select[name={name}]", value)
    else:
        page.check(f"input[name={name}][value={value}]")


def links(page, pattern: str) -> list[str]:
    """Paths of the links in the main part that match, each once."""
    found = page.eval_on_selector_all("main a[href]", "all => all.map(a => a.getAttribute('href'))")
    return list(dict.fromkeys(path for path in found if re.search(pattern, path)))


def path_of(url: str) -> str:
    """The path of an address."""
    return "/" + url.split("/", 3)[3]


def lot_path(served: Served, code: str, page: str) -> str:
    """The address of a lot's page."""
    with served.app.app_context():
        round_ = db.session.scalars(select(Round).where(Round.public_id == ROUND)).one()
        lot = next(lot for lot in round_.lots if lot.code == code)
        found = f"/rounds/{ROUND}/lots/{lot.public_id}/{page}"
        db.session.remove()
    return found


def pending(served: Served) -> list[str]:
    """Sign-ons whose mandate waits for the lead."""
    with served.app.app_context():
        found = list(db.session.scalars(select(SignOn.public_id).where(SignOn.state == "mandate_pending")))
        db.session.remove()
    return found


def db_state(served: Served) -> str:
    """The state of the round."""
    with served.app.app_context():
        found = db.session.scalars(select(Round.state).where(Round.public_id == ROUND)).one()
        db.session.remove()
    return found


def close(served: Served) -> None:
    """What the worker's beat does at the deadline."""
    from framework.disclosure import counting

    with writing(served) as stage:
        for round_ in counting.due_rounds(stage.session, now=served.clock()):
            counting.close_receipt(stage.session, round_, clock=served.clock, files=stage.files)


def do_jobs(served: Served) -> None:
    """What the worker does after the opening."""
    with served.app.app_context():
        waiting = list(db.session.scalars(select(Job.id).where(Job.state == "waiting")))
        states = set(db.session.scalars(select(Submission.state)))
        db.session.remove()
    assert "staged" not in states
    for number in waiting:
        run_job(served.app, number)
