"""Mail over a real server: it arrives, no password leaves unencrypted, one bad mail stops no other."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from framework.ground import mail
from models.records import Mail
from tests.operations.sink import sink
from views import sending, worker


@pytest.fixture
def send(app, session, clock, monkeypatch):
    """`send(url)` sends what is due to the server at `url`; the states and errors of all mails."""

    def to(url: str) -> list[tuple[str, str]]:
        session.commit()
        monkeypatch.setattr(app.extensions["settings"], "mail_url", url)
        with worker.writing_session() as own:
            sending.send_due(own, clock)
        session.expire_all()
        return [(row.state, row.error) for row in session.scalars(select(Mail).order_by(Mail.id))]

    return to


def write(session, clock, to="a@example.org", template="password_reset"):
    return mail.post(session, template, to=to, now=clock(), secret="/reset/x", minutes=30)


def test_a_mail_reaches_its_reader_through_a_server(session, clock, send):
    write(session, clock)

    with sink() as server:
        states = send(f"smtp://{server.address}")

    (arrived,) = server.mails
    words = [part.get_payload(decode=True).decode() for part in arrived.walk() if not part.is_multipart()]
    assert states == [("sent", "")]
    assert (arrived["To"], arrived["Auto-Submitted"]) == ("a@example.org", "auto-generated")
    assert [part.get_content_type() for part in arrived.walk()][1:] == ["text/plain", "text/html"]
    assert all("http://localhost/reset/x" in half for half in words)


def test_no_password_goes_to_a_server_elsewhere_that_offers_no_encryption(session, clock, send, monkeypatch):
    monkeypatch.setattr(sending, "_is_this_machine", lambda host: False)
    write(session, clock)

    with sink("AUTH PLAIN") as server:
        states = send(f"smtp://user:password@{server.address}")

    assert states == [("waiting", "NotEncrypted")]
    assert server.mails == []
    assert not [command for command in server.heard if command.startswith("AUTH")]


def test_a_server_on_this_machine_may_be_asked_in_the_clear(session, clock, send):
    write(session, clock)

    with sink("AUTH PLAIN") as server:
        states = send(f"smtp://user:password@{server.address}")

    assert states == [("sent", "")]
    assert [command for command in server.heard if command.startswith("AUTH PLAIN")]


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("mail.example.org", False), ("10.0.0.1", False)],
)
def test_only_addresses_of_this_machine_are_this_machine(host, is_here):
    assert sending._is_this_machine(host) is is_here


def test_a_mail_that_cannot_be_made_has_failed_and_the_next_one_leaves(session, clock, send):
    write(session, clock, template="no_such_template")
    write(session, clock, to="b@example.org\nBcc: c@example.org")
    write(session, clock, to="d@example.org")

    with sink() as server:
        states = send(f"smtp://{server.address}")

    assert [state for state, _error in states] == ["failed", "failed", "sent"]
    assert [arrived["To"] for arrived in server.mails] == ["d@example.org"]
