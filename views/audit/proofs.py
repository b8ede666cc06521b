"""The record for outsiders: heads and keys for everybody, the record with its verifier in one file for those who may read it."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from flask import Response, render_template, request, send_file
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from framework.ground import heads, keys, log_lines, verify_log
from framework.ground.errors import NotFound
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.receipts import LogHead
from models.rounds import Round
from views.audit import blueprint, unseen
from views.guard import permit

PAGE = 50
VERIFIER = Path(verify_log.__file__)
READ_ME = """The record of an installation of Hefboom, with what is needed to verify it.

  log.jsonl      every entry, one line of JSON each; people and organisations are numbers
  heads.jsonl    the signed heads: one root over all entries up to a size, one a day
  keys.json      the public keys with which they were signed
  verify_log.py  a program of Python 3.11 or newer that needs nothing else; read it first, it is short

Verify it:

  python verify_log.py .

With heads that you were given earlier, by mail or as a file, each in a line:

  python verify_log.py . head-2026-11-21.jsonl

Only with a head from outside can it be noticed that the whole record was made anew or that its end was cut off.
Compare the fingerprint of the key (the SHA-256 of its bytes) with the one on your receipts.
An entry that is withheld shows its hashes alone: it is about another round or about a tender that is still sealed, a
conflict of interest keeps it from the person who took this file, or that person had yet to judge without knowing it.
"""


@blueprint.get("/record/heads")
@permit(Permission.PUBLIC)
def all_heads() -> str:
    """The signed heads of the record and the public keys, for everybody to keep."""
    total = db.session.scalar(select(func.count()).select_from(LogHead)) or 0
    page = page_of(request.args.get("page"), total, PAGE)
    query = heads.every().order_by(LogHead.size.desc()).limit(page.size).offset(page.offset)
    return render_template(
        "audit/heads.html", heads=db.session.scalars(query).all(), keys=keys.published(db.session()), page=page
    )


@blueprint.get("/record/heads.jsonl")
@permit(Permission.PUBLIC)
def heads_file() -> AnyResponse:
    """All heads as a file, oldest first."""
    return _given("".join(f"{line}\n" for line in _head_lines()), "heads.jsonl", "application/jsonl")


@blueprint.get("/record/keys.json")
@permit(Permission.PUBLIC)
def keys_file() -> AnyResponse:
    """The public keys as a file, old ones too."""
    return _given(_keys(), "keys.json", "application/json")


@blueprint.get("/record/verify_log.py")
@permit(Permission.PUBLIC)
def verifier() -> AnyResponse:
    """The program that verifies a record."""
    return _given(VERIFIER.read_text(encoding="utf-8"), "verify_log.py", "text/x-python")


@blueprint.get("/record/bundle.zip")
@permit(Permission.AUDIT_VIEW_ALL)
def bundle() -> Response:
    """The record of the installation with heads, keys and verifier; entries of sealed tenders are withheld."""
    return _bundle(log_lines.lines(db.session()), "record.zip")


@blueprint.get("/rounds/<round_id>/record/bundle.zip")
@permit(Permission.AUDIT_VIEW)
def bundle_of_round(round_: Round) -> Response:
    """The same for the lead of a round: entries of other rounds are withheld."""
    return _bundle(log_lines.lines(db.session(), round_, unseen(round_)), f"record-{round_.public_id}.zip")


@blueprint.get("/record/consistency.json")
@permit(Permission.AUDIT_VIEW_ALL)
def consistency() -> AnyResponse:
    """The proof that one head continues another."""
    return _consistency()


@blueprint.get("/rounds/<round_id>/record/consistency.json")
@permit(Permission.AUDIT_VIEW)
def consistency_of_round(round_: Round) -> AnyResponse:
    """The same, for the lead of a round."""
    return _consistency()


def sizes() -> list[int]:
    """The sizes of the newest heads, between which a proof is asked for."""
    return list(db.session.scalars(select(LogHead.size).order_by(LogHead.size.desc()).limit(PAGE)))


def _consistency() -> AnyResponse:
    first, second = (_size(request.args.get(name, "")) for name in ("first", "second"))
    proof = heads.consistency(db.session(), first, second)
    name = f"consistency-{min(first, second)}-{max(first, second)}.json"
    return _given(json.dumps(proof, sort_keys=True) + "\n", name, "application/json")


def _size(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise NotFound("no-head", N_("There is no head over so many entries."))
    return int(given)


def _head_lines() -> Iterable[str]:
    return (heads.line(head) for head in db.session.scalars(heads.every().order_by(LogHead.size)))


def _keys() -> str:
    told: list[dict[str, Any]] = [
        {"public": key.public, "fingerprint": key.fingerprint, "first_used_on": key.first_used_at.date().isoformat()}
        for key in keys.published(db.session())
    ]
    return json.dumps({"algorithm": "Ed25519", "keys": told}, sort_keys=True) + "\n"


def _bundle(lines: Iterable[str], name: str) -> Response:
    """One archive, written to disk as it grows: a record may be long."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - closed once it was sent
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, parts in (("log.jsonl", lines), ("heads.jsonl", _head_lines())):
            with archive.open(inside, "w") as stream:
                stream.writelines(f"{line}\n".encode() for line in parts)
        archive.writestr("keys.json", _keys())
        archive.writestr("verify_log.py", VERIFIER.read_text(encoding="utf-8"))
        archive.writestr("README.txt", READ_ME)
    size = target.tell()
    target.seek(0)
    answer = Response(_parts(target), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    answer.content_length = size
    return answer


def _parts(target: IO[bytes]) -> Iterator[bytes]:
    """What is sent piece by piece; the file goes with its end."""
    with target:
        while piece := target.read(1 << 16):
            yield piece


def _given(text: str, name: str, kind: str) -> AnyResponse:
    return send_file(io.BytesIO(text.encode("utf-8")), mimetype=kind, as_attachment=True, download_name=name)
