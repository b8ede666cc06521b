"""A round that is sealed with shares, its three openers and what a supplier sent."""

from __future__ import annotations

import datetime as dt
import io
from contextlib import contextmanager

from framework.disclosure import opening, receiving, sealing
from framework.ground import shares
from framework.rounds import opener_keys
from models.disclosure import OpenerKey
from models.people import Appointment, User
from models.sealing import ring
from tests.disclosure.test_submissions import Scene
from tests.memory import remembered

CHEAP = shares.Cost(passes=1, memory=8, lanes=1)


def passphrase_of(number: int) -> str:
    return f"paper boats on dry land {number}"


class Shared(Scene):
    """A published round with three openers who chose their passphrases; a share of its key is dealt to each."""

    @remembered
    def __init__(self, session, build, clock, files, *, openers=3, **settings):
        self.session, self.build, self.clock, self.files = session, build, clock, files
        self.round = build.round(state="demand_locked", settings={"seal_mode": "shares"} | settings)
        build.lot(self.round)
        self.supplier = build.organisation("supplier")
        self.person = build.person(self.supplier)
        self.people = self.openers(openers)
        self.private = {person.user_id: self.choose(person, passphrase_of(n)) for n, person in enumerate(self.people)}
        self.publish()

    def choose(self, person, passphrase, replaces=""):
        what = shares.of_opener(self.session.get_one(User, person.user_id).public_id, self.round.public_id)
        made = shares.make(passphrase, what)
        opener_keys.keep(self.session, self.round, made, replaces=replaces, actor=person, now=self.clock())
        self.session.flush()
        return made.private

    def publish(self):
        """The deal of a publication, without the terms that tests of the publication look at."""
        with self.session.no_autoflush:
            opener_keys.deal(self.session, self.round)
            self.round.state, self.round.frozen_hash, self.round.frozen_text = "published", "f" * 64, "{}"
            self.round.published_at = self.clock.now - dt.timedelta(days=40)
            self.round.tender_deadline = self.clock.now + dt.timedelta(hours=1)
        self.session.flush()

    def send(self, content=b"rows", *, person=None, supplier=None, first_byte_at=None):
        """As its sender's own session, which holds the key."""
        key = sealing.new_key(self.round)
        ring().add(key)
        blob = self.files.put(io.BytesIO(content), max_bytes=1000, key=key)
        return receiving.receive(
            self.session,
            self.round,
            supplier or self.supplier,
            blob,
            "sheet.xlsx",
            actor=person or self.person,
            clock=self.clock,
            first_byte_at=first_byte_at or self.clock(),
        )

    def count_one(self, content=b"rows"):
        """A version that counts, and receipt closed."""
        submission = self.read(self.send(content))
        self.clock.forward(hours=2)
        self.close()
        self.session.commit()
        return submission

    def confirm(self, person, private=None):
        given = self.private[person.user_id] if private is None else private
        return opening.confirm(self.session, self.round, actor=person, clock=self.clock, private=given)

    def restart(self):
        """What lies in memory is gone."""
        for name, _held in list(ring().deposits.all("opening-", now=self.clock())):
            ring().deposits.drop(name)

    def in_memory(self):
        return [name for name, _held in ring().deposits.all("opening-", now=self.clock())]

    def key_of(self, person):
        return self.session.query(OpenerKey).filter_by(round_id=self.round.id, user_id=person.user_id).one()

    def revoke(self, person):
        named = self.session.query(Appointment).filter_by(round_id=self.round.id, user_id=person.user_id).one()
        named.withdrawn_at = self.clock.now
        self.session.flush()


@contextmanager
def nobody_holds_keys():
    """The platform as it is in the request of an opener: no content key is at hand."""
    held = ring()
    kept, held._keys = held._keys, {}
    try:
        yield
    finally:
        held._keys = kept
