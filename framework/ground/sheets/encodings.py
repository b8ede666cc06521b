"""The encoding of a text file: mark, strict UTF-8, then a short list; a guess is always told."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from framework.ground.sheets.kind import looks_like_utf16

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_USUAL = frozenset("åäöéèêëïîôûüçñøæßáíóúàâãõìòùýÅÄÖÉÈÊËÏÎÔÛÜÇÑØÆÁÍÓÚÀÂ€£§°·–—‘’“”…«»®©™±×½\xa0")
_FREQUENT = frozenset("åäöéüøæßñçÅÄÖÉÜØÆ")
_CAPITAL_INSIDE = re.compile("[a-zß-öø-ÿ][À-ÖØ-Þ]")
_EASTERN_SIGNS = frozenset("，。、；：（）《》")
_EASTERN = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5hkscs": ("big5", 0xA4, 0xC6),
    "cp932": ("shift_jis", 0x82, 0x97),
    "cp949": ("euc_kr", 0xB0, 0xC8),
}
"""The code table in which the frequent characters of a script stand together, and their first and last lead byte."""
_COMMON = {
    "gb18030": frozenset("的一是不在有中国大市省区县镇乡村路街号道楼厂公司限股份科技电子工业园集团制造"),
    "big5hkscs": frozenset("的一是不在有中國大市省區縣鎮鄉村路街號道樓廠公司限股份科技電子工業園集團製造臺灣"),
    "cp932": frozenset("の株式会社工場県市区町村丁目番地号東西南北電子製作所ーはをにがとで"),
    "cp949": frozenset("주식회사시도군구동읍면로길번지층공장경기서울부산인천전자산업단지대한민국"),
}
"""Characters that stand in nearly every list of companies and addresses: they tell scripts with shared codes apart."""
_OF_ENCODING = {"cp1250": frozenset("łąęśźżćńěščřžůťďňőűŁĄĘŚŹŻĆŃĚŠČŘŽŮŤĎŇŐŰ")}
_PREVIEW_LINES = 5
_SAMPLE = 1 << 20


@dataclass(slots=True)
class Decoded:
    """How to read the bytes; `mixed` are line numbers (1-based) that are in `second`, not in `encoding`."""

    encoding: str
    notices: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    second: str = ""
    mixed: frozenset[int] = frozenset()

    def lines(self, data: bytes) -> Iterator[str]:
        """The text line by line, line ends kept as they are."""
        if not self.second:
            return iter(io.TextIOWrapper(io.BytesIO(data), self.encoding, "replace", newline=""))
        return (
            line.decode(self.second if number in self.mixed else self.encoding, "replace")
            for number, line in enumerate(data.splitlines(keepends=True), start=1)
        )

    def text(self, data: bytes, most: int) -> str:
        """The beginning of the text, ending with a whole line where there is one."""
        sample = "".join(self.lines(data[:most]))
        if len(data) <= most:
            return sample
        end = max(sample.rfind("\n"), sample.rfind("\r"))
        return sample[: end + 1] if end > 0 else sample


def decode(data: bytes, guesses: Sequence[str]) -> Decoded:
    """Find the encoding of text; `guesses` is the short list tried after strict UTF-8, in order of preference."""
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    if marked:
        return Decoded(marked)
    wide = looks_like_utf16(data[:_SAMPLE])
    if wide:
        return _guessed(Decoded(wide), data)
    if _decodes(data, "utf-8"):
        return Decoded("utf-8")
    mixed = _lines_not_utf8(data)
    if mixed:
        second = best_guess(b"\n".join(_lines(data, mixed)), guesses)
        lines = sorted(mixed)
        return Decoded("utf-8", [("encoding-mixed", {"lines": lines[:100], "encoding": second})], second, mixed)
    return _guessed(Decoded(best_guess(data, guesses)), data)


def best_guess(data: bytes, guesses: Sequence[str]) -> str:
    """The encoding under which the letters beyond ASCII look most like letters people write; ties go by order."""
    sample = data[:_SAMPLE]
    able = [guess for guess in guesses if _decodes(sample[: sample.rfind(b"\n") + 1] or sample, guess)]
    return max(able, key=lambda guess: _likelihood(sample, guess)) if able else "latin-1"


def _likelihood(sample: bytes, encoding: str) -> float:
    text = sample.decode(encoding, "replace")
    letters = Counter(letter for letter in text if ord(letter) > 127)
    odd_capitals = len(_CAPITAL_INSIDE.findall(text))
    common = _COMMON.get(encoding, frozenset())
    worth = sum(count * (_score(letter, encoding) + (letter in common) / 2) for letter, count in letters.items())
    return (worth - odd_capitals) / max(1, letters.total())


def _score(letter: str, encoding: str) -> float:
    if encoding in _EASTERN and ("\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3"):
        return 1.0 if _is_everyday(letter, encoding) else 0.3
    if letter in _FREQUENT or letter in _EASTERN_SIGNS:
        return 1.0
    if letter in _USUAL or letter in _OF_ENCODING.get(encoding, ""):
        return 0.9
    return {"L": 0.2, "C": -2.0}.get(unicodedata.category(letter)[0], -0.5)


def _is_everyday(letter: str, encoding: str) -> bool:
    """Whether a character stands in the part of the code table that holds the frequent ones."""
    table, first, last = _EASTERN[encoding]
    try:
        code = letter.encode(table)
    except UnicodeEncodeError:
        return False
    return first <= code[0] <= last


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _lines_not_utf8(data: bytes) -> frozenset[int]:
    """Numbers of the lines that are not UTF-8, where at least as many other lines beyond ASCII are."""
    other, proper = set(), 0
    for number, line in enumerate(data.splitlines(), start=1):
        if line.isascii():
            continue
        if _decodes(line, "utf-8"):
            proper += 1
        else:
            other.add(number)
    return frozenset(other) if proper >= len(other) else frozenset()


def _lines(data: bytes, numbers: frozenset[int]) -> list[bytes]:
    return [line for number, line in enumerate(data.splitlines(), start=1) if number in numbers]


def _guessed(decoded: Decoded, data: bytes) -> Decoded:
    shown = [line.strip()[:200] for line in decoded.text(data, _SAMPLE).splitlines() if not line.isascii()]
    decoded.notices.append(("encoding-guessed", {"encoding": decoded.encoding, "preview": shown[:_PREVIEW_LINES]}))
    return decoded
