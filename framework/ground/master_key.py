"""The master key of the installation: a file outside database, stored files and backups, which only the service reads."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from models.sealing import Wrap

LENGTH = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class UnsafeKey(Exception):
    """The file of the master key is missing, open to others or no such file; the product will not start."""


def read_master(path: Path) -> Wrap:
    """The master key in a file. Raises UnsafeKey with what to do."""
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise UnsafeKey(
            f"The file of the master key, {path}, is not there, and sealed tenders cannot be read without it. "
            "Put the key back from its own backup, or set HEFBOOM_MASTER_KEY_FILE to where it lies."
        ) from error
    except (OSError, UnicodeError) as error:
        raise UnsafeKey(f"The file of the master key, {path}, cannot be read ({type(error).__name__}).") from error
    if mode & _OTHERS:
        raise UnsafeKey(f"The file of the master key, {path}, is open to others than its owner. Run: chmod 600 {path}")
    try:
        secret = base64.b64decode(text, validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) != LENGTH:
        raise UnsafeKey(f"{path} holds no master key: it must be {LENGTH} random bytes in base64.")
    return Wrap(secret)


def make_master(path: Path) -> None:
    """Write a new random key, readable by its owner alone; a key that is there stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as target:
            target.write(base64.b64encode(secrets.token_bytes(LENGTH)).decode("ascii") + "\n")
            target.flush()
            os.fsync(target.fileno())
        try:
            os.link(temporary, path)  # whole or not at all, and never over a key that another process just made
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)
