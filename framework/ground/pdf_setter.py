"""The process that sets one document: an order on its input, the PDF or the picture on its output. Started by `pdf` alone."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import typst

_GIB = 1024**3
_MEMORY = 2 * _GIB


def main() -> None:
    """Set the document within its bounds. A template that cannot be set ends with an error and no output."""
    order = json.load(sys.stdin.buffer)
    resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"]))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    sys.stdout.buffer.write(made(order))


def made(order: dict[str, Any]) -> bytes:
    """The PDF, or a PNG where a density is ordered; without typefaces of the machine, and without the packages that typst would fetch."""
    what: dict[str, Any] = {
        "input": Path(order["template"]),
        "root": Path(order["root"]),
        "font_paths": typst.Fonts(include_system_fonts=False),
        "sys_inputs": order["inputs"],
        "timestamp": order["created_at"],
    }
    if "ppi" in order:
        found = typst.compile(**what, format="png", ppi=order["ppi"])
    else:
        found = typst.compile(**what, pdf_standards=["ua-1", "a-2a"])
    assert isinstance(found, bytes)
    return found


if __name__ == "__main__":
    main()
