"""Bytes of files, encrypted in pieces as they flow: AES-GCM with a key for each file, so that none is held whole.

Each piece is bound to its place and to whether it is the last: pieces that were changed, moved, doubled or cut off do
not open. (The construction is STREAM, Hoang and others 2015.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.sealing import SealBroken

PIECE = 1 << 18
HEAD = b"hefboom sealed file 1\n"
_TAG = 16


class Encryption:
    """Encrypts the pieces of one file, in order."""

    def __init__(self, key: bytes) -> None:
        self._gcm, self._number = AESGCM(key), 0

    def piece(self, plain: bytes, *, is_last: bool) -> bytes:
        """The next piece, sealed."""
        sealed = self._gcm.encrypt(_nonce(self._number, is_last), plain, HEAD)
        self._number += 1
        return sealed


def encrypted(pieces: Iterator[bytes], key: bytes) -> Iterator[bytes]:
    """A stream of bytes of any sizes as it is stored."""
    yield HEAD
    encryption, held = Encryption(key), b""
    for some in pieces:
        held += some
        while len(held) > PIECE:
            yield encryption.piece(held[:PIECE], is_last=False)
            held = held[PIECE:]
    yield encryption.piece(held, is_last=True)


def decrypted(stored: BinaryIO, key: bytes) -> Iterator[bytes]:
    """What was encrypted, in pieces. Raises SealBroken, before any piece that is not as it was."""
    gcm, number = AESGCM(key), 0
    if stored.read(len(HEAD)) != HEAD:
        raise SealBroken("file")
    piece = stored.read(PIECE + _TAG)
    while True:
        after = stored.read(PIECE + _TAG)
        try:
            plain = gcm.decrypt(_nonce(number, not after), piece, HEAD)
        except InvalidTag as error:
            raise SealBroken("file") from error
        if plain:
            yield plain
        if not after:
            return
        piece, number = after, number + 1


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
