"""Write the files that are made from `data/` and CLDR: sentences for the translators, the page of issues, names of countries. Run with `python -m`."""

from __future__ import annotations

import json
from pathlib import Path

from framework.ground.cldr import countries_file
from framework.ground.codelists import read_rows

ROOT = Path(__file__).resolve().parents[2]

_TITLES = {
    "0_submission": "Who says this, about what, as of when",
    "1_products": "Models on offer",
    "2_components": "What each model is made of, and what is not told",
    "3_sites": "Sites",
    "4_links": "Which site makes what",
    "5_smelters": "Minerals",
    "6_audits": "Evidence about sites",
    "7_due_diligence": "The process",
}
_HEAD = '"""{what} Generated from `data/{source}` by `python -m framework.ground.generated`."""\n\n'


def help_texts() -> str:
    """Source of `framework/disclosure/help_texts.py`."""
    rows = read_rows("disclosure_columns.csv")
    lines = [f"    {_quoted(sheet)}: N_({_quoted(title)})," for sheet, title in _TITLES.items()]
    helps = [f"    ({_quoted(r['sheet'])}, {_quoted(r['column'])}): N_({_quoted(r['help'])})," for r in rows]
    head = _HEAD.format(what="Titles of the sheets and help of the columns.", source="disclosure_columns.csv")
    return "\n".join(
        [
            head + "# fmt: off\nfrom framework.ground.text import N_\n",
            "SHEET_TITLES: dict[str, str] = {",
            *lines,
            "}",
            "HELP: dict[tuple[str, str], str] = {",
            *helps,
            "}",
            "",
        ]
    )


def issue_sentences() -> str:
    """Source of `framework/ground/issue_sentences.py`: every message and advice once, in order."""
    rows = read_rows("issues.csv")
    sentences = dict.fromkeys(sentence for row in rows for sentence in (row["message"], row["what_to_do"]))
    lines = [f"    N_({_quoted(sentence)})," for sentence in sentences]
    head = _HEAD.format(what="The sentences of the issue catalogue, for the extractor.", source="issues.csv")
    start = "# fmt: off\nfrom framework.ground.text import N_\n\nSENTENCES: tuple[str, ...] = ("
    return "\n".join([head + start, *lines, ")", ""])


def issues_page() -> str:
    """Source of `docs/issues.md`."""
    rows = read_rows("issues.csv")
    lines = [
        "# Issues: what can be wrong with a file, and what to do",
        "",
        "Generated from `data/issues.csv` by `python -m framework.ground.generated`; edit the table, not this page.",
        "",
        "**block**: cannot be counted until mended. **error**: counts; the value is kept as found and treated as not given.",
        "**warning**: the value stands, somebody should look. **note**: for information.",
        "",
        "| number | code | cause | severity | where | message | what to do |",
        "|---|---|---|---|---|---|---|",
    ]
    names = ("number", "code", "cause", "severity", "where", "message", "what_to_do")
    lines += ["| " + " | ".join(row[name].replace("|", "\\|") for name in names) + " |" for row in rows]
    return "\n".join([*lines, ""])


def contradiction_sentences() -> str:
    """Source of `framework/chain/contradictions/sentences.py`: everything a person reads of the catalogue, in order."""
    rows = read_rows("contradictions.csv")
    names = ("title", "sentence", "question", "reason")
    lines = [f"    N_({_quoted(text)})," for text in dict.fromkeys(row[name] for row in rows for name in names)]
    head = _HEAD.format(what="The sentences of the cross-checks, for the extractor.", source="contradictions.csv")
    start = "# fmt: off\nfrom framework.ground.text import N_\n\nSENTENCES: tuple[str, ...] = ("
    return "\n".join([head + start, *lines, ")", ""])


def contradictions_table() -> str:
    """The table of `docs/contradictions.md`."""
    names = ("code", "weight", "limit", "sentence", "question", "reason")
    lines = [
        "| code | weight | limit | what the lead reads | what the supplier is asked | when |",
        "|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(row[name] or "–" for name in names) + " |" for row in read_rows("contradictions.csv")]
    return "\n".join(lines)


FILES = {
    "framework/disclosure/help_texts.py": help_texts,
    "framework/ground/issue_sentences.py": issue_sentences,
    "docs/issues.md": issues_page,
    "framework/chain/contradictions/sentences.py": contradiction_sentences,
    "data/countries.json": countries_file,
}


def main() -> None:
    """Write every generated file anew."""
    for name, source in FILES.items():
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source(), encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    main()
