"""The content-addressed store: bytes are durable before the row that names them, and are never changed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from framework.ground.errors import FileRefused
from framework.ground.text import N_

if TYPE_CHECKING:
    from models.records import StoredFile

CHUNK = 1 << 20
NOT_SCANNED, CLEAN, INFECTED = "", "clean", "infected"
"""What the virus scanner said of a file (`StoredFile.scan`)."""
TYPED = frozenset({"demand-block"})
"""Purposes of texts that somebody typed or pasted into a form: no files, and never given away as such."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the store: SHA-256 in hexadecimal, size in bytes; `scan` is clean where they were scanned on arrival."""

    sha256: str
    size: int
    scan: str = NOT_SCANNED


class Quarantined(FileRefused):
    """The virus scanner found something in this file: nobody reads it or gets its bytes any more."""

    status = 409

    def __init__(self, found: str) -> None:
        message = N_(
            "The virus scanner found something in this file (%(found)s). It is kept in quarantine: nobody reads or "
            "downloads it. A clean copy is needed."
        )
        super().__init__("file-infected", message, found=found)


class NotScannedYet(FileRefused):
    """The installation has a virus scanner that has not seen this file yet."""

    status = 409

    def __init__(self, message: str = "") -> None:
        waits = N_(
            "This file is waiting for the virus scanner. Nothing of it is lost. Load this page again in some minutes."
        )
        super().__init__("file-not-scanned", message or waits)


class FileStore:
    """Files under `root`, each at the address of its SHA-256. Safe with any number of processes.

    `is_scanned`: the installation has a virus scanner, so that no file is read or given away before it was scanned.
    """

    def __init__(self, root: Path, *, is_scanned: bool = False) -> None:
        self.root, self.is_scanned = root, is_scanned
        self.incoming = root / "incoming"

    def put(self, stream: BinaryIO, *, max_bytes: int) -> Blob:
        """Store a stream: temporary file, hash, fsync, rename, fsync of the folder.

        The limit is enforced on the bytes that arrive. Raises FileRefused (`file-too-large`);
        then nothing stays.
        """
        self.incoming.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.incoming)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                digest, size = _copy(stream, target, max_bytes)
                target.flush()
                os.fsync(target.fileno())
            self._settle(temporary, digest)
        finally:
            temporary.unlink(missing_ok=True)
        return Blob(digest, size)

    def path(self, sha256: str) -> Path:
        """Where the bytes of an address lie (whether or not they are there). To read what somebody sent: `path_of`."""
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def path_of(self, file: StoredFile) -> Path:
        """The road to the bytes of a file for whoever reads it or gives it away; raises Quarantined and NotScannedYet."""
        if file.scan == INFECTED:
            raise Quarantined(file.found)
        if self.waits_for_scanner(file):
            raise NotScannedYet
        return self.path(file.sha256)

    def waits_for_scanner(self, file: StoredFile) -> bool:
        """Whether a file must be scanned before anybody reads it."""
        return self.is_scanned and file.scan == NOT_SCANNED and file.purpose not in TYPED

    def may_read(self, file: StoredFile) -> bool:
        """Whether `path_of` leads anywhere."""
        return file.scan != INFECTED and not self.waits_for_scanner(file)

    def open(self, sha256: str) -> BinaryIO:
        """The bytes for reading; raises FileNotFoundError."""
        return self.path(sha256).open("rb")

    def is_intact(self, sha256: str) -> bool:
        """Whether the stored bytes still have their address as hash."""
        try:
            with self.path(sha256).open("rb") as handle:
                return hashlib.file_digest(handle, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def addresses(self) -> Iterator[str]:
        """Every address in the store."""
        for path in self.root.glob("??/??/*"):
            yield path.name

    def sweep(self, *, known: set[str], older_than: float) -> int:
        """Remove temporary files and blobs that no row names and that are older than an epoch time; how many.

        `known` may be older than what is stored meanwhile: bytes that were sent again are young again.
        """
        candidates = [*self.incoming.glob("*"), *(self.path(a) for a in self.addresses() if a not in known)]
        return sum(self._remove_if_older(path, older_than) for path in candidates)

    def _remove_if_older(self, path: Path, than: float) -> bool:
        with self._locked():
            try:
                if path.stat().st_mtime >= than:
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    def _settle(self, temporary: Path, digest: str) -> None:
        """Give the bytes their address; bytes that lie there already become young, or a sweep might take them."""
        target = self.path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if target.exists():
                os.utime(target)
            else:
                temporary.chmod(0o400)
                os.replace(temporary, target)
        for folder in (target.parent, target.parent.parent, self.root):
            _fsync_folder(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Among all processes, one at a time: between looking at a file and acting on it nobody else acts."""
        with (self.root / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _copy(stream: BinaryIO, target: BinaryIO, max_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > max_bytes:
            raise FileRefused(
                "file-too-large",
                N_(
                    "The file is larger than %(limit)s MB. Remove what is not data, such as pictures and unused sheets."
                ),
                limit=max_bytes // 1_000_000,
            )
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest(), size


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
