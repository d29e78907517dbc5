"""Whether what stands around a gap says enough for one answer to be right."""

from __future__ import annotations

from . import lexicon as lx
from .clauses import Span
from .lexicon import words
from .reading import Reading
from .tagging import Token

_UNNAMED = words("both examples example some many most several few others all each none either one two three")
"""What opens a sentence about things that only the text before it names."""
_ANCHORS_OF_NAME, _ANCHORS_OF_TERM, _BEHIND = 7, 6, 2
_ANCHORS_OF_WHAT = 4
"""The same where the gap is the subject and the rest is asked as a question."""
_PAIR = 2
_CONTENT = frozenset({"NN", "NS", "NP", "JJ", "VN", "VG", "VB", "VD", "VZ", "VP", "CD", "PO"})


def cuts_name(reading: Reading, span: Span) -> bool:
    """Whether a name goes on around the gap: "the Thirty Years' ...", "... two"."""
    tokens = reading.tokens
    before = tokens[span[0] - 1] if span[0] else None
    after = tokens[span[1]] if span[1] < len(tokens) else None
    owned = before is not None and before.tag == "PO" and tokens[span[0]].text[0].isupper()
    numbered = after is not None and after.tag == "CD" and tokens[span[0]].text[0].isupper()
    said = before is not None and before.low in {"named", "called"}
    return owned or numbered or said or _goes_on_before(tokens, span[0])


def _goes_on_before(tokens: tuple[Token, ...], start: int) -> bool:
    """Whether a name's first words stand before the gap: "St. ...", "Newcastle upon ...", "Jesus the ..."."""
    if start < _PAIR or not tokens[start].text[0].isupper():
        return False
    first, joint = tokens[start - 2], tokens[start - 1]
    return (joint.text == "." and first.low in {"st", "mt", "ft"}) or (
        first.tag == "NP" and joint.low in {"upon", "on", "the"}
    )


def anchored(reading: Reading, told: Span, span: Span, *, named: bool, counted: bool, asked: str) -> bool:
    """Whether the rest of the sentence says enough for one answer to be right.

    A name needs another name or a date beside it, or much else; a term needs more, and not only before it.
    """
    tokens = reading.tokens
    rest = [i for i in range(*told) if not span[0] <= i < span[1]]
    if tokens[told[0]].low in _UNNAMED:
        return False
    told_words = [i for i in rest if _says(tokens[i])]
    if asked == "What":
        return len(told_words) >= _ANCHORS_OF_WHAT
    if counted:
        return len(told_words) >= _ANCHORS_OF_TERM
    others = sum(tokens[i].tag in {"NP", "CD", "PO"} for i in rest if i > told[0])
    if named:
        return len(told_words) + 2 * others >= _ANCHORS_OF_NAME
    owned = span[0] > 0 and tokens[span[0] - 1].tag == "PS"
    behind = sum(i > span[1] for i in told_words)
    return not owned and len(told_words) + others >= _ANCHORS_OF_TERM and behind >= _BEHIND


def _says(token: Token) -> bool:
    return token.tag in _CONTENT and token.low not in lx.COMMON_NOUNS | lx.GENERIC_ADJECTIVES


def in_list(reading: Reading, span: Span) -> bool:
    """Whether the phrase is one of several that could be left out as well."""
    tokens = reading.tokens
    before = tokens[span[0] - 1].text if span[0] else ""
    after = tokens[span[1]].text if span[1] < len(tokens) else ""
    return before in {"and", "or"} or after in {"and", "or"} or before == after == ","
