"""Secrets that exist in memory for a while: the key of a tender while its sender's session lives, an opener's share
until the window ends. A folder of small files in memory, which no database, data folder or backup holds.

Web process and worker see the same folder; a restart of the machine empties it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from framework.ground.master_key import UnsafeKey

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Deposits:
    """Deposits by name; each holds texts and the moment at which it is forgotten. `clock` says what is now where nobody does."""

    def __init__(self, folder: Path, clock: Callable[[], dt.datetime]) -> None:
        self.folder, self.clock = folder, clock

    def require_own(self) -> None:
        """Make the folder, for us alone. Raises UnsafeKey where it belongs to somebody else or is open to others."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & _OTHERS:
            raise UnsafeKey(
                f"{self.folder}, in which keys are kept for a while, belongs to somebody else or is open to others. "
                "Remove it, or name another folder in memory with HEFBOOM_DEPOSIT_DIR."
            )

    def works(self) -> bool:
        """Whether something that is kept is found again."""
        name = f"probe-{secrets.token_hex(8)}"
        try:
            self.put(name, {"kept": "yes"}, until=self.clock() + dt.timedelta(minutes=1))
            return self.get(name) == {"kept": "yes"}
        except (OSError, UnsafeKey):
            return False
        finally:
            with suppress(OSError):
                self.drop(name)

    def put(self, name: str, held: Mapping[str, str], *, until: dt.datetime) -> None:
        """Keep something until a moment; what had this name goes. Raises OSError and UnsafeKey."""
        self.require_own()
        temporary = self.folder / f".{secrets.token_hex(8)}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"until": until.isoformat(), "held": dict(held)}, file)
        os.replace(temporary, self._path(name))

    def get(self, name: str, *, now: dt.datetime | None = None) -> dict[str, str] | None:
        """What is kept under a name; None where nothing is, or its moment has passed."""
        return self._read(self._path(name), now or self.clock())

    def all(self, kind: str, *, now: dt.datetime | None = None) -> Iterator[tuple[str, dict[str, str]]]:
        """Name and content of everything whose name begins with `kind`."""
        for path in sorted(self.folder.glob(f"{kind}*")):
            held = self._read(path, now or self.clock())
            if held is not None:
                yield path.name, held

    def drop(self, name: str) -> None:
        """Forget what is kept under a name."""
        self._path(name).unlink(missing_ok=True)

    def sweep(self, *, now: dt.datetime | None = None) -> None:
        """Forget everything whose moment has passed; what a killed process left half written goes an hour later."""
        now = now or self.clock()
        for path in self.folder.glob("*"):
            self._read(path, now)
        for path in self.folder.glob(".*"):
            if path.is_file() and path.stat().st_mtime < now.timestamp() - 3600:
                path.unlink(missing_ok=True)

    def _read(self, path: Path, now: dt.datetime) -> dict[str, str] | None:
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # gone, or in a folder that is not ours: then nothing is kept
            return None
        if dt.datetime.fromisoformat(said["until"]) < now:
            path.unlink(missing_ok=True)
            return None
        held: dict[str, str] = said["held"]
        return held

    def _path(self, name: str) -> Path:
        if not name or set(name) & set("/\\.") or not name.isascii():
            raise ValueError(f"{name!r} is no name of a deposit")
        return self.folder / name
