"""The content-addressed store: bytes are durable before the row that names them, and are never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from framework.ground.errors import FileRefused
from framework.ground.text import N_

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the store: SHA-256 in hexadecimal, size in bytes."""

    sha256: str
    size: int


class FileStore:
    """Files under `root`, each at the address of its SHA-256. Safe with any number of processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
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
        """Where the bytes of an address lie (whether or not they are there)."""
        return self.root / sha256[:2] / sha256[2:4] / sha256

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
        """Remove temporary files and blobs that no row names and that are older than an epoch time; how many."""
        removed = 0
        candidates = [*self.incoming.glob("*"), *(self.path(a) for a in self.addresses() if a not in known)]
        for path in candidates:
            if path.stat().st_mtime < older_than:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _settle(self, temporary: Path, digest: str) -> None:
        target = self.path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            temporary.chmod(0o400)
            os.replace(temporary, target)
        for folder in (target.parent, target.parent.parent, self.root):
            _fsync_folder(folder)


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
