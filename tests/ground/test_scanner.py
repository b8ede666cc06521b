"""The client of the virus scanner: nothing but a whole, plain “OK” means clean; whatever else goes wrong is no answer."""

from __future__ import annotations

import io
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground.scanner import CHUNK, Address, NotTaken, Scanner, ScannerAway, WrongScanner
from tests.clamd import NAME, FakeClamd, eicar, socket_in
from tests.memory import remembered
from views.settings import Settings


@pytest.fixture(params=["tcp", "unix"])
def clamd(request, tmp_path):
    path = socket_in(tmp_path) if request.param == "unix" else None
    daemon = FakeClamd(path)
    yield daemon
    daemon.close()
    if path is not None:
        path.unlink()


def scanner(clamd, patience=1.0):
    return Scanner(Address.of(clamd.address), patience=patience)


def scan(clamd, content, **values):
    return scanner(clamd, **values).scan(io.BytesIO(content), len(content))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 7])
def test_every_byte_arrives_in_order_whatever_the_size(clamd, size):
    content = bytes(i * 31 % 251 for i in range(size))

    assert scan(clamd, content) == ""
    assert clamd.seen == [content]


def test_what_is_found_is_named(clamd):
    assert scan(clamd, b"before " + eicar() + b" after") == NAME


@pytest.mark.parametrize(
    ("mode", "kind", "said"),
    [
        ("error", NotTaken, "Can't allocate memory ERROR"),
        ("die", ScannerAway, "does not answer"),
        ("half", ScannerAway, "hung up"),
        ("loud", ScannerAway, "too long an answer"),
        ("hang", ScannerAway, "TimeoutError"),
    ],
)
def test_an_answer_that_says_nothing_of_the_file_is_never_clean(clamd, mode, kind, said):
    clamd.mode = mode

    with pytest.raises(ScannerAway, match=said) as told:
        scan(clamd, b"x" * 3 * CHUNK, patience=0.2)

    assert type(told.value) is kind


def test_a_file_that_is_larger_than_the_daemon_takes_is_told_so_or_not_answered(clamd):
    clamd.mode = "full"

    with pytest.raises(ScannerAway, match=r"size limit exceeded|does not answer"):
        scan(clamd, b"x" * 100 * CHUNK)


def test_a_refused_connection_is_no_answer_and_gives_it_a_rest(clamd):
    asked = scanner(clamd)
    was_resting = asked.is_resting
    clamd.close()

    with pytest.raises(ScannerAway, match="ConnectionRefusedError"):
        asked.scan(io.BytesIO(b"x"), 1)

    assert (was_resting, asked.is_resting) == (False, True)


def test_an_answer_ends_the_rest(clamd):
    asked = scanner(clamd, patience=0.2)
    clamd.mode = "hang"
    with pytest.raises(ScannerAway):
        asked.ping()
    clamd.mode = "scan"

    asked.ping()

    assert not asked.is_resting


def test_a_disk_that_fails_is_not_the_scanner_s_fault(clamd):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        scanner(clamd).scan(Broken(), 10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://clamav:3310", Address("clamav", 3310)),
        ("tcp://127.0.0.1:3310/", Address("127.0.0.1", 3310)),
        ("tcp://[::1]:3310", Address("::1", 3310)),
        ("unix:///run/clamav/clamd.ctl", Address(path="/run/clamav/clamd.ctl")),
    ],
)
def test_an_address_is_understood(text, expected):
    assert Address.of(text) == expected


WRONG = (
    *("clamav", "clamav:3310", "tcp://clamav", "tcp://:3310", "tcp://clamav:x", "tcp://clamav:99999", "tcp://a:1/b"),
    *("http://clamav:3310", "unix://run/clamd.ctl", "unix:///", "unix:run", "tcp://u:p@clamav:3310", "tcp://[::1"),
    "unix:///" + "x" * 107,
)


@pytest.mark.parametrize("text", WRONG)
def test_another_form_stops_the_start_and_says_which_there_are(text):
    with pytest.raises(ValueError, match=r"HEFBOOM_VIRUS_SCANNER is .*tcp://host:3310 or unix:///path"):
        Settings(virus_scanner=text)


def test_blank_is_no_scanner():
    assert [Settings(virus_scanner=text).scanner() for text in ("", "  ")] == [None, None]


@given(st.text(max_size=40))
def test_no_text_is_more_than_refused(text):
    try:
        Address.of(text)
    except WrongScanner:
        return


@given(st.binary(max_size=60))
def test_no_answer_but_the_plain_one_means_clean(answer):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer.replace(b"\0", b"") + b"\0")
        asked = Scanner(_Given(ours), patience=1.0)
        try:
            is_clean = asked.scan(io.BytesIO(b"x"), 1) == ""
        except ScannerAway:
            is_clean = False

    assert is_clean == (answer.replace(b"\0", b"").decode("utf-8", "replace").strip() == "stream: OK")


class _Given(Address):
    """An address at which a connection stands already."""

    @remembered
    def __init__(self, opened):
        object.__setattr__(self, "opened", opened)

    __slots__ = ("opened",)

    def connect(self, patience):
        return self.opened
