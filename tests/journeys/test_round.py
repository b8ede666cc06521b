"""One round from set-up to comparison, walked through in a browser by everybody who takes part."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from framework.disclosure import counting
from framework.disclosure.workbook import write_filled
from framework.ground.actors import SYSTEM
from framework.people import accounts, organisations
from framework.people.second_factor import key_from
from models.base import db
from models.disclosure import Submission
from models.records import Job
from models.rounds import Lot, Round
from models.signons import SignOn
from tests.conftest import hash_cheaply
from tests.journeys import setting_up
from tests.journeys.conftest import Served, Walker
from tests.journeys.setting_up import links
from views import keyring
from views.demo import cast, workbooks
from views.demo import stage as acts
from views.worker import run_job

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEAD, SECOND_LEAD = "lead@waterpoort.example", "lead2@waterpoort.example"
MEMBERS = {
    "college": ("officer@zilverduin.example", "approver@zilverduin.example", 150),
    "town": ("officer@mistdijk.example", "approver@mistdijk.example", 400),
}
OPENERS = ("opener1@waterpoort.example", "opener2@mistdijk.example")
STRANGER = "nobody@elsewhere.example"
YEARS = (1, 2, 3, 4)
POOLED = sum(pieces for _officer, _approver, pieces in MEMBERS.values()) * len(YEARS)


def test_a_round_from_set_up_to_comparison(served: Served, tmp_path: Path):
    story = Story(served, tmp_path)
    story.set_up()
    story.sign_on()
    story.declare()
    story.publish()

    story.disclose()
    story.open_tenders()
    addresses = story.compare()

    story.nobody_else_finds(addresses)


class Story:
    """One round and everybody in it; `here` is its address."""

    def __init__(self, served: Served, folder: Path) -> None:
        self.served, self.folder = served, folder
        self.here = ""

    @property
    def public_id(self) -> str:
        """The round's public id."""
        return self.here.rsplit("/", 1)[1]

    def set_up(self) -> None:
        """The lead sets a round up from nothing, task by task, and opens sign-on."""
        with writing(self.served):
            pass
        with self.served.walk(LEAD) as lead:
            self.here = setting_up.create(lead, setting_up.Plan(self.served.clock().date()))
            lead.visit(f"{self.here}/phase")
            lead.send("/phase/open_signons")

            assert self.state() == "sign_on"

    def sign_on(self) -> None:
        """Two members join with a mandate; the lead confirms them and opens demand."""
        paper = self.folder / "mandate.pdf"
        paper.write_bytes(b"%PDF-1.4\n% a mandate\n%%EOF\n")
        for officer, _approver, _pieces in MEMBERS.values():
            with self.served.walk(officer) as member:
                member.visit(f"{self.here}/sign-on")
                member.send("/sign-on/accept")
                member.visit(f"{self.here}/sign-on/mandate")
                fill_mandate(member, paper, officer, self.served.clock().date().isoformat())
                member.send("/sign-on/mandate")

                assert "the lead confirms it" in member.text()
        with self.served.walk(LEAD) as lead:
            for public_id in self.pending():
                lead.visit(f"{self.here}/sign-ons/{public_id}")
                lead.send(f"/{public_id}/confirm")
            lead.visit(f"{self.here}/phase")
            lead.send("/phase/open_demand")

    def declare(self) -> None:
        """Each member types its demand, a second person approves, the lead accepts; then it is locked."""
        for officer, approver, pieces in MEMBERS.values():
            with self.served.walk(officer) as member:
                for lot, tier in (("LAP", "standard"), ("MON", "")):
                    member.visit(self.lot_path(lot, "demand"))
                    fill_grid(member.page, category="laptop" if tier else "monitor", tier=tier, pieces=pieces)
                    member.press("#demand-form button[value=submit]")
                member.visit(f"{self.here}/demand?view=own")
                declared = links(member, r"/demand/[a-z2-7]{16}$")
            assert len(declared) == 2
            with self.served.walk(approver) as second:
                for path in declared:
                    second.visit(path)
                    second.send("/approve")
            with self.served.walk(LEAD) as lead:
                for path in declared:
                    lead.visit(path)
                    if lead.page.locator("#seen").count():  # only where something is odd
                        lead.page.check("#seen")
                    lead.send("/accept")
        with self.served.walk(LEAD) as lead:
            lead.visit(f"{self.here}/pool")
            assert f"{POOLED:,}" in lead.text()
            lead.visit(f"{self.here}/phase")
            lead.page.fill("#motive-lock_demand", "Everybody has answered.")
            lead.send("/phase/lock_demand")

    def publish(self) -> None:
        """Figures, readiness and publication; the last two by two persons of the lead."""
        with self.served.walk(LEAD) as lead:
            setting_up.set_figures(lead, self.here, POOLED, POOLED * 5 // 4)
            lead.visit(f"{self.here}/readiness/refusals")
            lead.send("/readiness/refusals")
            lead.visit(f"{self.here}/readiness")
            lead.send("/readiness/propose")
        with self.served.walk(SECOND_LEAD) as second:
            second.visit(f"{self.here}/readiness")
            second.send("/readiness/approve")
        with self.served.walk(LEAD) as lead:
            lead.visit(f"{self.here}/publish")
            lead.page.fill("input[name=notice_reference]", "2026/S 1-1")
            lead.send("/publish/propose")
        with self.served.walk(SECOND_LEAD) as second:
            second.visit(f"{self.here}/publish")
            second.send("/publish/confirm")
        assert self.state() == "published"

    def disclose(self) -> None:
        """Two suppliers upload; the first file of one has faults, which it mends."""
        with self.served.walk("supplier@zeewind.example") as supplier:
            self.upload(supplier, self.workbook("zeewind", faults=True))
            assert "Chyna" in supplier.page.inner_text("body")
            self.upload(supplier, self.workbook("zeewind"))
            assert "Chyna" not in supplier.page.inner_text("body")
        with self.served.walk("supplier@papierboot.example") as supplier:
            self.upload(supplier, self.workbook("papierboot"))

    def open_tenders(self) -> None:
        """The deadline of the plan passes; two openers open, on devices of their own."""
        self.served.clock.forward(days=81)
        self.close_receipt()
        for email in OPENERS:
            with self.served.walk(email) as opener:
                opener.visit(f"{self.here}/opening")
                opener.send("/opening")
        do_jobs(self.served)
        assert self.state() == "opened"

    def compare(self) -> list[str]:
        """Both suppliers stand beside the pooled volume; a figure opens its rows, a row its cell. The addresses seen."""
        with self.served.walk(MEMBERS["college"][0]) as member:
            member.visit(self.lot_path("LAP", "comparison"))
            shown = member.text()
            assert "Zeewind IT Trade" in shown
            assert "Papierboot Devices" in shown
            assert f"{POOLED:,}" in shown
            comparison = path_of(member.page.url)
            figure = links(member, r"/comparison/[a-z2-7]{16}/disclosed(\?.*)?$")[0]
            member.visit(figure)
            row = links(member, r"/submissions/[a-z2-7]{16}/rows/\d+$")[0]
            member.visit(row)
            assert re.search(r"4_links|2_components|3_sites", member.text())
        return [self.here, f"{self.here}/pool", f"{self.here}/submissions", comparison, figure, row]

    def nobody_else_finds(self, addresses: list[str]) -> None:
        """A buyer outside the round, and a supplier that sent nothing, get *not found* for all of it."""
        for email in (STRANGER, "supplier@tegelveld.example"):
            with self.served.walk(email) as stranger:
                assert {path: stranger.visit(path) for path in addresses} == dict.fromkeys(addresses, 404)

    def workbook(self, supplier: str, *, faults: bool = False) -> Path:
        """The supplier's disclosure for this round."""
        known = next(d for d in workbooks.DISCLOSURES if d.supplier == supplier and d.round_id == "demolaptops2026")
        planned = replace(known, faults=faults)
        tables = workbooks.tables_of(planned)
        tables["0_submission"][0]["round_id"] = self.public_id
        path = self.folder / f"{supplier}{'-first-try' if faults else ''}.xlsx"
        write_filled(path, replace(workbooks.scope_of(planned), round_id=self.public_id), tables)
        return path

    def upload(self, supplier: Walker, path: Path) -> None:
        """Send a file and wait for the page of its version."""
        supplier.visit(f"{self.here}/disclosure")
        with supplier.page.expect_navigation():
            supplier.page.set_input_files("#file", str(path))
        supplier.page.wait_for_url(re.compile(r"/disclosure/[a-z2-7]{16}$"))
        assert "Receipt" in supplier.text()

    def close_receipt(self) -> None:
        """What the worker's beat does once the deadline has passed."""
        with keyring.with_master(self.served.app), writing(self.served) as stage:
            for round_ in counting.due_rounds(stage.session, now=self.served.clock()):
                counting.close_receipt(stage.session, round_, clock=self.served.clock, files=stage.files)
        assert self.state() == "receipt_closed"

    def lot_path(self, code: str, page: str) -> str:
        """The address of a lot's page."""
        with self.served.app.app_context():
            query = select(Lot.public_id).join(Round).where(Round.public_id == self.public_id, Lot.code == code)
            found = f"{self.here}/lots/{db.session.scalars(query).one()}/{page}"
            db.session.remove()
        return found

    def pending(self) -> list[str]:
        """Sign-ons whose mandate waits for the lead."""
        with self.served.app.app_context():
            found = list(db.session.scalars(select(SignOn.public_id).where(SignOn.state == "mandate_pending")))
            db.session.remove()
        return found

    def state(self) -> str:
        """The state of the round."""
        with self.served.app.app_context():
            found = db.session.scalars(select(Round.state).where(Round.public_id == self.public_id)).one()
            db.session.remove()
        return found


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
        with hash_cheaply():
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


def fill_mandate(member: Walker, paper: Path, officer: str, today: str) -> None:
    """The mandate as the member hands it in."""
    member.page.set_input_files("input[name=document]", str(paper))
    member.page.fill("input[name=signed_by_name]", "A. Director")
    member.page.fill("input[name=signed_by_title]", "Director")
    member.page.fill("input[name=signed_on]", today)
    choose(member.page, "mandate_type", "cpb")
    choose(member.page, "eligibility_basis", "named_in_notice")
    member.page.fill("input[name=liaison_name]", "L. Liaison")
    member.page.fill("input[name=liaison_email]", officer)
    member.page.check("input[name=clause_commitment]")
    member.page.check("input[name=data_agreement]")


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


def path_of(url: str) -> str:
    """The path of an address."""
    return "/" + url.split("/", 3)[3]


def do_jobs(served: Served) -> None:
    """What the worker does after the opening."""
    with served.app.app_context():
        waiting = list(db.session.scalars(select(Job.id).where(Job.state == "waiting")))
        states = set(db.session.scalars(select(Submission.state)))
        db.session.remove()
    assert "staged" not in states
    for number in waiting:
        run_job(served.app, number)
