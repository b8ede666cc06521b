"""Ask a ClamAV daemon about bytes, by its INSTREAM command: clean, a name of what was found, or no answer, which is never “clean”."""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

CHUNK = 1 << 16
PATIENCE_S, PATIENCE_S_PER_MB, PATIENCE_OF_PING_S = 5.0, 1.0, 2.0
REST_S = 60.0
LONGEST_ANSWER, LONGEST_NAME, LONGEST_PATH = 4_096, 100, 107
_SAID = re.compile(r"stream: (?:OK|(?P<name>\S[^\x00-\x1f]*) FOUND)")
_FORMS = "tcp://host:3310 or unix:///path/of/the/socket"


class WrongScanner(ValueError):
    """The address of a scanner is of neither form that there is."""


class ScannerAway(Exception):
    """No answer came. `reason` is for the operator; it holds nothing of the file."""

    def __init__(self, reason: str) -> None:
        self.reason = reason[:300]
        super().__init__(self.reason)


class NotTaken(ScannerAway):
    """The scanner is there and did not take this file, for example because it is larger than its StreamMaxLength."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the daemon listens: `host` and `port`, or `path` of a Unix socket."""

    host: str = ""
    port: int = 0
    path: str = ""

    @classmethod
    def of(cls, text: str) -> Address:
        """The address in a setting; raises WrongScanner."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port or 0
        except ValueError as error:
            raise WrongScanner(_wrong(text)) from error
        has_more = bool(parts.query or parts.fragment or parts.username or parts.password)
        if parts.scheme == "tcp" and host and port and parts.path in ("", "/") and not has_more:
            return cls(host, port)
        is_path = parts.path.startswith("/") and 1 < len(parts.path.encode()) <= LONGEST_PATH
        if parts.scheme == "unix" and not parts.netloc and is_path and not has_more:
            return cls(path=parts.path)
        raise WrongScanner(_wrong(text))

    def connect(self, patience: float) -> socket.socket:
        """An open connection; raises OSError."""
        if not self.path:
            return socket.create_connection((self.host, self.port), timeout=patience)
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.settimeout(patience)
            opened.connect(self.path)
        except BaseException:
            opened.close()
            raise
        return opened


class Scanner:
    """The daemon at an address. `patience` is how many seconds it may take, and one more for each MB of a file."""

    def __init__(self, address: Address, *, patience: float = PATIENCE_S) -> None:
        self.address, self.patience = address, patience
        self._failed_at: float | None = None

    @property
    def is_resting(self) -> bool:
        """Whether it failed less than a minute ago in this process: nobody who waits for a page should try again."""
        return self._failed_at is not None and time.monotonic() - self._failed_at < REST_S

    def scan(self, stream: BinaryIO, size: int, *, times: int = 1) -> str:
        """The name of what was found in `size` bytes, blank where nothing was; so many times the usual patience.

        Raises ScannerAway and NotTaken.
        """
        answer = self._ask(b"zINSTREAM\0", times * (self.patience + PATIENCE_S_PER_MB * size / 1_000_000), stream)
        said = _SAID.fullmatch(answer)
        if said is None:
            raise NotTaken(f"the virus scanner did not take a file: {_printable(answer)}")
        return (said["name"] or "")[:LONGEST_NAME]

    def ping(self) -> None:
        """Ask whether it is there; raises ScannerAway."""
        answer = self._ask(b"zPING\0", min(self.patience, PATIENCE_OF_PING_S))
        if answer != "PONG":
            raise ScannerAway(f"what answers is no virus scanner: {_printable(answer)}")

    def _ask(self, command: bytes, patience: float, stream: BinaryIO | None = None) -> str:
        """What the daemon answers to a command and the bytes after it. OSError means that the bytes could not be read."""
        until = time.monotonic() + patience
        try:
            with _talking():
                opened = self.address.connect(min(patience, self.patience))
            with opened:
                _send(opened, command, until)
                broke = None if stream is None else _send_stream(opened, stream, until)
                answer = _answer(opened, until, broke)
        except _Failed as failed:
            self._failed_at = time.monotonic()
            raise ScannerAway(f"the virus scanner does not answer ({failed.what})") from failed
        self._failed_at = None
        return answer


class _Failed(Exception):
    """The conversation ended without an answer."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


@contextmanager
def _talking() -> Iterator[None]:
    """What breaks in here is the connection's fault, not the disk's."""
    try:
        yield
    except OSError as error:
        raise _Failed(type(error).__name__) from error


def _send_stream(opened: socket.socket, stream: BinaryIO, until: float) -> _Failed | None:
    """Send the bytes in chunks, each after its size, and a chunk of none; what broke where the daemon hung up.

    It may have said why before: one that is sent more than it takes answers and hangs up.
    """
    while True:
        chunk = stream.read(CHUNK)
        try:
            _send(opened, struct.pack("!L", len(chunk)) + chunk, until)
        except _Failed as failed:
            if isinstance(failed.__cause__, ConnectionError):
                return failed
            raise
        if not chunk:
            return None


def _send(opened: socket.socket, data: bytes, until: float) -> None:
    opened.settimeout(_left(until))
    with _talking():
        opened.sendall(data)


def _answer(opened: socket.socket, until: float, broke: _Failed | None) -> str:
    """The text up to the zero byte that ends it; anything shorter is no answer."""
    found = b""
    while b"\0" not in found:
        if len(found) > LONGEST_ANSWER:
            raise _Failed("too long an answer")
        opened.settimeout(_left(until))
        with _talking():
            part = opened.recv(LONGEST_ANSWER)
        if not part:
            raise broke or _Failed("hung up")
        found += part
    return found.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise _Failed("TimeoutError")
    return left


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text[:200])


def _wrong(text: str) -> str:
    return f"HEFBOOM_VIRUS_SCANNER is {text!r}. It must be blank or the address of a ClamAV daemon: {_FORMS}."
