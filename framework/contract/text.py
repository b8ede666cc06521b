"""The text that both sides sign: the published terms of a lot with names, dates and prices, in one canonical form with its hash."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from framework.ground import uploaded
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused
from framework.ground.files import FileStore
from framework.ground.text import N_, key_of
from framework.rounds import publication
from models.contract import Agreement
from models.people import Organisation
from models.records import StoredFile
from models.rounds import Round
from models.veiled import real

PURPOSE = "agreement"
OWN = ("number", "starts_on", "ends_on", "price_mechanism", "price_text", "call_off_route")
ESTIMATE = ("qty_estimated", "value_estimated", "estimate_motive")
DUTIES = ("disclosure_due_days", "traceability_weeks")
OF_THE_ROUND = (
    "name",
    "reference",
    "jurisdiction",
    "currency",
    "zone",
    "term_starts_on",
    "term_ends_on",
    "option_months",
    "duration_justification",
)


def brands_of(agreement: Agreement) -> list[str]:
    """The makers that an agreement names, each once, as written."""
    named = (line.strip() for line in agreement.brands.splitlines())
    return list({key_of(line): line[:120] for line in named if line}.values())


def published(round_: Round) -> dict[str, Any]:
    """What was frozen at publication."""
    found: dict[str, Any] = json.loads(round_.frozen_text or "{}")
    return found


def contents(agreement: Agreement) -> dict[str, Any]:
    """All that is signed: the parties, what is agreed on, and the published terms of the lot word for word."""
    round_ = agreement.round
    frozen = published(round_)
    code = agreement.lot.code
    return {
        "parties": {"lead": _party(round_.organisation), "contractor": _party(agreement.contractor)},
        "agreement": {name: getattr(agreement, name) for name in (*OWN, *DUTIES)} | {"brands": brands_of(agreement)},
        "published": {
            "hash": round_.frozen_hash,
            "notice": round_.notice_reference,
            "round": {name: frozen.get("round", {}).get(name) for name in OF_THE_ROUND},
            "lot": _lot(frozen, code),
            "clauses": frozen.get("clauses", []),
            "conditions": [one for one in frozen.get("criteria", []) if _binds(one, code)],
            "members": frozen.get("members", []),
            "classes": frozen.get("classes", []),
        },
    }


def canonical(agreement: Agreement) -> str:
    """The canonical text: JSON in UTF-8 and NFC, keys sorted, as the frozen terms are."""
    return publication.text_of(contents(agreement))


def keep(session: Session, agreement: Agreement, files: FileStore, *, actor: Actor, now: dt.datetime) -> StoredFile:
    """Store the text as it is now and make it the text of the agreement."""
    content = canonical(agreement).encode()
    blob = files.put(io.BytesIO(content), max_bytes=len(content))
    name = f"agreement-{agreement.number}.json"
    agreement.text_file = uploaded.keep(session, blob, name, purpose=PURPOSE, actor=actor, now=now)
    return agreement.text_file


def differs(agreement: Agreement) -> bool:
    """Whether the stored text is another than the published terms, the parties and the draft give now."""
    round_ = agreement.round
    if publication.sha256(round_.frozen_text or "") != round_.frozen_hash:
        return True
    return agreement.text_file is None or agreement.text_file.sha256 != publication.sha256(canonical(agreement))


def require_same(agreement: Agreement) -> None:
    """Raise MoveRefused where the text is not the published terms with names and prices (FR1)."""
    if differs(agreement):
        raise MoveRefused(
            "text-differs",
            N_("The text differs from the published terms or from the draft. Save the draft again, then sign."),
            rule="FR1",
        )


def _party(body: Organisation) -> Mapping[str, Any]:
    return {"name": real(body.name), "registration_no": body.registration_no, "country": body.country}


def _lot(frozen: Mapping[str, Any], code: str) -> Mapping[str, Any]:
    """The lot as it was frozen; its estimate only where that was published."""
    lot = next((one for one in frozen.get("lots", []) if one.get("code") == code), {"code": code})
    is_public = frozen.get("settings", {}).get("publish_pool", True)
    return {name: held for name, held in lot.items() if is_public or name not in ESTIMATE}


def _binds(criterion: Mapping[str, Any], code: str) -> bool:
    """Whether a criterion is a condition of the performance of this lot."""
    return criterion.get("place") == "performance" and criterion.get("lot") in (None, code)
