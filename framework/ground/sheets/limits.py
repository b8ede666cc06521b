"""How much a file may ask of us before it is refused: two lanes, every figure a setting."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on one file and on the child process that reads it; the defaults are the quick lane.

    Sizes end in `_mb` or `_mib` (both are counted in units of 1 048 576 bytes), times in `_s`. `lane` is `quick`, where a
    wider one may take what is refused, or `large`, the last one.
    """

    lane: str = "quick"
    upload_mb: int = 20
    zip_parts: int = 200
    zip_total_mib: int = 60
    zip_ratio: int = 50
    max_sheets: int = 30
    max_rows: int = 50_000
    max_row_elements: int = 200_000
    max_gap_rows: int = 100_000
    read_columns: int = 64
    max_columns: int = 200
    max_cells: int = 400_000
    max_strings: int = 200_000
    max_cell_chars: int = 32_767
    stop_cell_chars: int = 65_534
    max_merge_cells: int = 50_000
    max_ranges: int = 50_000
    max_xml_depth: int = 100
    max_xml_attributes: int = 256
    max_line_mib: int = 1
    allow_macros: bool = False
    allow_embedded_objects: bool = False
    csv_encodings: tuple[str, ...] = (
        *("cp1252", "latin-1", "cp850", "mac_roman", "cp1250"),
        *("gb18030", "big5hkscs", "cp932", "cp949"),
    )
    child_memory_mib: int = 384
    child_cpu_s: int = 60
    child_wall_s: int = 120
    child_output_mib: int = 64
    child_files: int = 32

    @classmethod
    def quick(cls, **changes: Any) -> Limits:
        """The quick lane: files read at once, while the person waits."""
        return cls(**changes)

    @classmethod
    def large(cls, **changes: Any) -> Limits:
        """The large lane: files read by the worker. Guards of geometry, XML and container stay as they are."""
        return cls(**{**LARGE, **changes})

    def as_dict(self) -> dict[str, Any]:
        """Plain values, to hand over to the child process."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Limits:
        """The inverse of `as_dict`."""
        return cls(**{**values, "csv_encodings": tuple(values["csv_encodings"])})


LARGE: dict[str, Any] = {
    "lane": "large",
    "upload_mb": 100,
    "zip_total_mib": 1024,
    "max_rows": 250_000,
    "max_row_elements": 1_000_000,
    "max_cells": 6_000_000,
    "max_strings": 2_000_000,
    "child_memory_mib": 1024,
    "child_cpu_s": 240,
    "child_wall_s": 300,
    "child_output_mib": 512,
}
