"""A daemon that speaks as much of clamd's language as we use, on a thread; it finds the EICAR test text and what it is told to find.

The fixtures `clamd` and `away` connect the application of a test to one.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from pathlib import Path
from typing import Any

from framework.ground.scanner import Address, Scanner
from models.base import db
from views import scanning, worker

HALVES = ("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
NAME = "Win.Test.EICAR_HDB-1"


def eicar() -> bytes:
    """The text that every scanner finds, put together here so that none finds it in this file."""
    return "".join(HALVES).encode()


class FakeClamd:
    """Listens at `address`. `mode` says how it answers: scan, error, full, hang, die, half, loud; `seen` is what was sent to it.

    On contents in `endless` it works without end, and answers to nothing else of that connection.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.mode, self.bad, self.seen = "scan", set[bytes](), list[bytes]()
        self.endless = set[bytes]()
        if path is None:
            self._server = socket.create_server(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        else:
            self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._server.bind(str(path))
            self._server.listen()
            self.address = f"unix://{path}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening: from now on a connection is refused."""
        if self._server.fileno() < 0:
            return
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _peer = self._server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self._talk(connection)
                except (OSError, struct.error):
                    continue

    def _talk(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as sent:
            command = b""
            while not command.endswith(b"\0"):
                command += sent.read(1)
            if self.mode == "hang":
                sent.read()  # until the other side has had enough
            elif command == b"zPING\0":
                connection.sendall(b"PONG\0")
            else:
                assert command == b"zINSTREAM\0"
                self._scan(connection, sent)

    def _scan(self, connection: socket.socket, sent: object) -> None:
        content = b""
        while size := struct.unpack("!L", sent.read(4))[0]:  # type: ignore[attr-defined]
            content += sent.read(size)  # type: ignore[attr-defined]
            if content in self.endless:
                sent.read()  # type: ignore[attr-defined]  # until the other side has had enough
            if self.mode == "die":
                return
            if self.mode == "full":
                connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.seen.append(content)
        connection.sendall(self._answer(content))

    def _answer(self, content: bytes) -> bytes:
        match self.mode:
            case "error":
                return b"Can't allocate memory ERROR\0"
            case "half":
                return b"stream: OK"
            case "loud":
                return b"x" * 10_000 + b"\0"
        is_bad = eicar() in content or content in self.bad
        return f"stream: {f'{NAME} FOUND' if is_bad else 'OK'}\0".encode()


def socket_in(folder: Path) -> Path:
    """A path for a Unix socket: those may have 107 bytes at most, and folders of tests are deep."""
    short = Path("/tmp") / f"clamd-{os.getpid()}-{abs(hash(str(folder))) % 10**8}.sock"
    short.unlink(missing_ok=True)
    return short


def connect(app: Any, monkeypatch: Any, daemon: FakeClamd) -> None:
    """Let the application use the daemon, with little patience."""
    monkeypatch.setattr(app.extensions["settings"], "virus_scanner", daemon.address)
    monkeypatch.setattr(app.extensions["files"], "is_scanned", True)
    monkeypatch.setitem(app.extensions, "scanner", Scanner(Address.of(daemon.address), patience=0.3))


def scan_the_rest(app: Any, clock: Any) -> None:
    """What comes round on a worker, and the job it makes."""
    db.session.rollback()
    with worker.writing_session() as session:
        scanning.expect_scans(session, clock)
        session.commit()
    worker.work_off(app)
    db.session.rollback()
