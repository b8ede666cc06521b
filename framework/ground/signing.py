"""Signatures of the installation: one Ed25519 key in a file outside database, stored files and backups.

Receipts and heads of the record are signed. Nothing here knows the database, so that a receipt is verified without it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

ALGORITHM = "Ed25519"


class UnsafeKey(Exception):
    """The key file cannot be used as it is; the sentence says what to do. The product does not start."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The key of this installation. `public` is its public half and `fingerprint` the SHA-256 of that, in hexadecimal."""

    _private: Ed25519PrivateKey
    public: str
    fingerprint: str

    def sign(self, statement: str) -> str:
        """The signature over a text in UTF-8, 128 hexadecimal digits."""
        return self._private.sign(statement.encode("utf-8")).hex()


_current: list[Signer] = []


def use(signer: Signer) -> None:
    """Sign with this key from now on, in this process."""
    _current[:] = [signer]


def current() -> Signer:
    """The key of this installation. Raises UnsafeKey where the application that holds it was not built."""
    if not _current:
        raise UnsafeKey("there is no signing key in this process")
    return _current[0]


def open_key(path: Path) -> Signer:
    """The key in a file; made at the first start, readable by its owner alone. Raises UnsafeKey.

    A file that others may read is refused: whoever reads it can sign in the name of the installation.
    """
    if not path.exists():
        _make(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise UnsafeKey(
            f"The signing key {path} may be read or changed by others (mode {mode:o}). Say: chmod 600 {path}"
        )
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise UnsafeKey(
            f"The signing key {path} cannot be read as a private key in PEM: {type(error).__name__}"
        ) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise UnsafeKey(f"The signing key {path} is no Ed25519 key.")
    return signer_of(private)


def signer_of(private: Ed25519PrivateKey) -> Signer:
    """A private key with its public half and fingerprint."""
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Signer(private, public.hex(), fingerprint(public.hex()))


def fingerprint(public: str) -> str:
    """The fingerprint of a public key: SHA-256 of its 32 bytes."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()


def is_signed(statement: str, signature: str, public: str) -> bool:
    """Whether the signature over this text was made with the key; what is no signature or key is none."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), statement.encode("utf-8"))
    except (InvalidSignature, ValueError):
        return False
    return True


def canonical(facts: dict[str, Any]) -> str:
    """The one text that stands for these facts: JSON with sorted keys, no free spaces, nothing escaped that need not be."""
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _make(path: Path) -> None:
    """Write a new key, whole or not at all: of several processes that start at once, one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(unfinished, path)
    except FileExistsError:
        pass  # another process was first: its key is the one
    finally:
        unfinished.unlink(missing_ok=True)
