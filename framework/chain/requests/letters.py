"""The letter of a request: its facts as they were when it was asked, fixed by a hash, the same in every language."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from models.requests import UpstreamRequest

LANGUAGES = ("en", "nl", "sv")


def seal(request: UpstreamRequest, *, asker_email: str) -> None:
    """Keep the facts of the letter with the request, and their hash."""
    request.letter = facts(request, asker_email=asker_email)
    request.letter_sha256 = digest(request.letter)


def facts(request: UpstreamRequest, *, asker_email: str) -> dict[str, Any]:
    """What the letter says, as plain JSON: who asks whom for what, why, and until when; no supplier where the lead asks."""
    return {
        "reference": request.reference,
        "asked_at": request.asked_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "due_on": request.due_on.isoformat(),
        "zone": request.zone,
        "asker": request.asker_name,
        "asker_email": asker_email,
        "on_behalf_of": "" if request.is_of_lead else request.supplier.name,
        "asked": request.asked_name,
        "asked_email": request.asked_email,
        "round": request.round.name,
        "lead": request.round.organisation.name,
        "why": request.why,
        "volume": request.volume,
        "rows": [
            {
                "no": row.position,
                "kind": row.kind,
                "brand": row.brand,
                "model": row.model_name,
                "component": row.component_type,
                "other": row.other_type,
                "mineral": row.mineral,
            }
            for row in request.rows
        ],
    }


def canonical(letter: dict[str, Any]) -> str:
    """The text that is hashed: sorted keys, UTF-8, no free spaces."""
    return json.dumps(letter, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(letter: dict[str, Any]) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(letter).encode("utf-8")).hexdigest()
