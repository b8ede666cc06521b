"""A round whose tenders are open, with suppliers whose rows a test gives: what the tests of the chain stand on."""

from __future__ import annotations

from sqlalchemy import select

from framework.chain.build import build as build_chain
from framework.chain.measures.stored import MEASURE_JOB
from framework.chain.recount import COUNT_JOB
from framework.disclosure import confidentiality
from framework.ground import jobs
from models.chain import LotFigures
from models.disclosure import Submission, SubmissionRow
from models.records import Job, StoredFile
from tests.memory import remembered

FA, MB, BAT = "final_assembly", "mainboard_pcba", "battery"
STREET = {"site_legal_name": "Lakeside Ltd", "address_line": "58 First Avenue", "city": "Kunshan", "country": "CN"}
HARBOUR = {"site_legal_name": "Harbour Ltd", "address_line": "12 Quay Road", "city": "Hai Phong", "country": "VN"}
CITY = {"site_legal_name": "Somewhere Ltd", "city": "Penang", "country": "MY"}


def hand_counted():
    """Two models, three asked components each: four of six disclosed, three to the street, one refused without proof."""
    return [
        ("0_submission", {"brand": "Acme", "scope": "contract_models", "confidentiality_default": "consortium"}),
        ("1_products", {"product_ref": "P1", "lot": "L1", "brand": "Acme", "model_name": "One", "category": "laptop"}),
        ("1_products", {"product_ref": "P2", "lot": "L1", "brand": "Acme", "model_name": "Two", "category": "laptop"}),
        ("2_components", {"component_ref": "P1-FA", "product_ref": "P1", "component_type": FA, "tier": 1}),
        (
            "2_components",
            {
                "component_ref": "P1-MB",
                "product_ref": "P1",
                "component_type": MB,
                "tier": 2,
                "not_disclosed_reason": "trade_secret",
            },
        ),
        ("2_components", {"component_ref": "P1-BA", "product_ref": "P1", "component_type": BAT, "tier": 2}),
        (
            "2_components",
            {
                "component_ref": "P2-MB",
                "product_ref": "P2",
                "component_type": MB,
                "tier": 2,
                "not_disclosed_reason": "supplier_refused",
            },
        ),
        ("3_sites", {"site_ref": "S1", "facility_type": FA} | STREET),
        ("3_sites", {"site_ref": "S2", "facility_type": "component", "confidentiality": "lead_and_monitor"} | HARBOUR),
        ("3_sites", {"site_ref": "S3", "facility_type": "component"} | CITY),
        ("4_links", {"product_ref": "P1", "site_ref": "S1"}),
        ("4_links", {"product_ref": "P2", "site_ref": "S1"}),
        ("4_links", {"product_ref": "P1", "component_ref": "P1-MB", "site_ref": "S2"}),
        ("4_links", {"product_ref": "P1", "component_ref": "P1-BA", "site_ref": "S3"}),
        ("5_smelters", {"mineral": "tin", "smelter_name": "Example Tin", "applies_to": "company"}),
        ("5_smelters", {"mineral": "gold", "not_disclosed_reason": "unknown", "applies_to": "company"}),
        ("6_audits", {"audit_ref": "A1", "site_ref": "S1", "scheme": "rba_vap", "valid_until": "2027-01-01"}),
        ("6_audits", {"audit_ref": "A2", "site_ref": "S2", "scheme": "rba_vap", "valid_until": "2025-01-01"}),
        ("7_due_diligence", {"process_requirement": "policy", "self_score": "full"}),
        ("7_due_diligence", {"process_requirement": "remedy", "self_score": "none"}),
    ]


class Opened:
    """An opened round with one lot, a member with demand, and suppliers whose rows are given."""

    @remembered
    def __init__(self, session, build, clock):
        self.session, self.build, self.clock = session, build, clock
        self.round = build.round(state="opened", opened_at=clock())
        self.lot = build.lot(self.round, code="L1", required_components=[MB, BAT], minerals=["tin", "gold"])
        self.member = build.sign_on(self.round, state="confirmed").organisation
        build.demand(self.lot, self.member, {"qty": 420}, state="locked")
        self.number = 0

    def supplier(self, rows, *, state="opened", name=None, kind="reseller", file_name="x.xlsx", **values):
        self.number += 1
        organisation = self.build.organisation("supplier", supplier_kind=kind, **({"name": name} if name else {}))
        now = self.clock()
        stored = StoredFile(sha256="a" * 64, size=1, name=file_name, purpose="disclosure", created_at=now)
        submission = self.build.add(
            Submission(
                round=self.round,
                supplier=organisation,
                version_no=1,
                state=state,
                file=stored,
                receipt_seq=self.number,
                receipt_number=f"{self.number:06d}-00",
                first_byte_at=now,
                received_at=now,
                created_at=now,
                verdict="countable",
                counted_at=now,
                checked_at=now,
                opened_at=now if state == "opened" else None,
                sheets=[{"name": s, "rows_in": 1, "rows_stored": 1, "rows_listed": 0} for s in {r[0] for r in rows}],
                mapping={},
                rows_in=len(rows),
                rows_stored=len(rows),
                rows_listed=0,
                issue_count=0,
                seconds=5,
                format=values.get("format", "hefboom-1.0"),
            )
        )
        for number, (sheet, found) in enumerate(rows, start=2):
            self.session.add(
                SubmissionRow(submission_id=submission.id, sheet=sheet, row=number, read_values=found, found={})
            )
        self.session.flush()
        return submission

    @remembered
    def built(self, rows, **values):
        submission = self.supplier(rows, **values)
        build_chain(self.session, submission, now=self.clock())
        return submission

    @remembered
    def work(self):
        """Do the jobs that wait for what was settled, as a worker does; how many."""
        query = select(Job).where(Job.state == "waiting", Job.kind.in_((COUNT_JOB, MEASURE_JOB))).order_by(Job.id)
        done = self.session.scalars(query).all()
        for job in done:
            jobs.runner_of(job.kind)(self.session, job, self.clock)
            jobs.finish(job, now=self.clock())
        self.session.flush()
        return len(done)

    def figures(self, submission):
        return self.session.scalars(select(LotFigures.figures).where(LotFigures.submission_id == submission.id)).one()

    def reader(self, organisation, *roles):
        person = self.build.person(organisation, *roles)
        return confidentiality.reader_of(self.session, self.round, person)
