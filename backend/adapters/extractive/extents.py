"""Where an object or complement ends: lists go on, clauses and asides do not belong to it."""

from __future__ import annotations

from .clauses import finite_at, noun_phrase, subject_at
from .tagging import Token

_STOPS = frozenset({";", ":", "—", "–", "(", "["})
_COMPLEMENTIZERS = frozenset({"that", "than", "whether"})


def phrase_end(tokens: tuple[Token, ...], start: int, end: int) -> int:
    """Where the object or complement that begins at ``start`` ends: before the next clause or aside."""
    for i in range(start, end):
        token = tokens[i]
        if token.tag in _STOPS or (token.tag == "SB" and token.low not in _COMPLEMENTIZERS):
            return _without_comma(tokens, start, i)
        if i > start and token.tag == "IN" and _adverbial_clause(tokens, i, end):
            return _without_comma(tokens, start, i)
        if token.tag in {",", "CC"} and i > start and _breaks(tokens, i, end):
            return _without_comma(tokens, start, i)
    return end


def _without_comma(tokens: tuple[Token, ...], start: int, stop: int) -> int:
    while stop > start and tokens[stop - 1].tag in {",", "CC", "RB"}:
        stop -= 1
    return stop


def _adverbial_clause(tokens: tuple[Token, ...], i: int, end: int) -> bool:
    return tokens[i].low in {"as", "before", "after", "until", "since"} and starts_clause(tokens, i + 1, end)


def starts_clause(tokens: tuple[Token, ...], i: int, end: int) -> bool:
    """Whether a subject with its finite verb begins at ``i``."""
    if i < end and tokens[i].tag in {"PR", "EX"}:
        return True
    return i < end and subject_at(tokens, i, end) is not None


def _breaks(tokens: tuple[Token, ...], i: int, end: int) -> bool:
    """Whether a comma or conjunction ends the phrase rather than joins the items of a list."""
    j = i + 1
    if tokens[i].tag == "," and j < end and tokens[j].tag == "CC":
        if tokens[j].low in {"but", "yet", "nor"}:
            return True
        j += 1
    elif tokens[i].tag == "CC" and tokens[i].low in {"but", "yet"}:
        return True
    if j >= end:
        return True
    tag = tokens[j].tag
    if (
        tag == "RB"
        and tokens[i].tag == "CC"
        and tokens[j].low in {"then", "thus", "therefore", "so", "hence"}
    ):
        return True
    comma = tokens[i].tag == ","
    if tokens[j].low == "whose":
        return True
    if tokens[j].low in {"itself", "themselves"}:
        return False
    if tag in {"WH", "SB", "PR", "VZ", "VD", "VP", "MD", "HV", "BE", "DO", "NG", "EX"}:
        return True
    if (
        comma
        and j == i + 1
        and (tag in {"RB", "IN", "TO", "VG", "VN", "DT"} and not _list_item(tokens, i, end))
    ):
        return True
    return finite_at(tokens, j, end) or starts_clause(tokens, j, end)


def _list_item(tokens: tuple[Token, ...], comma: int, end: int) -> bool:
    """Whether the comma belongs to "A, B, and C"."""
    for i in range(comma + 1, min(end, comma + 14)):
        if tokens[i].tag == "," and i + 1 < end and tokens[i + 1].low in {"and", "or"}:
            return True
        if tokens[i].tag in {"WH", "SB", "VZ", "VD", "VP", ";"}:
            return False
        if tokens[i].low in {"and", "or"}:
            return _ends_list(tokens, comma, i, end)
    return False


def _ends_list(tokens: tuple[Token, ...], comma: int, joint: int, end: int) -> bool:
    """Whether "B and C" after the comma are two phrases and the last of the sentence."""
    second, third = noun_phrase(tokens, comma + 1, end), noun_phrase(tokens, joint + 1, end)
    if second is None or third is None or second[0] != joint:
        return False
    return third[0] >= end or tokens[third[0]].text in {".", ";", ",", ")"}
