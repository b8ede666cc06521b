"""Secrets that anybody may lock and only the holder of a private key opens (docs/sealing.md, shares of the openers).

A box is a key agreement with a key pair made for it alone (X25519), a key derived from it (HKDF, SHA-256) and AES-GCM;
the words that say what is inside are sealed with it, so that a box opens in its own place only.
"""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.sealing import WrongMasterKey, derived

_KEY, _NONCE = 32, 12


class PublicBox:
    """Locks secrets for the holder of the private key. `public` is the public key, 32 bytes in base64."""

    def __init__(self, public: str) -> None:
        self.public = public
        self._key = X25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))

    def wrap(self, secret: bytes, what: str) -> str:
        """A secret as it may lie in the database; `what` must be said again to open it."""
        once = X25519PrivateKey.generate()
        theirs = once.public_key().public_bytes_raw()
        gcm = _gcm(once.exchange(self._key), theirs, self._key.public_bytes_raw())
        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(theirs + nonce + gcm.encrypt(nonce, secret, what.encode())).decode("ascii")


class PrivateBox:
    """Opens what was locked for it. `private` is 32 random bytes, which exist in memory only."""

    def __init__(self, private: bytes) -> None:
        self._key = X25519PrivateKey.from_private_bytes(private)
        self.public = base64.b64encode(self._key.public_key().public_bytes_raw()).decode("ascii")

    @classmethod
    def of_seed(cls, seed: bytes) -> PrivateBox:
        """The key pair that follows from a shorter secret, which is what shares are made of."""
        return cls(derived(seed, "key pair"))

    def unwrap(self, wrapped: str, what: str) -> bytes:
        """The secret. Raises WrongMasterKey: it was locked for somebody else, is of another place, or was changed."""
        try:
            box = base64.b64decode(wrapped, validate=True)
            theirs, nonce, sealed = box[:_KEY], box[_KEY : _KEY + _NONCE], box[_KEY + _NONCE :]
            shared = self._key.exchange(X25519PublicKey.from_public_bytes(theirs))
            own = self._key.public_key().public_bytes_raw()
            return _gcm(shared, theirs, own).decrypt(nonce, sealed, what.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongMasterKey(what) from error


def _gcm(shared: bytes, theirs: bytes, own: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), _KEY, salt=None, info=b"box" + theirs + own).derive(shared))
