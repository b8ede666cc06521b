"""The content-addressed store: bytes are durable before the row that names them, and are never changed."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from framework.ground.cipher import decrypted, encrypted
from framework.ground.errors import FileRefused
from framework.ground.sheets.workplace import workplace
from framework.ground.text import N_

if TYPE_CHECKING:
    from models.records import StoredFile
    from models.sealing import Key

CHUNK = 1 << 20
NOT_SCANNED, CLEAN, INFECTED = "", "clean", "infected"
"""What the virus scanner said of a file (`StoredFile.scan`)."""
TYPED = frozenset({"demand-block", "bodies-block"})
"""Purposes of texts that somebody typed or pasted into a form: no files, and never given away as such."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the store: SHA-256 in hexadecimal, size in bytes; `scan` is clean where they were scanned on arrival.

    With a `key` the stored bytes are encrypted: `sha256` is their address, `content_sha256` and `size` are of the file.
    """

    sha256: str
    size: int
    scan: str = NOT_SCANNED
    content_sha256: str = ""
    key: Key | None = field(default=None, repr=False)


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

    def put(self, stream: BinaryIO, *, max_bytes: int, key: Key | None = None) -> Blob:
        """Store a stream: temporary file, hash, fsync, rename, fsync of the folder; with a key encrypted as it flows.

        The limit is enforced on the bytes that arrive. Raises FileRefused (`file-too-large`);
        then nothing stays.
        """
        self.incoming.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.incoming)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                incoming = _Incoming(stream, max_bytes)
                digest = _write(target, incoming if key is None else encrypted(iter(incoming), key.of_file))
                target.flush()
                os.fsync(target.fileno())
            self._settle(temporary, digest)
        finally:
            temporary.unlink(missing_ok=True)
        return Blob(digest, incoming.size, content_sha256=incoming.sha256, key=key)

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

    def readable(self, file: StoredFile, key: Key | None) -> AbstractContextManager[Path]:
        """A path at which the file can be read as it was sent, for as long as it is needed; nothing is read of the row then.

        Encrypted bytes are decrypted into a folder of their own, where readings are done, and removed afterwards.
        Raises Quarantined and NotScannedYet at once, SealBroken and OSError when it is entered.
        """
        path = self.path_of(file)
        return nullcontext(path) if key is None else self.laid_open(file.sha256, key)

    @contextmanager
    def laid_open(self, sha256: str, key: Key) -> Iterator[Path]:
        """A path at which encrypted bytes lie open for a moment. Raises SealBroken and OSError."""
        with workplace(None) as folder:
            target = folder / "file"
            with target.open("wb") as written:
                written.writelines(self.pieces(sha256, key))
            yield target

    def pieces(self, sha256: str, key: Key | None) -> Iterator[bytes]:
        """The bytes as they were sent, in pieces; with a key decrypted. Raises OSError and SealBroken."""
        with self.path(sha256).open("rb") as stored:
            yield from iter(lambda: stored.read(CHUNK), b"") if key is None else decrypted(stored, key.of_file)

    def open(self, sha256: str) -> BinaryIO:
        """The stored bytes for reading; raises FileNotFoundError."""
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


class _Incoming:
    """What arrives, piece by piece: hashed and measured as it was sent."""

    def __init__(self, stream: BinaryIO, max_bytes: int) -> None:
        self._stream, self._most, self._digest = stream, max_bytes, hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._stream.read(CHUNK):
            self.size += len(chunk)
            if self.size > self._most:
                raise FileRefused(
                    "file-too-large",
                    N_(
                        "The file is larger than %(limit)s MB. Remove what is not data, such as pictures and unused sheets."
                    ),
                    limit=self._most // 1_000_000,
                )
            self._digest.update(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        """SHA-256 of what came so far."""
        return self._digest.hexdigest()


def _write(target: BinaryIO, pieces: Iterable[bytes]) -> str:
    """Write the pieces; SHA-256 of what was written."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest()


class Pieces(io.RawIOBase):
    """Pieces as a file to be read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes; 0 at the end."""
        while not self._left:
            self._left = next(self._pieces, b"")
            if not self._left:
                return 0
        some = self._left[: len(buffer)]
        buffer[: len(some)] = some
        self._left = self._left[len(some) :]
        return len(some)


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
