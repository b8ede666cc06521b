"""A mail server of the smallest kind, in a thread of its own: it takes what it is sent and keeps it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message


class Sink(socketserver.ThreadingTCPServer):
    """Keeps mails in `mails`, and every command in `heard`; `offers` are the extensions it announces."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, *offers: str) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.offers, self.mails, self.heard = offers, list[Message](), list[str]()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


@contextmanager
def sink(*offers: str) -> Iterator[Sink]:
    """A running server."""
    with Sink(*offers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Talk(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        self._say("220 sink")
        for line in self.rfile:
            command = line.decode().strip()
            self.server.heard.append(command)
            match command[:4].upper():
                case "EHLO":
                    self._say("250-sink", *(f"250-{offer}" for offer in self.server.offers), "250 HELP")
                case "AUTH":
                    self._say("235 welcome")
                case "DATA":
                    self._say("354 go on")
                    self.server.mails.append(message_from_bytes(self._body()))
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _body(self) -> bytes:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
