"""Pages of disclosure: suppliers, upload, receipt, issues, mending, differences, counting, opening."""

from flask import Blueprint

import framework.disclosure.steps  # noqa: F401 - its import registers the next steps

blueprint = Blueprint("disclosure", __name__)

from views.disclosure import (  # noqa: E402 - the routes hang on the blueprint
    comparing,
    declared,
    differences,
    enveloping,
    findings,
    mending,
    names,
    opened,
    opener_keys,
    opening,
    own_words,
    reading,
    receipt,
    suppliers,
    upload,
    withdrawing,
    work,
)

__all__ = [
    "blueprint",
    "comparing",
    "declared",
    "differences",
    "enveloping",
    "findings",
    "mending",
    "names",
    "opened",
    "opener_keys",
    "opening",
    "own_words",
    "reading",
    "receipt",
    "suppliers",
    "upload",
    "withdrawing",
    "work",
]
