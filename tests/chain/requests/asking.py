"""A published round in which a supplier's version leaves rows open, and what it asks upstream."""

from __future__ import annotations

import datetime as dt
import io

from sqlalchemy import select

from framework.chain.requests import acts, answering, links, nodes
from framework.chain.requests.acts import Party
from models.disclosure import Submission, SubmissionRow
from models.records import Mail, StoredFile
from models.requests import RequestLink, UpstreamRequest
from tests.chain.opened import hand_counted
from tests.memory import remembered

BRAND = Party("Acme Brand", "chain@acme.example")
MAKER = Party("Harbour Batteries", "office@harbour.example", "sv")
SITE = {
    "answer": "site",
    "name": "Harbour Ltd",
    "address": "12 Quay Road",
    "city": "Hai Phong",
    "country": "Viet Nam",
    "os_id": "VN2021250D1DTN7",
    "share": "62,5",
    "valid_from": "2024-03-01",
}


def open_rows():
    """The rows of the chain's tests without the links of two components: those are open."""
    return [
        one for one in hand_counted() if one[1].get("component_ref") not in ("P1-MB", "P1-BA") or one[0] != "4_links"
    ]


class Asking:
    """A round, a supplier with a read version, and acts in the name of those who ask and are asked."""

    @remembered
    def __init__(self, session, build, clock, **values):
        self.session, self.build, self.clock = session, build, clock
        values.setdefault("state", "published")
        values.setdefault("tender_deadline", clock.now + dt.timedelta(days=40))
        values.setdefault("zone", "Europe/Stockholm")
        self.round = build.round(**values)
        self.lot = build.lot(
            self.round, code="L1", required_components=["mainboard_pcba", "battery"], minerals=["gold"]
        )
        self.supplier, self.user, self.actor, self.version = self.add_supplier("Northern IT")

    def add_supplier(self, name, rows=None):
        supplier = self.build.organisation("supplier", name=name)
        user = self.build.user(supplier)
        version = self.send(supplier, rows or open_rows())
        return supplier, user, self.build.actor(user, supplier), version

    def send(self, supplier, rows, **values):
        number = self.session.query(Submission).count() + 1
        file = self.build.stored_file(name="list.xlsx", purpose="disclosure")
        values.setdefault("state", "checked")
        version = self.build.add(
            Submission(
                round=self.round,
                supplier=supplier,
                version_no=self.session.query(Submission).filter_by(supplier_id=supplier.id).count() + 1,
                file=file,
                receipt_seq=number + 1000,
                receipt_number=f"{number:06d}-00",
                first_byte_at=self.clock.now,
                received_at=self.clock.now,
                checked_at=self.clock.now,
                created_at=self.clock.now,
                format="hefboom-1.0",
                verdict=values.pop("verdict", "countable"),
                rows_stored=len(rows),
                sheets=[],
                mapping={},
                **values,
            )
        )
        for number, (sheet, values_) in enumerate(rows, start=2):
            self.session.add(
                SubmissionRow(submission_id=version.id, sheet=sheet, row=number, read_values=values_, found={})
            )
        self.session.flush()
        return version

    @property
    def open(self):
        return nodes.open_nodes(self.session, self.version)

    def ask(self, which=None, to=BRAND, *, due=14, actor=None, version=None, why="For the tender."):
        version = version or self.version
        chosen = nodes.open_nodes(self.session, version)
        chosen = chosen if which is None else [one for one in chosen if which(one)]
        due_on = (self.clock.now + dt.timedelta(days=due)).date()
        made = acts.ask(
            self.session, version, chosen, to, why=why, due_on=due_on, actor=actor or self.actor, now=self.clock.now
        )
        self.session.flush()
        return made

    def lead(self):
        """Somebody of the lead, with its user."""
        organisation = self.round.organisation
        user = self.build.user(organisation)
        return self.build.actor(user, organisation), user

    def ask_as_lead(self, which=None, to=BRAND, *, due=14, actor=None, version=None, why="For the judging."):
        version = version or self.version
        chosen = nodes.open_nodes(self.session, version, with_named=True)
        chosen = chosen if which is None else [one for one in chosen if which(one)]
        due_on = (self.clock.now + dt.timedelta(days=due)).date()
        who = actor or self.lead()[0]
        made = acts.ask_as_lead(
            self.session, version, chosen, to, why=why, due_on=due_on, actor=who, now=self.clock.now
        )
        self.session.flush()
        return made

    def token(self, request: UpstreamRequest, template="request_asked") -> str:
        """The token of the newest mail of a kind to the address that was asked."""
        query = select(Mail).where(Mail.template == template, Mail.recipient == request.asked_email)
        return self.session.scalars(query.order_by(Mail.id.desc())).first().secret.split("/")[2]

    def link(self, request: UpstreamRequest) -> RequestLink:
        return links.find(self.session, "answer", self.token(request), now=self.clock.now)

    def answer(self, request, blocks=None, by="A. Brand"):
        """Save and send an answer to every row, or to the rows given."""
        link = self.link(request)
        typed = blocks if blocks is not None else {row.position: [SITE] for row in request.rows}
        answering.save(self.session, link, typed, by=by, stamp=answering.stamp_of(request), now=self.clock.now)
        return answering.answer(self.session, link, by=by, now=self.clock.now)

    def pass_on(self, request, to=MAKER, rows=None, due=7):
        due_on = (self.clock.now + dt.timedelta(days=due)).date()
        return acts.pass_on(
            self.session, self.link(request), rows or request.rows, to, why="", due_on=due_on, now=self.clock.now
        )

    def proof(self) -> StoredFile:
        return self.build.stored_file(name="letter.pdf", purpose="request")

    def refuse(self, request, **values):
        values.setdefault("proof_on", self.clock.now.date())
        acts.refuse(
            self.session,
            self.link(request),
            values.pop("proof", self.proof()),
            note="",
            by="A. Brand",
            now=self.clock.now,
            **values,
        )

    def open_round(self):
        """The tenders are opened with this version."""
        self.round.state, self.round.opened_at = "opened", self.clock.now
        self.version.state, self.version.opened_at = "opened", self.clock.now
        self.version.counted_at = self.clock.now
        self.session.flush()


def file_of(content: bytes, name: str):
    return io.BytesIO(content), name
