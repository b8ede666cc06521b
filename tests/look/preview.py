"""Every component on one page, in an application of its own with invented content: for the look and its tests."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from flask import Flask, render_template, render_template_string
from flask_wtf import FlaskForm
from jinja2 import StrictUndefined
from wtforms import (
    BooleanField,
    DecimalField,
    FileField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from views.application import CONTENT_SECURITY_POLICY, i18n

ROOT = Path(__file__).resolve().parents[2]
ERRORS = (400, 403, 404, 409, 413, 422, 429, 500, 503)

FRAME = {
    "name": "Laptops 2027",
    "organisation": "Region North",
    "url": "/round",
    "phase": "tender",
    "state_words": "Tender open (sealed)",
    "sealed": True,
    "dates": {"demand": "14 Oct 2026", "judging": "from 4 Dec 2026"},
    "next": {"sentence": "Sealed until 3 Dec 2026 12:00 CET.", "url": "/upload", "label": "Upload a disclosure"},
    "lever": [
        {"value": "58 400", "label": "pooled devices", "note": ""},
        {"value": "EUR 41.2 million", "label": "pooled value", "note": "net, 4 years"},
        {"value": "12", "label": "members", "note": ""},
        {"value": "420", "label": "your own", "note": "0.7 %"},
        {"value": None, "label": "at this brand", "note": "Sealed until the opening"},
    ],
    "meaning": "×139 your own 420 laptops",
}

COLUMNS = [
    {"key": "name", "label": "Member", "sort": True},
    {"key": "pieces", "label": "Devices", "type": "number", "sort": True, "hint": "pieces"},
    {"key": "value", "label": "Value", "type": "money", "currency": "EUR"},
    {"key": "on", "label": "Declared", "type": "date"},
    {"key": "at", "label": "Last change", "type": "instant"},
    {"key": "state", "label": "State"},
]
NOON = dt.datetime(2026, 10, 14, 10, 0, tzinfo=dt.UTC)
ROWS: list[dict[str, Any]] = [
    {
        "name": f"Municipality of Langerak-aan-de-Vecht {n}",
        "name_url": f"/members/{n}",
        "id": f"member-{n}",
        "pieces": 1200 * n,
        "value": 900_000 * n,
        "on": NOON.date(),
        "at": NOON,
        "state": "Locked",
    }
    for n in range(1, 6)
] + [{"name": "Haven", "pieces": None, "pieces_reason": "Not declared yet", "state": "Draft", "tone": "warn"}]


class PreviewForm(FlaskForm):
    """One field of each kind."""

    name = StringField("Name of the round", [InputRequired("Enter the name of the round.")])
    pieces = DecimalField("Devices", description="Over four years")
    why = TextAreaField("Motive")
    unit = SelectField("Unit", choices=[SelectChoice("piece", "Piece"), SelectChoice("set", "Set")])
    route = RadioField(
        "Route",
        [InputRequired("Choose a route.")],
        choices=[SelectChoice("call", "Call-off"), SelectChoice("mini", "Contest")],
    )
    sure = BooleanField("I may sign for this organisation")
    book = FileField("Workbook")


def preview_app() -> Flask:
    """The application with the filters of the product, stub routes, and the real content security policy."""
    app = Flask(
        "preview",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        static_url_path="/static",
    )
    app.config.update(SECRET_KEY="look" * 8, WTF_CSRF_ENABLED=False, TESTING=True)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    i18n.init_app(app)
    app.jinja_env.globals.update(once=lambda: "0" * 10)
    app.context_processor(_surroundings)
    app.add_url_rule("/", "home.start", _components)
    app.add_url_rule("/language/<language>", "home.language", lambda language: language, methods=["POST"])
    app.add_url_rule("/errors/<int:code>", "error", lambda code: render_template(f"errors/{code}.html", **ERROR))
    app.add_url_rule("/mail/<kind>", "mail", _mail)
    app.after_request(_harden)
    return app


ERROR = {"message": "The ceiling of lot 1 would be passed.", "reference": "k3v9-72qd", "typed": [("pieces", "420")]}


def _surroundings() -> dict[str, Any]:
    return {
        "current_language": "en",
        "navigation": [{"url": "/", "label": "Rounds", "current": True}, {"url": "/o", "label": "Organisation"}],
        "person": {"name": "Ada Berg", "organisation_name": "Region North"},
        "account_url": "/account",
        "sign_in_url": "/sign-in",
        "sign_out_url": "/sign-out",
        "help_contact": {"name": "Maja Lind", "email": "maja@example.org", "phone": "+46 1 23 45"},
    }


def _components() -> str:
    form = PreviewForm(data={"unit": "set", "why": "Because."})
    form.validate()
    source = (Path(__file__).parent / "preview.html").read_text(encoding="utf-8")
    return render_template_string(source, frame=FRAME, form=form, columns=COLUMNS, rows=ROWS, digest="9f86d081" * 8)


def _mail(kind: str) -> str:
    subject = "You are invited"
    return render_template(
        f"mail/base.{kind}", subject=subject, recipient="Ada", act_url="https://x.example/1", act_label="Sign on"
    )


def _harden(response: Any) -> Any:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


if __name__ == "__main__":
    preview_app().run(port=5077)
