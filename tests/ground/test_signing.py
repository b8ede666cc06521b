"""The key that signs: made once, for its owner alone; the verifier's own arithmetic agrees with the library."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.ground import signing, verify_log

RFC_8032 = (
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "r",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
)
"""Public key, text and signature of the second test of RFC 8032, 7.1."""


@pytest.fixture
def signer(tmp_path):
    return signing.open_key(tmp_path / "keys" / "signing_key.pem")


def agrees(text: str, signature: str, public: str) -> bool:
    """What the stand-alone verifier says, without the library."""
    try:
        return verify_log.is_signed(text, bytes.fromhex(signature), bytes.fromhex(public))
    except ValueError:
        return False


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path, signer):
    path = tmp_path / "keys" / "signing_key.pem"

    again = signing.open_key(path)

    assert again.public == signer.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signer.fingerprint == signing.fingerprint(signer.public)
    assert [one.name for one in path.parent.iterdir()] == ["signing_key.pem"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_may_read_is_refused_with_what_to_do(tmp_path, signer, mode):
    path = tmp_path / "keys" / "signing_key.pem"
    path.chmod(mode)

    with pytest.raises(signing.UnsafeKey, match="chmod 600"):
        signing.open_key(path)


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff\x00"])
def test_a_file_that_is_no_key_is_named(tmp_path, content):
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(signing.UnsafeKey, match="cannot be read"):
        signing.open_key(path)


def test_a_key_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "key.pem"
    path.write_bytes(X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)

    with pytest.raises(signing.UnsafeKey, match="no Ed25519 key"):
        signing.open_key(path)


def test_processes_that_start_at_once_take_one_key(tmp_path):
    path = tmp_path / "keys" / "signing_key.pem"

    with ThreadPoolExecutor(8) as pool:
        found = {one.public for one in pool.map(lambda _time: signing.open_key(path), range(16))}

    assert len(found) == 1


def test_the_product_does_not_start_with_a_key_that_others_may_read(app, monkeypatch):
    from views import create_app

    settings = app.extensions["settings"]
    settings.signing_key().chmod(0o644)
    try:
        with pytest.raises(signing.UnsafeKey):
            create_app(settings)
    finally:
        settings.signing_key().chmod(0o600)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=40), st.integers(0, 511))
def test_both_ways_of_checking_agree_on_signatures_and_on_flipped_ones(text, bit):
    signer = signing.signer_of(Ed25519PrivateKey.generate())
    signature = bytes.fromhex(signer.sign(text))
    flipped = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")

    for check in (signing.is_signed, agrees):
        assert check(text, signature.hex(), signer.public)
        assert not check(text, flipped.hex(), signer.public)
        assert not check(f"{text} ", signature.hex(), signer.public)


def test_the_arithmetic_is_that_of_the_standard():
    public, text, signature = RFC_8032

    assert agrees(text, signature, public)
    assert signing.is_signed(text, signature, public)


def test_a_signature_has_one_form_only():
    public, text, signature = RFC_8032
    s = int.from_bytes(bytes.fromhex(signature[64:]), "little") + verify_log.L

    assert not agrees(text, signature[:64] + s.to_bytes(32, "little").hex(), public)
    assert not agrees(text, signature + "00", public)


@pytest.mark.parametrize(
    ("signature", "public"), [("", ""), ("zz", "00" * 32), ("00" * 64, "ff" * 32), ("00" * 64, "02" * 31)]
)
def test_what_is_no_signature_or_key_is_none(signature, public):
    assert not signing.is_signed("x", signature, public)
    assert not agrees("x", signature, public)


def test_without_a_key_nothing_is_signed(monkeypatch):
    monkeypatch.setattr(signing, "_current", [])

    with pytest.raises(signing.UnsafeKey):
        signing.current()
