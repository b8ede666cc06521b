"""Every limit on an uploaded file and on the process that reads it, as a setting (trust 9.3, 9.4 and 9.4b)."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from framework.ground.sheets.limits import LARGE, Limits

_DEFAULT = Limits()
_ENCODINGS = ",".join(_DEFAULT.csv_encodings)
OF_A_FILE = (
    *(
        "zip_parts",
        "zip_ratio",
        "max_sheets",
        "max_gap_rows",
        "read_columns",
        "max_columns",
        "max_cell_chars",
        "stop_cell_chars",
    ),
    *("max_merge_cells", "max_ranges", "max_xml_depth", "max_xml_attributes", "max_line_mib", "allow_macros"),
    *("allow_embedded_objects", "child_files"),
)
"""Limits that are the same in both lanes."""
OF_A_LANE = tuple(name for name in LARGE if name != "lane")
"""Limits that the large lane widens; there their settings begin with `large_`."""


class FileLimits(BaseSettings):
    """The limits; names are those of `Limits`."""

    upload_mb: int = Field(20, description="Largest file of the quick lane, in MB (million bytes).")
    large_upload_mb: int = Field(100, description="Largest file of the large lane, in MB.")
    inline_mb: int = Field(
        1, description="Files up to this size are checked at once, larger ones by the worker, in MB."
    )
    large_lane: bool = Field(
        True, description="Take files of the large lane; a round may switch it off for itself as well."
    )
    max_rows: int = Field(_DEFAULT.max_rows, description="Rows with values per sheet, quick lane.")
    large_max_rows: int = Field(LARGE["max_rows"], description="Rows with values per sheet, large lane.")
    max_row_elements: int = Field(
        _DEFAULT.max_row_elements, description="Rows per sheet, empty ones included, quick lane."
    )
    large_max_row_elements: int = Field(
        LARGE["max_row_elements"], description="Rows per sheet, empty ones included, large lane."
    )
    max_gap_rows: int = Field(_DEFAULT.max_gap_rows, description="Empty rows between two rows with values.")
    read_columns: int = Field(
        _DEFAULT.read_columns, description="Columns of a list or sheet that are read; values further right are named."
    )
    max_columns: int = Field(_DEFAULT.max_columns, description="Last column that may hold a value.")
    max_cells: int = Field(_DEFAULT.max_cells, description="Cells with values in the whole file, quick lane.")
    large_max_cells: int = Field(LARGE["max_cells"], description="Cells with values in the whole file, large lane.")
    max_strings: int = Field(_DEFAULT.max_strings, description="Different texts in a workbook, quick lane.")
    large_max_strings: int = Field(LARGE["max_strings"], description="Different texts in a workbook, large lane.")
    max_sheets: int = Field(_DEFAULT.max_sheets, description="Sheets of a workbook, or csv files of a zip.")
    max_cell_chars: int = Field(_DEFAULT.max_cell_chars, description="Characters in a cell that are taken over.")
    stop_cell_chars: int = Field(_DEFAULT.stop_cell_chars, description="Characters in a cell that refuse the file.")
    max_merge_cells: int = Field(_DEFAULT.max_merge_cells, description="Cells of one merged area.")
    max_ranges: int = Field(_DEFAULT.max_ranges, description="Drop-downs, formats, merged areas and names in all.")
    max_xml_depth: int = Field(_DEFAULT.max_xml_depth, description="Elements within elements in a part of a workbook.")
    max_xml_attributes: int = Field(_DEFAULT.max_xml_attributes, description="Attributes of one element.")
    max_line_mib: int = Field(_DEFAULT.max_line_mib, description="Length of a line of a csv file, in MiB.")
    zip_parts: int = Field(_DEFAULT.zip_parts, description="Parts of a workbook, or files in a zip.")
    zip_total_mib: int = Field(_DEFAULT.zip_total_mib, description="Size of a workbook unpacked, quick lane, in MiB.")
    large_zip_total_mib: int = Field(
        LARGE["zip_total_mib"], description="Size of a workbook unpacked, large lane, in MiB."
    )
    zip_ratio: int = Field(_DEFAULT.zip_ratio, description="How often a part above 1 MiB may unpack to its own size.")
    allow_macros: bool = Field(_DEFAULT.allow_macros, description="Take workbooks with macros; none is ever run.")
    allow_embedded_objects: bool = Field(
        _DEFAULT.allow_embedded_objects, description="Take workbooks with other files inside; none is ever opened."
    )
    csv_encodings: str = Field(
        _ENCODINGS, description="Encodings that a csv file is tried in after UTF-8, in this order, separated by commas."
    )
    child_memory_mib: int = Field(
        _DEFAULT.child_memory_mib, description="Address space of the process that reads a file, quick lane, in MiB."
    )
    large_child_memory_mib: int = Field(LARGE["child_memory_mib"], description="The same, large lane.")
    child_cpu_s: int = Field(_DEFAULT.child_cpu_s, description="Its processor time, quick lane, in seconds.")
    large_child_cpu_s: int = Field(LARGE["child_cpu_s"], description="The same, large lane.")
    child_wall_s: int = Field(_DEFAULT.child_wall_s, description="Its time in all, quick lane, in seconds.")
    large_child_wall_s: int = Field(LARGE["child_wall_s"], description="The same, large lane.")
    child_output_mib: int = Field(_DEFAULT.child_output_mib, description="What it may hand back, quick lane, in MiB.")
    large_child_output_mib: int = Field(LARGE["child_output_mib"], description="The same, large lane.")
    child_files: int = Field(_DEFAULT.child_files, description="Files it may hold open.")

    def quick_limits(self, **changes: object) -> Limits:
        """What a file of the quick lane may ask of us; where there is no large lane, this one is the last."""
        own = {name: getattr(self, name) for name in OF_A_LANE}
        return Limits.quick(**self._of_a_file() | own | changes)

    def large_limits(self) -> Limits:
        """What a file of the large lane may ask of us."""
        return Limits.large(**self._of_a_file() | {name: getattr(self, f"large_{name}") for name in OF_A_LANE})

    def _of_a_file(self) -> dict[str, object]:
        encodings = tuple(name.strip() for name in self.csv_encodings.split(",") if name.strip())
        return {name: getattr(self, name) for name in OF_A_FILE} | {"csv_encodings": encodings}
