"""What may be told of an error: its kind and its place in our code, never a text that may come out of a file."""

from __future__ import annotations

import errno
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

_MARK = "complaint: "
_ENVIRONMENT = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ENOMEM, errno.ENFILE, errno.EBUSY, errno.EAGAIN),
        *(errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ETIMEDOUT),
    }
)


def is_environment(error: BaseException) -> bool:
    """Whether an error says that the machine failed (disk, file system), not that a file is bad."""
    return isinstance(error, OSError) and error.errno in _ENVIRONMENT


@dataclass(frozen=True, slots=True)
class Complaint:
    """Name of the exception, its number where the system gave one, and module and line where it was raised."""

    error: str
    number: int | None
    place: str

    @classmethod
    def of(cls, error: BaseException) -> Complaint:
        """What may be told of an exception."""
        return cls(type(error).__name__, error.errno if isinstance(error, OSError) else None, _place(error))

    @classmethod
    def found_in(cls, said: str) -> Complaint | None:
        """The complaint at the end of a child's standard error; None where it wrote none.

        A child without memory to complain with leaves the interpreter's own last words.
        """
        _, mark, found = said.rpartition(_MARK)
        if not mark:
            return cls("MemoryError", None, "?") if "MemoryError" in said else None
        try:
            return cls(**json.loads(found))
        except (ValueError, TypeError):
            return None

    def line(self) -> str:
        """One line for standard error, as `found_in` reads it."""
        return _MARK + json.dumps(asdict(self))

    @property
    def is_environment(self) -> bool:
        """Whether the machine failed, not the file."""
        return self.number in _ENVIRONMENT

    @property
    def is_output_too_large(self) -> bool:
        """Whether the bound on the child's output was met."""
        return self.number == errno.EFBIG

    def __str__(self) -> str:
        what = f" {errno.errorcode.get(self.number, self.number)}" if self.number is not None else ""
        return f"{self.error}{what} at {self.place}"


def _place(error: BaseException) -> str:
    """Module and line of the innermost frame."""
    step: TracebackType | None = error.__traceback__
    place = "?"
    while step is not None:
        code = step.tb_frame.f_code
        place = f"{Path(code.co_filename).name}:{step.tb_lineno} {code.co_name}"
        step = step.tb_next
    return place
