"""What was typed into a form that could not be taken, without its secrets, so that a refusal loses nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, g, render_template, request
from werkzeug.exceptions import HTTPException

from views.settings import ROOT

UNSEEN = frozenset({"csrf_token", "once", "next"})
SECRETS = frozenset({"present", "fresh_code"})


def typed() -> list[tuple[str, str]]:
    """Names and values of the fields that were sent, but for passwords and codes of a second factor."""
    return [(name, value) for name, value in request.form.items(multi=True) if _is_shown(name) and value.strip()]


def refusal(status: int, message: str) -> tuple[str, int]:
    """The plain page of an error, with what was typed, so that nothing is lost."""
    known = status if (ROOT / "templates" / "errors" / f"{status}.html").exists() else 400 if status < 500 else 500
    kept = request.method == "POST" and status in (400, 403, 409, 422, 503)
    return render_template(
        f"errors/{known}.html",
        message=message,
        reference=getattr(g, "request_ref", ""),
        typed=typed() if kept else [],
        files=kept and has_files(),
    ), status


def page_of_form() -> str:
    """The path of the page whose form was sent: where it came from on this site, else its own address, else the start."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc == request.host and came_from.path.startswith("/"):
        return came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return request.path if _can_be_read(request.path) else "/"


def sign_in_first(target: str, *, signed_in: bool) -> tuple[str, int]:
    """The answer to a form of somebody who is not, or only half, signed in: what was typed, and `target` in a new tab."""
    reference = getattr(g, "request_ref", "")
    return render_template(
        "errors/401.html",
        typed=typed(),
        files=has_files(),
        target=target,
        signed_in=signed_in,
        reference=reference,
        message="",
    ), 401


def has_files() -> bool:
    """Whether a file came along, which the person must choose again."""
    return any(sent.filename for sent in request.files.values())


def is_passphrase(name: str) -> bool:
    """Whether a field holds the passphrase of an opener: it is never written back into a page nor hashed cheaply."""
    return name.startswith("passphrase")


def _is_shown(name: str) -> bool:
    if name in UNSEEN or name in SECRETS or "password" in name or is_passphrase(name):
        return False
    return not (name == "code" and request.blueprint == "people")


def _can_be_read(path: str) -> bool:
    try:
        current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return False
    return True
