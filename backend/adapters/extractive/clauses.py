"""The main clause of a tagged sentence: what stands before it, its subject, its verb group and the rest."""

from __future__ import annotations

from dataclasses import dataclass

from . import lexicon as lx
from .lexicon import words
from .tagging import FINITE, NOMINAL, NOUN, Token, is_plural

_POSTMODIFIERS = words(
    """
    of in for from between with within on at to by among into through around along without behind during
    under over across
    """,
)
_FINITE_AUXILIARY = words(
    """
    is are was were has have had does do did
    """,
)
_OPENERS = frozenset({"IN", "SB", "TO", "VG", "VN", "RB"})
_TIMES = words(
    "century centuries decade decades year years period times month day 1950s 1960s 1970s 1980s 1990s"
)
_YEAR_DIGITS = 4
_NOMINATIVE = frozenset({"it", "they", "he", "she"})
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clause:
    """Indices into ``tokens``; spans are half open."""

    tokens: tuple[Token, ...]
    lead: Span
    """An adjunct in front ("In the embryo"), without its comma; empty where there is none."""
    subject: Span
    head: int
    """The noun that the verb agrees with."""
    plural: bool
    aux: tuple[int, ...]
    """Auxiliaries before the verb; for "is a ..." the verb itself is BE and this is empty."""
    verb: int
    rest: Span
    negated: bool

    @property
    def verb_low(self) -> str:
        """The main verb as written, in lower case."""
        return self.tokens[self.verb].low

    @property
    def copular(self) -> bool:
        """Whether the main verb is a form of "be"."""
        return self.tokens[self.verb].tag == "BE"

    @property
    def passive(self) -> bool:
        """Whether the verb is a participle after a form of "be"."""
        return self.tokens[self.verb].tag == "VN" and any(self.tokens[a].tag == "BE" for a in self.aux)


def parse(tokens: tuple[Token, ...], start: int = 0, end: int | None = None) -> Clause | None:
    """The clause that begins at ``start``; None where the tags do not make one."""
    end = _without_stop(tokens, len(tokens) if end is None else end)
    start = after_connective(tokens, start, end)
    if start >= end:
        return None
    if tokens[start].tag in _OPENERS:
        found = _with_lead(tokens, start, end)
        if found is not None or tokens[start].tag not in {"VN", "VG"}:
            return found
    return _bare(tokens, (start, start), start, end)


def _without_stop(tokens: tuple[Token, ...], end: int) -> int:
    while end > 0 and tokens[end - 1].text in {".", "”", '"', "’", "'"}:
        end -= 1
    return end


def after_connective(tokens: tuple[Token, ...], start: int, end: int) -> int:
    """The first index after "However," and its like."""
    for size in (4, 3, 2, 1):
        stop = start + size
        if stop < end and " ".join(t.low for t in tokens[start:stop]) in lx.CONNECTIVES:
            if tokens[stop].tag == ",":
                return after_connective(tokens, stop + 1, end)
            if (
                size == 1
                and tokens[start].tag in {"CC", "RB"}
                and tokens[stop].tag in {"DT", "NN", "NS", "NP", "JJ"}
            ):
                return stop
    return start


def _with_lead(tokens: tuple[Token, ...], start: int, end: int) -> Clause | None:
    """Tries each comma as the end of the adjunct in front."""
    for comma in range(start + 1, min(end, start + 26)):
        if tokens[comma].tag == ",":
            clause = _bare(tokens, (start, comma), comma + 1, end)
            if clause is not None:
                return clause
    behind = _behind_time(tokens, start, end)
    return _bare(tokens, (start, behind), behind, end) if behind else None


def _behind_time(tokens: tuple[Token, ...], start: int, end: int) -> int:
    """Past "In 1066" or "During the last decade" that no comma follows; 0 where there is none."""
    if tokens[start].low not in {"in", "on", "during", "by", "since"}:
        return 0
    for i in range(start + 1, min(end - 2, start + 6)):
        if (tokens[i].tag == "CD" and len(tokens[i].text) == _YEAR_DIGITS) or tokens[i].low in _TIMES:
            begins = tokens[i + 1].tag in {"DT", "NP"} and tokens[i + 1].low != "and"
            return i + 1 if begins else 0
        if tokens[i].tag not in {"DT", "JJ", "CD", "NP", "NN"}:
            return 0
    return 0


def _bare(tokens: tuple[Token, ...], lead: Span, start: int, end: int) -> Clause | None:
    found = subject_at(tokens, start, end)
    if found is None:
        return None
    stop, head, plural = found
    group = _verb_group(tokens, stop, end)
    if group is None:
        return None
    aux, verb, negated = group
    finite = tokens[aux[0] if aux else verb]
    if not _agrees(finite, tokens[head], plural=plural):
        return None
    stop = _without_inner(tokens, start, stop)
    return Clause(tokens, lead, (start, stop), head, plural, aux, verb, (verb + 1, end), negated)


def _without_inner(tokens: tuple[Token, ...], start: int, stop: int) -> int:
    """The subject's end without a comma pair or parenthesis that closes it."""
    for i in range(start, stop):
        if tokens[i].tag == "(":
            close = next((j for j in range(i, stop) if tokens[j].tag == ")"), stop)
            if close + 1 < stop and tokens[close + 1].tag == ",":
                return i
        if tokens[i].tag in {",", "("} and tokens[stop - 1].tag in {",", ")"}:
            depth_open = tokens[i].tag == "("
            if depth_open == (tokens[stop - 1].tag == ")") and (depth_open or _is_apposition(tokens, i)):
                return i
    while stop > start and tokens[stop - 1].tag == "RB":
        stop -= 1
    return stop


def _is_apposition(tokens: tuple[Token, ...], comma: int) -> bool:
    return tokens[comma + 1].tag in {"DT", "WH", "VN", "IN", "SB", "CC", "VG", "RB", "NP", "JJ", "CD"}


def _agrees(finite: Token, head: Token, *, plural: bool) -> bool:
    if finite.low in {"is", "was", "has", "does"} or finite.tag == "VZ":
        return not plural or head.tag == "NP"
    if finite.low in {"are", "were", "have", "do"} or finite.tag == "VP":
        return plural or head.tag == "NP"
    return True


def subject_at(tokens: tuple[Token, ...], start: int, end: int) -> tuple[int, int, bool] | None:
    """(end, head, plural) of the noun phrase with its modifiers that a finite verb follows."""
    phrase = noun_phrase(tokens, start, end)
    if (
        phrase is None
        and start < end
        and tokens[start].low in _NOMINATIVE
        and finite_at(tokens, start + 1, end)
    ):
        return start + 1, start, tokens[start].low == "they"
    if phrase is None:
        return None
    stop, head = phrase
    plural = tokens[head].tag == "NS" or is_plural(tokens[head].low)
    stop, joined = _coordinated(tokens, stop, end)
    plural = plural or joined
    for _ in range(6):
        if finite_at(tokens, stop, end):
            return stop, head, plural
        following = _after_modifier(tokens, stop, end)
        if following is None:
            return None
        stop = following
    return None


def _coordinated(tokens: tuple[Token, ...], stop: int, end: int) -> tuple[int, bool]:
    """Past "A, B, and C"."""
    joined = False
    while stop < end:
        after = stop
        if tokens[after].tag == "," and after + 1 < end:
            after += 1
        if after < end and tokens[after].low in {"and", "or"}:
            after += 1
        if after == stop:
            return stop, joined
        phrase = noun_phrase(tokens, after, end)
        if phrase is None:
            return stop, joined
        comma_only = after == stop + 1 and tokens[stop].tag == ","
        if comma_only and not _list_goes_on(tokens, phrase[0], end):
            return stop, joined
        joined = joined or any(t.low == "and" for t in tokens[stop:after])
        stop = phrase[0]
    return stop, joined


def _list_goes_on(tokens: tuple[Token, ...], stop: int, end: int) -> bool:
    return (
        stop + 1 < end
        and tokens[stop].tag == ","
        and (tokens[stop + 1].low in {"and", "or"} or tokens[stop + 1].tag in NOMINAL)
    )


def finite_at(tokens: tuple[Token, ...], index: int, end: int) -> bool:
    """Whether a finite verb stands at the index, adverbs and negation passed over."""
    while index < end and tokens[index].tag in {"RB", "NG"}:
        index += 1
    if index >= end:
        return False
    token = tokens[index]
    return token.tag in FINITE or token.low in _FINITE_AUXILIARY


def _after_modifier(tokens: tuple[Token, ...], stop: int, end: int) -> int | None:
    """Past one prepositional phrase, parenthesis, apposition, participle or relative clause."""
    if stop >= end:
        return None
    token = tokens[stop]
    if token.low in _POSTMODIFIERS:
        return _after_prepositional(tokens, stop, end)
    if token.tag in {"(", "["}:
        close = ")" if token.tag == "(" else "]"
        return next((i + 1 for i in range(stop, end) if tokens[i].tag == close), None)
    if token.tag == "TO" and stop + 1 < end and tokens[stop + 1].tag == "VB":
        return _after_participle(tokens, stop + 1, end)
    if token.tag == "," and finite_at(tokens, stop + 1, end):
        return stop + 1
    if token.tag == ",":
        return next(
            (
                i + 1
                for i in range(stop + 2, min(end, stop + 22))
                if tokens[i].tag == "," and finite_at(tokens, i + 1, end)
            ),
            None,
        )
    if token.tag == "JJ" and stop + 1 < end and tokens[stop + 1].low in {"than", "for", "to", "in", "of"}:
        return _after_prepositional(tokens, stop + 1, end)
    if token.tag in {"VN", "VG"}:
        return _after_participle(tokens, stop, end)
    if token.tag == "WH" and token.low in {"that", "which", "who"}:
        return _after_relative(tokens, stop, end)
    return None


def _after_prepositional(tokens: tuple[Token, ...], stop: int, end: int) -> int | None:
    begin = stop + 1
    if (
        begin + 1 < end
        and (tokens[begin].tag == "VG" or tokens[begin].low == "being")
        and tokens[begin + 1].tag in {"DT", "NN", "NS", "NP", "JJ"}
    ):
        begin += 1
    phrase = noun_phrase(tokens, begin, end)
    if phrase is None and begin < end and tokens[begin].tag == "CD":
        return begin + 1
    if phrase is None:
        return None
    return _coordinated(tokens, phrase[0], end)[0]


def _after_participle(tokens: tuple[Token, ...], stop: int, end: int) -> int | None:
    after = stop + 1
    if after < end and tokens[after].tag in {"IN", "TO"}:
        return _after_prepositional(tokens, after, end)
    phrase = noun_phrase(tokens, after, end)
    return phrase[0] if phrase else None


def _after_relative(tokens: tuple[Token, ...], stop: int, end: int) -> int | None:
    """Past "that line the cavity": up to the second finite verb, with no comma or conjunction between."""
    seen = joined = False
    for i in range(stop + 1, min(end, stop + 18)):
        token = tokens[i]
        if token.tag in {",", ";", ":", "SB", "WH"}:
            return None
        if token.tag == "CC" and seen and finite_at(tokens, i + 1, end):
            joined = True
        elif joined and (token.tag in FINITE or token.low in _FINITE_AUXILIARY):
            joined = False
        elif token.tag in {"VZ", "VP", "VD", "MD"} or token.low in _FINITE_AUXILIARY:
            if seen:
                return i
            seen = True
    return None


def noun_phrase(tokens: tuple[Token, ...], start: int, end: int) -> tuple[int, int] | None:
    """(end, head) of determiners, modifiers and noun from ``start``, without what follows the noun."""
    i = start
    while i < end and tokens[i].tag in {"DT", "PS"}:
        i += 1
    head = -1
    while i < end:
        token = tokens[i]
        if token.tag in NOUN or (token.tag == "CD" and head < 0):
            head = i if token.tag in NOUN else head
        elif not _inside(tokens, i, end):
            break
        i += 1
    if head < 0:
        return None
    return _trimmed(tokens, head, end), head


def _trimmed(tokens: tuple[Token, ...], head: int, end: int) -> int:
    """The phrase ends with its noun, closing quote included."""
    stop = head + 1
    if (
        stop < end
        and tokens[stop].text in {"”", '"'}
        and any(t.text in {"“", '"'} for t in tokens[max(0, head - 6) : head])
    ):
        stop += 1
    return stop


def _inside(tokens: tuple[Token, ...], i: int, end: int) -> bool:
    """Whether the token can stand between the first word of a noun phrase and its noun."""
    token = tokens[i]
    if token.tag in {"JJ", "PO", "CD"} or token.text in {"“", '"', "”", "-", "/"}:
        return True
    if token.tag in {"VN", "VG", "RB"}:
        return _noun_follows(tokens, i + 1, end)
    if token.tag == ",":
        joined = i + 1 < end and i > 0 and {tokens[i - 1].tag, tokens[i + 1].tag} <= {"JJ", "VN"}
        return joined and _noun_follows(tokens, i + 1, end)
    return token.tag == "CC" and i > 0 and tokens[i - 1].tag == "JJ" and _noun_follows(tokens, i + 1, end)


def _noun_follows(tokens: tuple[Token, ...], i: int, end: int) -> bool:
    while i < end and tokens[i].tag in {"JJ", "VN", "VG", "RB", "PO", "CD"}:
        i += 1
    return i < end and tokens[i].tag in NOUN


def _verb_group(tokens: tuple[Token, ...], start: int, end: int) -> tuple[tuple[int, ...], int, bool] | None:
    """(auxiliaries, main verb, negated) from the first word after the subject."""
    aux: list[int] = []
    negated = False
    i = start
    while i < end:
        token = tokens[i]
        if token.tag in {"RB", "NG"}:
            negated = negated or token.tag == "NG" or token.low in lx.NEGATIONS
        elif token.tag in {"MD", "BE", "HV", "DO"}:
            aux.append(i)
        elif token.tag in {"VB", "VZ", "VP", "VD"} or (token.tag in {"VN", "VG"} and aux):
            return tuple(aux), i, negated
        else:
            break
        i += 1
    if not aux or tokens[aux[-1]].tag == "MD":
        return None
    return tuple(aux[:-1]), aux[-1], negated
