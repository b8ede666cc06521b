"""Verify a receipt offline: `python -m framework.disclosure.verify_receipt RECEIPT FILE [--key KEY] [--proof PROOF]`.

It needs neither database nor network nor the product, only this file, `framework/ground/signing.py` and the library
`cryptography`. It ends with 0 where everything holds, 1 where something does not, 2 where something cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from framework.ground import merkle, signing

FORMAT = "hefboom-receipt-1"
HOLDS, AMISS, UNREADABLE = 0, 1, 2


class Amiss(Exception):
    """What does not hold, in a sentence."""


def main(arguments: list[str] | None = None) -> int:
    """Say in plain words what was verified; the exit code."""
    parser = argparse.ArgumentParser(
        prog="verify_receipt", description="Verify a signed receipt against the file that was sent."
    )
    parser.add_argument("receipt", type=Path, help="the receipt as a file (.json)")
    parser.add_argument("file", type=Path, help="the file that was sent")
    parser.add_argument("--key", help="public key or its fingerprint, or a file of keys, that you were given before")
    parser.add_argument("--proof", type=Path, help="the proof that the record holds the arrival")
    given = parser.parse_args(arguments)
    try:
        receipt = json.loads(given.receipt.read_text(encoding="utf-8"), object_pairs_hook=_once)
        known = _known(given.key) if given.key else None
        proof = json.loads(given.proof.read_text(encoding="utf-8"), object_pairs_hook=_once) if given.proof else None
        digest, size = _hash(given.file)
    except (OSError, ValueError, RecursionError, LookupError, TypeError) as error:
        print(f"NOT READABLE: {error}")
        return UNREADABLE
    try:
        for sentence in verified(receipt, digest, size, known, proof):
            print(sentence)
    except Amiss as error:
        print(f"DOES NOT HOLD: {error}")
        return AMISS
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        print(f"DOES NOT HOLD: the receipt is not in the form of one ({type(error).__name__}: {error})")
        return AMISS
    return HOLDS


def verified(
    receipt: dict[str, Any], digest: str, size: int, known: set[str] | None = None, proof: dict[str, Any] | None = None
) -> Iterator[str]:
    """What holds, sentence by sentence; `known` are fingerprints of keys from elsewhere. Raises Amiss at the first that does not."""
    _require(receipt["format"] == FORMAT, f"this is no receipt of the form {FORMAT}")
    statements = _signed(receipt, known)
    arrival = statements[0]
    yield from _file(receipt, arrival, digest, size)
    yield from _said(arrival)
    for later in statements[1:]:
        yield f"Later: {later['what']} at {later['at']} ({later['at_local']}), entry {later['log']['number']} of the record."
    key = arrival["key"]
    if known is None:
        yield f"Signed with the key {key}, which this receipt brings along: compare it with the one the installation publishes, or give --key."
    else:
        yield f"Signed with the key {key}, which is the one you gave."
    yield from _recorded(arrival, proof, receipt, known)


def _signed(receipt: dict[str, Any], known: set[str] | None) -> list[dict[str, Any]]:
    """The statements of all lines, in their order, each with a signature that holds and tied to the one before."""
    keys = {signing.fingerprint(public): public for public in receipt["keys"]}
    before, found = None, []
    for number, line in enumerate(receipt["lines"], 1):
        said = line["statement"]
        text, named = signing.canonical(said), said["key"]
        _require(named in keys, f"the public key of line {number} is not in the receipt")
        _require(
            known is None or named in known, f"line {number} is signed with another key than the one you gave: {named}"
        )
        _require(
            signing.is_signed(text, line["signature"], keys[named]),
            f"the signature of line {number} does not fit what it says",
        )
        _require(
            said["line"] == number and said["previous"] == before, f"line {number} does not follow from the one before"
        )
        _require(said["receipt"] == receipt["lines"][0]["statement"]["receipt"], f"line {number} is of another receipt")
        before = hashlib.sha256(text.encode("utf-8")).hexdigest()
        found.append(said)
    _require(bool(found) and found[0]["what"] == "arrival", "the line of the arrival is missing")
    return found


def _file(receipt: dict[str, Any], arrival: dict[str, Any], digest: str, size: int) -> Iterator[str]:
    told = arrival["file"]
    _require(size == told["size"], f"the file has {size} bytes, the receipt speaks of {told['size']}")
    _require(digest == told["sha256"], f"the file has the SHA-256 {digest}, the receipt speaks of {told['sha256']}")
    bound = _commitment(arrival["salt"], digest)
    _require(bound == arrival["log"]["commitment"], "the commitment of the record is not of this file")
    yield f"The file matches: {size} bytes, SHA-256 {digest}."
    name = receipt.get("file_name")
    if name is not None:
        hashed = hashlib.sha256(str(name).encode("utf-8")).hexdigest()
        _require(
            _commitment(arrival["salt"], hashed) == told["name_commitment"], "the file was not sent under this name"
        )
        yield f"It was sent under the name {json.dumps(name, ensure_ascii=False)}."


def _said(arrival: dict[str, Any]) -> Iterator[str]:
    who = f"{arrival['organisation']['name']}, by {arrival['person'] or 'a person whose account is gone'}"
    yield f"Receipt {arrival['receipt']}, round {arrival['round']['name']}, sent for {who}."
    yield f"Received at {arrival['received_at']} (UTC), that is {arrival['received_at_local']} ({arrival['zone']})."
    if "agreement" in arrival:
        yield f"Sent under the agreement {arrival['agreement']}, not sealed. Counts: {arrival['counts']}."
    if arrival["in_time"] and arrival["deadline"] is None:
        yield "It was owed by no day."
    elif arrival["in_time"]:
        yield f"In time for the deadline {arrival['deadline']}. Counts: {arrival['counts']}."
    elif "agreement" in arrival:
        yield f"Late by {arrival['late_by_seconds']} s after the day it was owed, which ended at {arrival['deadline']}."
    else:
        yield f"Late by {arrival['late_by_seconds']} s after the deadline {arrival['deadline']}. It does not count."
    yield f"Entry {arrival['log']['number']} of the record holds the commitment {arrival['log']['commitment']}."


def _recorded(
    arrival: dict[str, Any], proof: dict[str, Any] | None, receipt: dict[str, Any], known: set[str] | None
) -> Iterator[str]:
    """That a signed head of the record covers the arrival; whoever gave a key takes no head of another."""
    if proof is None:
        return
    head, text = proof["head"]["statement"], proof["entry"]
    keys = {signing.fingerprint(public): public for public in receipt["keys"]} | {
        key["fingerprint"]: key["public"]
        for key in proof.get("keys", [])
        if signing.fingerprint(key["public"]) == key["fingerprint"]
    }
    _require(
        known is None or head["key"] in known,
        f"the head is signed with another key than the one you gave: {head['key']}",
    )
    _require(head["key"] in keys, "the public key of the head is in neither receipt nor proof")
    is_signed = signing.is_signed(signing.canonical(head), proof["head"]["signature"], keys[head["key"]])
    _require(is_signed, "the signature of the head does not fit what it says")
    entry = json.loads(text, object_pairs_hook=_once)
    told = entry.pop("hash")
    _require(
        told == hashlib.sha256(signing.canonical(entry).encode("utf-8")).hexdigest(),
        "the entry was changed: its hash does not fit",
    )
    same = (entry["seq"], entry["data"]["commitment"]) == (arrival["log"]["number"], arrival["log"]["commitment"])
    _require(same, "the entry is not the one of this arrival")
    path = [bytes.fromhex(one) for one in proof["path"]]
    root = merkle.root_along(path, merkle.leaf(bytes.fromhex(told)), entry["seq"] - 1, head["size"])
    _require(root is not None and root.hex() == head["root"], "the record of that head does not hold the entry")
    yield f"The record holds this arrival: the head over {head['size']} entries, signed at {head['at']} with the key {head['key']}, covers it."
    if known is None:
        yield "The key of that head came with the proof: compare it with the one the installation publishes, or give --key."


def _commitment(salt: str, digest: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + bytes.fromhex(digest)).hexdigest()


def _known(given: str) -> set[str]:
    """The fingerprints that a key, a fingerprint or a file of keys stands for."""
    path = Path(given)
    if path.is_file():
        return {signing.fingerprint(key["public"]) for key in json.loads(path.read_text(encoding="utf-8"))["keys"]}
    if len(bytes.fromhex(given)) != 32:
        raise ValueError("--key is a public key or a fingerprint of 64 hexadecimal digits, or a file of keys")
    return {given.lower(), signing.fingerprint(given)}


def _hash(path: Path) -> tuple[str, int]:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return digest, stream.tell()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand once: of two, readers might take different ones."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in it")
    return found


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise Amiss(sentence)


if __name__ == "__main__":
    sys.exit(main())
