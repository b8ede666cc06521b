"""Verify a record that left Hefboom, with nothing but Python: `python verify_log.py FOLDER [FILE …]`.

FOLDER holds keys.json, log.jsonl, heads.jsonl; each FILE heads you were given earlier, which the log must contain, or
proofs, which need no log. Ends with 0 = whole, 1 = not whole, 2 = not readable.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def require(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(facts: Any) -> str:
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def point(data: bytes) -> Point:
    """A point of the curve (RFC 8032, 5.1.3)."""
    require(len(data) == 32, "a key or a signature has a wrong length")
    odd, y = data[31] >> 7, int.from_bytes(data, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    require(y < P and (x * x - square) % P == 0 and (x > 0 or not odd), "a key or a signature is no point of the curve")
    x = x if x & 1 == odd else P - x
    return x, y, 1, x * y % P


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P


def times(number: int, p: Point) -> Point:
    half = times(number >> 1, add(p, p)) if number else (0, 1, 1, 0)
    return add(p, half) if number & 1 else half


def is_signed(text: str, signature: bytes, public: bytes) -> bool:
    """Ed25519 (RFC 8032, 5.1.7)."""
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + text.encode()).digest(), "little") % L
    ours, theirs = times(s, point(b"\x58" + b"\x66" * 31)), add(point(signature[:32]), times(k, point(public)))
    same = all((ours[at] * theirs[2] - theirs[at] * ours[2]) % P == 0 for at in (0, 1))
    return same and s < L and len(signature) == 64


def check_consistency(old: dict[str, Any], new: dict[str, Any], path: list[str]) -> str:
    """That a head continues another (RFC 9162, 2.1.4.2)."""
    is_same, at, last = old["size"] == new["size"], old["size"] - 1, new["size"] - 1
    path = path if old["size"] & at and not is_same else [old["root"], *path]
    first, second, holds = bytes.fromhex(path[0]), bytes.fromhex(path[0]), 0 <= at <= last
    at, last = (0, 0) if is_same else (at, last)
    while at & 1:
        at, last = at >> 1, last >> 1
    for beside in map(bytes.fromhex, path[1:]):
        holds = holds and last > 0
        if at & 1 or at == last:
            first, second = sha(b"\x01" + beside + first), sha(b"\x01" + beside + second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = sha(b"\x01" + second + beside)
        at, last = at >> 1, last >> 1
    holds = holds and last == 0 and (first.hex(), second.hex()) == (old["root"], new["root"])
    require(holds, f"the head over {new['size']} entries does not continue the head over {old['size']}")
    return f"the record of {new['size']} entries continues that of {old['size']}"


def check_head(head: dict[str, Any], keys: dict[str, bytes]) -> dict[str, Any]:
    """What a head says, once its signature holds."""
    said = head["statement"]
    require(said["key"] in keys, f"no public key is there with the fingerprint {said['key']}")
    holds = is_signed(canonical(said), bytes.fromhex(head["signature"]), keys[said["key"]])
    require(holds, f"the signature of the head over {said['size']} entries does not hold")
    return dict(said)


def check_log(lines: list[str], heads: list[dict[str, Any]]) -> str:
    """The chain, and the root of every head over its beginning (RFC 6962, 2.1)."""
    before, withheld, peaks = "0" * 64, 0, list[tuple[int, bytes]]()
    awaited = {(head["size"], head["root"]) for head in heads}
    sizes = {size for size, _root in awaited}
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        require(canonical(entry) == line, f"line {number} does not stand as it was hashed")
        told = entry.pop("hash")
        withheld += "withheld" in entry
        digest = entry["digest"] if "withheld" in entry else sha(canonical(entry).encode()).hex()
        require(entry["seq"] == number, f"entry {number} is missing or out of place")
        require(told == digest, f"entry {number} was changed: its hash does not fit")
        require(entry["prev"] == before, f"entry {number} does not follow from the one before")
        before, size, peak = told, 1, sha(b"\x00" + bytes.fromhex(told))
        while peaks and peaks[-1][0] == size:
            size, peak = 2 * size, sha(b"\x01" + peaks.pop()[1] + peak)
        peaks.append((size, peak))
        if number in sizes:
            for _size, left in reversed(peaks[:-1]):
                peak = sha(b"\x01" + left + peak)
            awaited.discard((number, peak.hex()))
    amiss = sorted(size for size, _root in awaited)
    require(not amiss, f"heads over {amiss} entries do not fit these {len(lines)} entries")
    return f"{len(lines)} entries, unbroken, {withheld} of them withheld: only their hashes are here"


def check(folder: Path, files: list[Path]) -> list[str]:
    """All that is there, in sentences."""
    publics = [bytes.fromhex(key["public"]) for key in json.loads((folder / "keys.json").read_text("utf-8"))["keys"]]
    keys = {sha(public).hex(): public for public in publics}
    own, given = ([json.loads(x) for f in found for x in lines_of(f)] for found in ([folder / "heads.jsonl"], files))
    require(all(lines_of(file) for file in files), "one of the files that you gave holds no head")
    heads = [check_head(one, keys) for one in [*own, *(one for one in given if "path" not in one)]]
    for old, new, one in zip(heads, heads[1:], own[1:], strict=False):
        check_consistency(old, new, one["continues"])
    proofs = [(check_head(p["first"], keys), check_head(p["second"], keys), p["path"]) for p in given if "path" in p]
    has_log = not proofs or (folder / "log.jsonl").exists()
    said = [check_log(lines_of(folder / "log.jsonl"), heads) if has_log else "there is no log here to check"]
    said += [f"{len(heads)} heads {'fit' if has_log else 'are signed'}, {len(heads) - len(own)} of them from outside"]
    said += [check_consistency(*proof) for proof in proofs]
    return [*said, "signed with " + " and ".join(sorted({head["key"] for head in heads}))]


def lines_of(path: Path) -> list[str]:
    return text.removesuffix("\n").split("\n") if (text := path.read_text("utf-8")) else []


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(print(__doc__) or 2)
    try:
        print("WHOLE:", "; ".join(check(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])) + ".")
    except OSError as error:
        sys.exit(print("NOT READABLE:", error) or 2)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        sys.exit(print("NOT WHOLE:", error) or 1)
