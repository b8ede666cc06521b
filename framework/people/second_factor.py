"""The second factor: a code that changes every thirty seconds, and ten recovery codes that each work once (T39)."""

from __future__ import annotations

import base64
import datetime as dt
import secrets

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput
from framework.ground.text import N_
from framework.people.sessions import hashed
from models.people import RecoveryCode, User

STEP_SECONDS = 30
TOLERATED_STEPS = 1
RECOVERY_CODES = 10
ISSUER = "Hefboom"

ENROLLED = audit.declare("second_factor.enrolled")
GIVEN = audit.declare("second_factor.given", "by")
CODES_MADE = audit.declare("second_factor.recovery_codes_made", "codes")


def key_from(secret: str) -> bytes:
    """The key that encrypts the secrets of the second factor, derived from the installation's secret."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hefboom second factor").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)


def encrypt(text: str, key: bytes) -> str:
    """Text that only the holder of the key reads."""
    return Fernet(key).encrypt(text.encode()).decode("ascii")


def decrypt(text: str, key: bytes) -> str | None:
    """The text again; None where the key is another or the text was changed."""
    try:
        return Fernet(key).decrypt(text.encode()).decode()
    except InvalidToken:
        return None


def new_secret() -> str:
    """A fresh secret in base32, 160 bits."""
    return pyotp.random_base32()


def address_for_app(email: str, secret: str) -> str:
    """The `otpauth:` address that the QR picture holds."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER))


def code_at(secret: str, now: dt.datetime) -> str:
    """The code that an authenticator shows at `now`; the demonstration prints it."""
    return str(pyotp.TOTP(secret).at(now))


def is_enrolled(user: User) -> bool:
    """Whether the person has confirmed a second factor."""
    return user.totp_secret is not None and user.totp_confirmed_at is not None


def store(user: User, secret: str, *, key: bytes, now: dt.datetime) -> None:
    """Keep a confirmed secret, encrypted."""
    user.totp_secret, user.totp_confirmed_at = encrypt(secret, key), now


def enrol(
    session: Session,
    user: User,
    secret: str,
    code: str,
    *,
    key: bytes,
    actor: Actor,
    now: dt.datetime,
) -> list[str]:
    """Confirm a secret with its first code; returns the new recovery codes, to be shown once.

    Raises InvalidInput where the code is not the secret's. The code is spent by this.
    """
    step = _step_of(secret, code, now)
    if step is None:
        raise InvalidInput(
            "code-wrong",
            N_("This code is not right. Wait for the next one and try again."),
            field="code",
        )
    store(user, secret, key=key, now=now)
    user.totp_last_step = step
    audit.record(session, ENROLLED, actor=actor, now=now, subject=user)
    return make_recovery_codes(session, user, actor=actor, now=now)


def verify(
    session: Session,
    user: User,
    code: str,
    *,
    key: bytes,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Take a code of the authenticator or a recovery code; raises InvalidInput for a wrong, replayed or used one."""
    if _take_code(session, user, code, key, now):
        audit.record(session, GIVEN, actor=actor, now=now, subject=user, by="code")
    elif _take_recovery_code(session, user, code, now):
        audit.record(session, GIVEN, actor=actor, now=now, subject=user, by="recovery code")
    else:
        raise InvalidInput(
            "code-wrong",
            N_("This code is not right, or it was used before. Wait for the next one."),
            field="code",
        )


def make_recovery_codes(session: Session, user: User, *, actor: Actor, now: dt.datetime) -> list[str]:
    """Ten new codes of 80 bits each; the old ones stop working."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _number in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_hash=hashed(code)) for code in codes)
    audit.record(session, CODES_MADE, actor=actor, now=now, subject=user, codes=RECOVERY_CODES)
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in codes]


def codes_left(session: Session, user: User) -> int:
    """How many recovery codes are unused."""
    query = select(RecoveryCode.id).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return len(session.scalars(query).all())


def _take_code(session: Session, user: User, code: str, key: bytes, now: dt.datetime) -> bool:
    """Spend a code; the step is moved by one conditional update, so that two processes cannot take the same code."""
    secret = decrypt(user.totp_secret, key) if is_enrolled(user) and user.totp_secret else None
    step = _step_of(secret, code, now) if secret else None
    if step is None:
        return False
    unspent = (User.totp_last_step.is_(None)) | (User.totp_last_step < step)
    taken = session.execute(
        update(User).where(User.id == user.id, unspent).values(totp_last_step=step, version=User.version)
    )
    session.expire(user, ["totp_last_step"])
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def _take_recovery_code(session: Session, user: User, code: str, now: dt.datetime) -> bool:
    plain = "".join(c for c in code.lower() if c.isalnum())
    query = (
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == hashed(plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return bool(session.execute(query).rowcount)  # type: ignore[attr-defined]


def _step_of(secret: str, code: str, now: dt.datetime) -> int | None:
    """The time step whose code this is, at most one step early or late; None where it is none of them."""
    plain = "".join(c for c in code if c.isdigit() and c.isascii())
    here = int(now.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    for step in range(here - TOLERATED_STEPS, here + TOLERATED_STEPS + 1):
        if secrets.compare_digest(generator.generate_otp(step), plain):
            return step
    return None
