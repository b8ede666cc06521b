"""Look at the memory and the processor time of processes while they work."""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

LOOK_EVERY = 0.2


class Watch:
    """Looks at the memory of processes and of what they started, several times a second, until it is left.

    A page shared by processes counts once in the sum (proportional set size); the web process is looked at by its
    resident set. Figures are in MB (million bytes).
    """

    def __init__(self, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        self._groups = {name: process.pid for name, process in processes.items()}
        self._over, self._thread = threading.Event(), threading.Thread(target=self._look, daemon=True)
        self._spent: dict[int, float] = {}
        self._began: dict[int, float] = {}
        self.most = self.most_resident = 0.0
        self.peaks: dict[str, float] = {}
        self.at_most: dict[str, float] = {}

    def __enter__(self) -> Watch:
        self._began = {pid: _spent(pid) for pid in _members(self._groups["worker"])}
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def now(self, name: str) -> float:
        """Resident MB of the processes of a name."""
        return sum(_memory(pid)[0] for pid in _members(self._groups[name]))

    def peak(self, name: str) -> float:
        """Their largest so far."""
        return max(self.peaks.get(name, 0.0), self.now(name))

    @property
    def processor(self) -> float:
        """Seconds of processor time of worker and child."""
        return sum(spent - self._began.get(pid, 0.0) for pid, spent in self._spent.items())

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            resident, shared = 0.0, dict.fromkeys((*self._groups, "child"), 0.0)
            for name, group in self._groups.items():
                pids = _members(group)
                for pid in pids:
                    rss, pss = _memory(pid)
                    label = name if name == "web" or pid == group else "child"
                    resident, shared[label] = resident + rss, shared[label] + pss
                    if name == "web":
                        continue
                    self._spent[pid] = _spent(pid)
                    self.peaks[label] = max(self.peaks.get(label, 0.0), rss)
                if name == "web":
                    self.peaks[name] = max(self.peaks.get(name, 0.0), sum(_memory(pid)[0] for pid in pids))
            self.most_resident = max(self.most_resident, resident)
            if sum(shared.values()) > self.most:
                self.most, self.at_most = sum(shared.values()), shared


def _members(root: int) -> list[int]:
    """A process and all that came from it and live."""
    found, new = [root], [root]
    while new:
        new = [child for pid in new for child in _children(pid)]
        found += new
    return found


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (task / "children").read_text(encoding="ascii").split())
    return children


def _memory(pid: int) -> tuple[float, float]:
    """(resident, proportional) MB; nothing of a process that ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0, 0.0
    sizes = {line.split()[0]: int(line.split()[1]) for line in lines[1:] if line.endswith("kB")}
    return sizes.get("Rss:", 0) * 1024 / 1e6, sizes.get("Pss:", 0) * 1024 / 1e6


def _spent(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
