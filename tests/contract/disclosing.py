"""An agreement that has started, with a contractor who owes disclosures: what the tests of updates stand on."""

from __future__ import annotations

import datetime as dt
import io

from sqlalchemy import select

from framework.contract import duties, update_review, update_stage, updates
from framework.contract.updates import Sent
from framework.disclosure import checking
from framework.disclosure.workbook import write_filled
from framework.ground.sheets.limits import Limits
from models.contract_disclosure import ContractSubmission, Duty
from models.disclosure import SubmissionRow
from models.records import Mail
from tests.contract.standing import TERMS, Standing
from tests.memory import remembered

FA, MB = "final_assembly", "mainboard_pcba"
TERMS_OF_ONE = TERMS.__class__("2026-1", TERMS.starts_on, TERMS.ends_on, "fixed", "", "Acme")


def whole(lot="L1"):
    """Tables with one model of Acme, its assembly and its mainboard at sites, and tin from a smelter."""
    site = {
        "facility_type": FA,
        "address_line": "58 First Avenue",
        "city": "Kunshan",
        "country": "CN",
        "confidentiality": "consortium",
    }
    return {
        "0_submission": [{"brand": "Acme", "scope": "contract_models", "confidentiality_default": "consortium"}],
        "1_products": [{"product_ref": "P1", "lot": lot, "brand": "Acme", "model_name": "One", "category": "laptop"}],
        "2_components": [
            {"component_ref": "P1-FA", "product_ref": "P1", "component_type": FA, "tier": 1},
            {"component_ref": "P1-MB", "product_ref": "P1", "component_type": MB, "tier": 2},
        ],
        "3_sites": [
            {"site_ref": "S1", "site_legal_name": "Lakeside Ltd"} | site,
            {"site_ref": "S2", "site_legal_name": "Harbour Ltd"} | site | {"facility_type": "component"},
        ],
        "4_links": [
            {"product_ref": "P1", "component_ref": "P1-FA", "site_ref": "S1"},
            {"product_ref": "P1", "component_ref": "P1-MB", "site_ref": "S2"},
        ],
        "5_smelters": [{"mineral": "tin", "smelter_name": "Example Tin", "applies_to": "company"}],
    }


def without_mainboard(reason=None):
    """The same with no site for the mainboard, and the reason of the file for it."""
    tables = whole()
    tables["2_components"][1]["not_disclosed_reason"] = reason
    tables["4_links"] = tables["4_links"][:1]
    return tables


class Disclosing(Standing):
    """The agreement runs from 1 December 2026 in Brussels; its first disclosure is asked."""

    @remembered
    def __init__(self, session, build, clock, files):
        super().__init__(session, build, clock, files)
        self.lot.required_components, self.lot.minerals = [MB], ["tin"]
        self.freeze()
        self.agreement = self.in_force(terms=TERMS_OF_ONE)
        self.submission.receipt_seq, self.submission.receipt_number = 999_999, "999999-00"
        judge = build.organisation("buyer")
        self.chair_user = build.user(judge)
        build.appoint(self.round, self.chair_user, judge, "chair")
        self.chair = build.actor(self.chair_user, judge)
        self.outsider = build.person(build.organisation("supplier"))
        session.flush()

    @property
    def duty(self) -> Duty:
        return self.session.scalars(select(Duty).where(Duty.kind == "initial")).one()

    @property
    def version(self) -> ContractSubmission:
        return duties.newest(self.session, self.duty)

    def versions(self) -> list[ContractSubmission]:
        return list(self.session.scalars(select(ContractSubmission).order_by(ContractSubmission.id)))

    def states(self) -> list[str]:
        return [one.state for one in self.versions()]

    def workbook(self, tables=None) -> bytes:
        target = io.BytesIO()
        tables = tables if tables is not None else whole()
        tables["0_submission"][0] |= {
            "template_version": self.round.template_version,
            "round_id": self.round.public_id,
            "contract_reference": self.agreement.number,
        }
        write_filled(target, update_stage.scope(self.session, self.agreement), tables)
        return target.getvalue()

    def sent(self, content=None, name="update.xlsx") -> Sent:
        content = self.workbook() if content is None else content
        return Sent(self.files.put(io.BytesIO(content), max_bytes=10**8), name, self.clock())

    def send(self, content=None, *, duty=None, actor=None) -> ContractSubmission:
        return updates.receive(
            self.session, duty or self.duty, self.sent(content), actor=actor or self.supplier, clock=self.clock
        )

    def report(self, content=None, *, why="A new maker of batteries.", brand="", actor=None) -> ContractSubmission:
        return updates.report_change(
            self.session,
            self.agreement,
            self.sent(content),
            brand=brand,
            why=why,
            actor=actor or self.supplier,
            clock=self.clock,
        )

    def read(self, version) -> ContractSubmission:
        """What the checking job does: read in a child, keep what was found."""
        number = version.id
        self.session.commit()
        update = self.session.get_one(ContractSubmission, number).submission
        checked, milliseconds = checking.read(self.session, update, files=self.files, limits=Limits())
        self.session.rollback()
        self.session.info["write"] = True
        update = self.session.get_one(ContractSubmission, number).submission
        checking.keep(self.session, update, checked, milliseconds, clock=self.clock, files=self.files)
        self.session.flush()
        return self.session.get_one(ContractSubmission, number)

    def checked(self, tables=None, **values) -> ContractSubmission:
        content = self.workbook(tables) if tables is not None else None
        return self.read(self.send(content, **values))

    def in_review(self, tables=None, **values) -> ContractSubmission:
        version = self.checked(tables, **values)
        update_review.start(self.session, version, actor=self.lead, now=self.clock())
        return version

    def accept(self, version, actor=None, motive=""):
        update_review.accept(self.session, version, motive=motive, actor=actor or self.chair, now=self.clock())

    def give_back(self, version, actor=None, motive="The mainboard is open.", cure_on=None):
        return update_review.return_with_gaps(
            self.session, version, motive=motive, cure_on=cure_on, actor=actor or self.chair, now=self.clock()
        )

    def ask(self, *, why="A report names a factory.", due_on=None, brand="", actor=None):
        return duties.ask(
            self.session,
            self.agreement,
            brand=brand,
            why=why,
            due_on=due_on,
            actor=actor or self.lead,
            now=self.clock(),
        )

    def mails(self, template) -> list[Mail]:
        query = select(Mail).where(Mail.template == template).order_by(Mail.id)
        return list(self.session.scalars(query))

    def tender_rows(self, rows):
        """Rows of the tender of the contractor, as the opening laid them open."""
        self.submission.format, self.submission.rows_stored = "hefboom-1.0", len(rows)
        self.submission.rows_in, self.submission.sheets = len(rows), []
        for number, (sheet, values) in enumerate(rows, start=2):
            self.session.add(
                SubmissionRow(submission_id=self.submission.id, sheet=sheet, row=number, read_values=values, found={})
            )
        self.session.flush()


def brussels(year, month, day, hour=0, minute=0, second=0, *, offset):
    """An instant by the wall clock in Brussels, with the offset in hours that is meant."""
    zone = dt.timezone(dt.timedelta(hours=offset))
    return dt.datetime(year, month, day, hour, minute, second, tzinfo=zone)
