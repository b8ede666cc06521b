"""The intake for programs: the acts of the pages, one effect for one key, refusals as problems."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask_babel import refresh
from sqlalchemy import func, select, text

from framework.ground import jobs
from models.base import db
from models.disclosure import Submission
from models.people import RoleGrant
from models.records import AuditEvent
from tests.api.conftest import SITES, Program
from tests.clamd import NAME

PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def unread(app, monkeypatch, request):
    """Leave the reading to a worker that does not come, but for tests that look at what it finds."""
    if "reading" not in request.fixturenames:
        monkeypatch.setattr(app.extensions["settings"], "inline_mb", 0)


@pytest.fixture
def reading():
    """A test that wants its small files read at once."""


def problem(answer, status: int) -> dict:
    """The problem that a refusal is, after a look at its shape."""
    assert (answer.status_code, answer.mimetype) == (status, PROBLEM), answer.get_data(as_text=True)[:500]
    found = answer.get_json()
    assert found["status"] == status
    assert found["detail"]
    assert found["title"]
    return found


def versions(fresh) -> int:
    return fresh().scalar(select(func.count()).select_from(Submission))


def test_a_file_gets_its_receipt_and_is_read(program, clock, reading):
    answer = program.send()

    received = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == received["links"]["self"]
    assert received["file"] == {"name": "sites.csv", "size": len(SITES), "sha256": hashlib.sha256(SITES).hexdigest()}
    assert (received["version"], received["in_time"], received["late_by_seconds"]) == (1, True, None)
    assert received["received_at"] == clock.now.isoformat()
    found = program.get(received["links"]["self"]).get_json()
    assert (found["state"], found["verdict"], found["is_being_read"], found["counts"]) == (
        "checked",
        "countable",
        False,
        True,
    )
    assert found["rows"] == {"read": 1, "stored": 1, "listed": 0}


def test_a_file_may_be_sent_as_it_is(program):
    answer = program.post(f"{program.submissions}?name=sites.csv", data=SITES, content_type="text/csv")

    assert answer.status_code == 201
    assert answer.get_json()["file"]["name"] == "sites.csv"


def test_a_file_sent_as_it_is_without_a_name_gets_one(program, reading):
    received = program.post(program.submissions, data=SITES, content_type="application/octet-stream").get_json()

    assert received["file"]["name"] == "upload.bin"
    assert program.get(received["links"]["self"]).get_json()["verdict"] == "countable"


def test_what_the_program_and_the_page_say_is_the_same_version(program, supplier, sign_in):
    browser = sign_in(supplier.user, supplier.organisation)
    received = program.send().get_json()

    page = browser.page(received["links"]["page"])

    assert received["receipt_number"] in page.text


def test_remarks_come_with_place_and_advice_in_the_language_asked_for(program, reading):
    received = program.send(b"name,address,city,country\nAcme,Elm Street 1,Town,Atlantis\n").get_json()

    english = program.get(received["links"]["issues"]).get_json()
    refresh()  # the context of a test outlives its calls, and remembers their language
    dutch = program.get(received["links"]["issues"], **{"Accept-Language": "nl-BE,nl;q=0.9"})

    one = next(issue for issue in english["issues"] if issue["value"] == "Atlantis")
    same = next(issue for issue in dutch.get_json()["issues"] if issue["value"] == "Atlantis")
    assert (one["row"], one["cell"], one["column"]) == (2, "D2", "country")
    assert one["message"]
    assert one["what_to_do"]
    assert one["params"] == same["params"]
    assert one["message"] != same["message"]
    assert dutch.headers["Content-Language"] == "nl"


def test_remarks_are_filtered_and_come_in_pages(program, reading):
    rows = "".join(f"Site {n},Elm Street {n},Town,Atlantis\n" for n in range(1, 8))
    received = program.send(f"name,address,city,country\n{rows}".encode()).get_json()
    issues = received["links"]["issues"]
    everything = program.get(f"{issues}?per_page=1000").get_json()["issues"]
    chosen = max({issue["code"] for issue in everything}, key=[i["code"] for i in everything].count)
    expected = [issue["row"] for issue in everything if issue["code"] == chosen]

    found, address = [], f"{issues}?code={chosen}&per_page=3"
    while address:
        page = program.get(address).get_json()
        assert page["total"] == len(expected)
        found += [issue["row"] for issue in page["issues"]]
        address = page["next"]

    assert found == expected
    assert program.get(f"{issues}?severity=block").get_json()["issues"] == []
    assert program.get(f"{issues}?page=999").get_json()["issues"] == []


def test_the_receipt_says_who_sent_it_and_where_it_stands_in_the_record(program, supplier, fresh):
    received = program.send().get_json()

    receipt = program.get(received["links"]["receipt"]).get_json()

    event = fresh().get(AuditEvent, receipt["event"])
    assert (receipt["organisation"], receipt["person"]) == supplier.names
    assert receipt["received_at_local"] == "2026-11-23T10:00:00+01:00"
    assert (event.kind, event.actor_id, event.session_ref) == (
        "submission_tender.stage",
        supplier.user_id,
        supplier.token_ref,
    )


def test_the_rounds_to_send_to_are_listed_with_their_deadline(program, supplier, build, session):
    build.round(state="demand")
    build.round(state="opened", opened_at=build.clock())
    session.commit()

    found = program.get("/api/v1/rounds").get_json()

    assert [one["id"] for one in found["rounds"]] == [supplier.round_id]
    assert found["rounds"][0]["is_open"] is True
    assert found["rounds"][0]["links"]["submissions"] == program.submissions


def test_a_version_is_counted_and_taken_back(program, reading):
    links = program.send().get_json()["links"]

    counted = program.post(f"{links['self']}/count").get_json()
    withdrawn = program.post(f"{links['self']}/withdraw").get_json()
    again = problem(program.post(f"{links['self']}/count"), 409)

    assert (counted["state"], counted["counts"]) == ("counted", True)
    assert (withdrawn["state"], withdrawn["counts"]) == ("withdrawn", False)
    assert again["code"]


def stop(session, clock):
    """The reading of the one version is stopped, as a person does on its page."""
    session.rollback()
    session.info["write"] = True
    job = session.scalars(select(Submission)).one().job
    jobs.cancel(job, now=clock.now)
    session.commit()
    session.rollback()


def test_a_stopped_reading_is_told_and_taken_up_again_once(program, session, clock, fresh):
    links = program.send().get_json()["links"]
    stop(session, clock)

    stopped = program.get(links["self"])
    first = program.post(f"{links['self']}/read", key="read-00001")
    again = program.post(f"{links['self']}/read", key="read-00001")
    not_stopped = problem(program.post(f"{links['self']}/read"), 409)
    waiting = program.get(links["self"])

    assert (waiting.get_json()["is_stopped"], "Retry-After" in waiting.headers) == (False, True)
    found = stopped.get_json()
    assert (found["is_being_read"], found["is_stopped"], found["progress"]) == (True, True, None)
    assert "Retry-After" not in stopped.headers
    assert (first.status_code, first.get_json()["is_stopped"]) == (200, False)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert not_stopped["code"] == "not-stopped"
    kinds = fresh().scalars(select(AuditEvent.kind)).all()
    assert kinds.count("submission_tender.reading_taken_up") == 1


def test_a_small_file_that_is_taken_up_again_is_read_at_once(program, session, clock, app, monkeypatch):
    links = program.send().get_json()["links"]
    stop(session, clock)
    monkeypatch.setattr(app.extensions["settings"], "inline_mb", 1)

    program.post(f"{links['self']}/read")

    assert program.get(links["self"]).get_json()["state"] == "checked"


def test_nobody_else_takes_a_reading_up_again(supplier, program, app, build, token_of, session, clock):
    rival = build.organisation("supplier")
    _token, theirs = token_of(build.user(rival), rival)
    session.info["write"] = True
    _token, reader = token_of(supplier.user, supplier.organisation, scopes=["submissions:read"])
    links = program.send().get_json()["links"]
    stop(session, clock)

    problem(Program(app, theirs, supplier.round_id).post(f"{links['self']}/read"), 404)
    problem(Program(app, reader, supplier.round_id).post(f"{links['self']}/read"), 403)
    assert program.get(links["self"]).get_json()["is_stopped"] is True


def test_an_act_with_the_same_key_is_done_once(program, fresh, reading):
    links = program.send().get_json()["links"]
    program.post(f"{links['self']}/count", key="count-0001")

    again = program.post(f"{links['self']}/count", key="count-0001")

    events = select(func.count()).where(AuditEvent.kind == "submission_tender.count")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert fresh().scalar(events) == 1


def test_the_same_key_and_bytes_give_the_same_answer(program, fresh, clock):
    first = program.send(key="upload-001")
    clock.forward(minutes=5)

    second = program.send(key="upload-001")

    assert (second.status_code, second.get_json()) == (first.status_code, first.get_json())
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert versions(fresh) == 1


def test_the_first_answer_comes_again_also_after_a_newer_version(program, fresh):
    first = program.send(key="upload-001").get_json()
    program.send(SITES + b"Beta,Oak Street 2,Town,NL\n")

    again = program.send(key="upload-001").get_json()

    assert again == first
    assert versions(fresh) == 2


@pytest.mark.parametrize("other", ["bytes", "name", "round"])
def test_the_same_key_with_other_content_is_refused(program, build, session, fresh, other):
    other_round = build.round(state="published")
    session.commit()
    path = f"/api/v1/rounds/{other_round.public_id}/submissions" if other == "round" else program.submissions
    program.send(key="upload-001")

    content = SITES + b"x" if other == "bytes" else SITES
    answer = program.send(content, key="upload-001", path=path, name="b.csv" if other == "name" else "sites.csv")

    assert problem(answer, 422)["code"] == "key-reused"
    assert versions(fresh) == 1


def test_a_key_is_one_persons_own(program, supplier, build, token_of, app, fresh):
    colleague = build.user(supplier.organisation)
    _token, secret = token_of(colleague, supplier.organisation)
    program.send(key="upload-001")

    answer = Program(app, secret, supplier.round_id).send(SITES + b"Beta,Oak 2,Town,NL\n", key="upload-001")

    assert answer.status_code == 201
    assert versions(fresh) == 2


def test_the_same_bytes_under_another_key_give_the_same_receipt(program, fresh):
    first = program.send().get_json()

    assert program.send().get_json() == first
    assert versions(fresh) == 1


def test_two_calls_at_the_same_moment_have_one_effect_and_one_answer(program, fresh):
    barrier = Barrier(2)
    fresh()  # nothing of this test may hold the database meanwhile

    def send(_number):
        barrier.wait()
        return program.send(key="upload-001")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, range(2)))

    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    assert sorted("Idempotency-Replayed" in one.headers for one in answers) == [False, True]
    assert versions(fresh) == 1


@pytest.mark.parametrize("key", [None, "short", "with space", "x" * 65, "ä" * 8])
def test_an_act_needs_a_key_that_is_one(program, fresh, key):
    found = problem(program.send(key=key), 400)

    assert found["errors"][0]["name"] == "Idempotency-Key"
    assert versions(fresh) == 0


def test_a_late_file_is_kept_and_said_to_be_late(program, clock, fresh):
    clock.forward(days=1, seconds=14)

    received = program.send().get_json()

    assert (received["in_time"], received["late_by_seconds"]) == (False, 14)
    found = program.get(received["links"]["self"]).get_json()
    assert (found["state"], found["counts"], found["verdict"]) == ("late", False, None)


def test_after_the_opening_nothing_is_taken(program, supplier, session, clock, fresh):
    supplier.round.state, supplier.round.opened_at = "opened", clock.now
    session.commit()
    program.send()  # a supplier that sent nothing no longer knows of the round

    assert problem(program.send(), 404)
    assert versions(fresh) == 0


def test_another_suppliers_version_is_not_there(program, build, token_of, app):
    rival = build.organisation("supplier")
    _token, secret = token_of(build.user(rival), rival)
    links = program.send().get_json()["links"]
    other = Program(app, secret)

    answers = [
        other.get(links["self"]),
        other.get(links["issues"]),
        other.get(links["receipt"]),
        other.post(f"{links['self']}/count"),
        other.post(f"{links['self']}/withdraw"),
        other.get(f"/api/v1/rounds/{'a' * 16}/submissions/{'b' * 16}"),
    ]

    said = {(found["code"], found["detail"], found["title"]) for found in (problem(one, 404) for one in answers)}
    assert len(said) == 1
    assert other.get(program.submissions).get_json()["versions"] == []


def test_a_buyer_of_the_round_is_no_supplier_of_it(supplier, build, session):
    build.appoint(supplier.round, supplier.user, supplier.organisation, "evaluator")
    session.commit()

    answer = supplier.program.send()

    assert answer.status_code in (403, 404)
    assert supplier.program.get("/api/v1/rounds").get_json()["rounds"] == []


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"data": {}}, 415, "kind-unknown"),
        ({"data": {"note": "x"}, "content_type": "multipart/form-data"}, 422, "one-file"),
        ({"data": b"", "content_type": "multipart/form-data; boundary=x"}, 422, "one-file"),
        ({"files": {"file": [b""]}}, 422, "one-file"),
        ({"files": {"other": [b"x"]}}, 422, "one-file"),
        ({"files": {"file": [b"x", b"y"]}}, 422, "one-file"),
        ({"json": {"file": "x"}}, 415, "kind-unknown"),
        ({"data": b"<a/>", "content_type": "image/svg+xml"}, 415, "kind-unknown"),
        ({"data": b"", "content_type": "text/csv", "query_string": {"name": "a.csv"}}, 422, "one-file"),
        ({"data": b"a", "content_type": "text/csv", "query_string": {"name": "n" * 256}}, 422, "invalid-input"),
    ],
    ids="form wrong-field nothing empty another two json svg empty-raw long-name".split(),
)
def test_what_is_not_one_file_is_refused(program, fresh, sent, status, code):
    named = {name: [(io.BytesIO(one), "a.csv") for one in all_] for name, all_ in sent.get("files", {}).items()}
    rest = {name: value for name, value in sent.items() if name != "files"}

    answer = program.post(program.submissions, **({"data": named} if named else {}), **rest)

    assert problem(answer, status)["code"] == code
    assert versions(fresh) == 0


@pytest.mark.parametrize("how", ["form", "raw", "unannounced"])
def test_a_file_beyond_the_limit_is_refused_and_not_kept(program, app, monkeypatch, fresh, how):
    monkeypatch.setattr(app.extensions["settings"], "large_upload_mb", 1)
    content = b"x" * 1_000_001

    if how == "form":
        answer = program.send(content)
    else:
        path = f"{program.submissions}?name=a.csv"
        more = {"content_type": "application/octet-stream"}
        if how == "unannounced":
            more |= {"input_stream": io.BytesIO(content), "environ_overrides": {"wsgi.input_terminated": True}}
        answer = program.post(path, **(more if how == "unannounced" else more | {"data": content}))

    assert problem(answer, 413)["code"] == "file-too-large"
    answer.request.environ["wsgi.input"].close()  # the client of werkzeug leaves it open
    assert versions(fresh) == 0


def test_a_body_beyond_what_the_server_takes_is_refused_unread(program, app, monkeypatch, fresh):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)

    assert problem(program.send(b"x" * 2000), 413)


def test_a_kind_that_is_refused_is_refused_by_the_reading_with_its_reason(program, reading):
    received = program.send(b"%PDF-1.7 not a table", name="scan.pdf").get_json()

    found = program.get(received["links"]["self"]).get_json()

    assert (found["state"], found["verdict"], found["counts"]) == ("refused", "refused", False)
    assert found["remarks"]["block"] == 1
    assert program.get(received["links"]["issues"]).get_json()["issues"][0]["code"] == "file-refused"


def test_a_file_in_which_the_scanner_finds_something_is_refused_with_its_reason_and_nothing_leads_to_its_bytes(
    program, reading, clamd
):
    clamd.bad.add(SITES)
    received = program.send(SITES).get_json()

    found = program.get(received["links"]["self"]).get_json()
    issue = program.get(received["links"]["issues"]).get_json()["issues"][0]

    assert (found["state"], found["verdict"], found["rows"]["read"]) == ("refused", "refused", 0)
    assert (issue["code"], issue["cause"]) == ("file-refused", "file-infected")
    assert NAME in issue["message"]
    assert not any("original" in link for link in found["links"].values())


def test_a_program_is_told_that_its_file_waits_for_the_scanner(program, reading, away):
    received = program.send(SITES).get_json()

    answer = program.get(received["links"]["self"])

    found = answer.get_json()
    assert (found["state"], found["is_being_read"]) == ("staged", True)
    assert "Waiting for the virus scanner" in found["sentence"]
    assert found["state_words"] == "Received, waiting for the virus scanner"
    assert "Retry-After" in answer.headers


def test_too_many_files_in_an_hour_are_refused_for_a_while(program, app, monkeypatch, clock, fresh):
    monkeypatch.setattr(app.extensions["settings"], "api_uploads_per_hour", 2)
    sent = [program.send(SITES + f"S{n},Oak {n},Town,NL\n".encode()) for n in range(3)]

    assert [one.status_code for one in sent] == [201, 201, 429]
    assert 0 < int(sent[2].headers["Retry-After"]) <= 3600
    assert problem(sent[2], 429)["code"] == "too-many-tries"
    clock.forward(hours=1, seconds=1)
    assert program.send(SITES + b"Later,Oak 9,Town,NL\n").status_code == 201
    assert versions(fresh) == 3


def test_a_replay_costs_no_file_of_the_hour(program, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "api_uploads_per_hour", 1)
    program.send(key="upload-001")

    assert program.send(key="upload-001").status_code == 201


def test_too_many_calls_in_a_minute_are_refused_for_a_while(program, app, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "api_calls_per_minute", 3)

    answers = [program.get("/api/v1/rounds") for _ in range(8)]  # a minute of the wall may end in between

    refused = next(one for one in answers if one.status_code == 429)
    assert problem(refused, 429)["code"] == "too-many-calls"
    assert int(refused.headers["Retry-After"]) > 0


def test_a_role_withdrawn_while_the_file_arrives_is_gone(program, supplier, app, session, clock, fresh):
    class Slow(io.RawIOBase):
        """Bytes on whose way the person loses the role."""

        rest = SITES

        def readable(self) -> bool:
            return True

        def seek(self, *_place: int) -> int:
            return 0

        def tell(self) -> int:
            return 0

        def readinto(self, buffer) -> int:
            if self.rest:
                look = fresh()
                held = look.scalars(select(RoleGrant).where(RoleGrant.user_id == supplier.user_id)).one()
                held.withdrawn_at = clock.now
                look.commit()
            part, self.rest = self.rest, b""
            buffer[: len(part)] = part
            return len(part)

    answer = program.post(
        f"{program.submissions}?name=a.csv",
        input_stream=Slow(),
        content_type="text/csv",
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert problem(answer, 401)
    assert versions(fresh) == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v2/rounds", 404),
        ("GET", "/api/v1/rounds/", 404),
        ("GET", "/api/v1/rounds/%00/submissions", 404),
        ("GET", "/api/v1/rounds/a%00b/submissions/%ff", 404),
        ("DELETE", "/api/v1/rounds", 405),
        ("POST", "/api/v1/rounds", 405),
        ("GET", "/api/v1/rounds?page=0", 422),
        ("GET", "/api/v1/rounds?page=99999999999999999999", 422),
        ("GET", "/api/v1/rounds?per_page=x", 422),
        ("GET", "/api/v1/rounds?severty=error", 422),
    ],
)
def test_every_refusal_is_a_problem(app, program, method, path, status):
    answer = app.test_client().open(path, method=method, headers={"Authorization": f"Bearer {program.secret}"})

    found = problem(answer, status)
    assert found["type"] == f"/api/#status-{status}"
    assert "Set-Cookie" not in answer.headers
    if status == 405:
        assert "GET" in answer.headers["Allow"]


def test_a_strange_host_is_refused_as_a_problem(app, program):
    answer = app.test_client().get("/api/v1/rounds", headers={"Host": "evil.example"})

    assert problem(answer, 400)["code"] == "host-unknown"


@pytest.mark.parametrize("why", ["database is locked", "deadlock detected"])
def test_a_database_that_cannot_be_written_to_is_a_problem_and_the_key_stays_free(
    program, app, monkeypatch, fresh, why
):
    import sqlite3

    from sqlalchemy.exc import OperationalError

    from framework.disclosure import receiving

    def busy(*_args, **_named):
        raise OperationalError("", {}, sqlite3.OperationalError(why))

    with monkeypatch.context() as patched:
        patched.setattr(receiving, "receive", busy)
        assert problem(program.send(key="upload-001"), 503)["code"] == "try-again"

    assert program.send(key="upload-001").status_code == 201
    assert versions(fresh) == 1


def test_answers_are_kept_by_no_cache_and_set_no_cookie(program):
    answer = program.get("/api/v1/rounds")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Authorization, Accept-Language"
    assert "Set-Cookie" not in answer.headers


def test_a_token_that_is_used_says_when(program, supplier, session, clock, fresh):
    from models.people import ApiToken

    clock.forward(days=3)
    program.get("/api/v1/rounds")

    assert fresh().scalar(select(ApiToken.last_used_at)) == clock.now
    assert dt.timedelta(days=3) == clock.now - fresh().scalar(select(ApiToken.created_at))


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ("submission SET sealed_facts = '~sealed1~' || seal_id || '.AAAA'", 409, "seal-broken"),
        ("stored_file SET wrapped_key = 'AAAA'", 503, "key-missing"),
    ],
)
def test_what_does_not_open_is_told_as_a_problem_and_logged(program, session, change, status, code, caplog):
    received = program.send().get_json()
    db.session.rollback()
    db.session.info["write"] = True
    db.session.execute(text(f"UPDATE {change}"))
    db.session.commit()

    answer = program.get(received["links"]["self"])

    assert problem(answer, status)["code"] == code
    assert "seal" in caplog.text
