"""Questions for causes, conditions, ways and differences."""

from __future__ import annotations

from collections.abc import Iterator

from backend.utils.stems import content_stems

from . import lexicon as lx
from .asking import Draft, answer_of, ask, askable, inverted, sentence_case
from .clauses import Clause, Span, noun_phrase, parse, subject_at
from .drafting import NAMING, answer_of_clause, drafted, has_clause, is_past, progressive, second_verb
from .extents import starts_clause
from .lexicon import words
from .reading import Reading
from .verbs import THIRD

_BARE_VERBS = words("results result occurs occur happens happen exists exist arises arise resulted occurred")

_TOLD_BY_AUTHORS = words("addresses addressed discusses discussed examines examined turns turned asks asked")
"""What a writer does next is no effect of what was said before."""
_LOOSE_HEADS = words("idea ideas traces others view views people work works texts writings one ones")

_PAIR = 2
_AT_A_TIME = 0.4
"""What happens "during" or "after" a thing is never all that happens then."""
_ABLE = words(
    "ability attempt effort right power plan way need means tendency time desire decision plans efforts"
)
"""What "to do" says what they are rather than what they are for."""
_TIMES = words(
    "century centuries year years month months day days hours time times period periods decade decades era"
)


def cause(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "... because ...", "... due to ...", "... so that ...", "... in order to ..."."""
    found = _reason(reading, clause)
    if found is None or not askable(reading, clause) or _supposes(clause) or _may_be_a_thing(reading, clause):
        return
    start, answer = found
    tail = (clause.verb + 1, start)
    while tail[1] > tail[0] and reading.tokens[tail[1] - 1].tag in {",", "RB"}:
        tail = (tail[0], tail[1] - 1)
    if (not clause.copular and clause.verb_low not in NAMING) or tail[0] < tail[1]:
        unclear = not reading.stands_alone(tail, own=True) if tail[0] < tail[1] else False
        bare = tail[0] == tail[1] and clause.verb_low in _BARE_VERBS
        if (
            unclear
            or bare
            or reading.words(tail) > 18
            or any(t.text in "—–:;" for t in reading.tokens[tail[0] : tail[1]])
            or second_verb(reading, tail)
        ):
            return
        yield from drafted(
            reading, clause, ask(reading, clause, "Why", reading.plain(tail)), answer, "cause", 0.97
        )


def _may_be_a_thing(reading: Reading, clause: Clause) -> bool:
    """Whether the verb is "can be" with a noun: "Why can a risk be damage?" is no question."""
    follows = reading.tokens[clause.verb + 1].tag if clause.verb + 1 < len(reading.tokens) else ""
    can_be = bool(clause.aux) and reading.tokens[clause.verb].low == "be" and follows in {"NN", "NS", "DT"}
    return can_be or (clause.copular and follows in {"NN", "NS"})


def _supposes(clause: Clause) -> bool:
    """Whether the clause says only what may be: there is nothing to explain yet."""
    return any(clause.tokens[a].low in {"may", "might", "could"} for a in clause.aux)


def _reason(reading: Reading, clause: Clause) -> tuple[int, str] | None:
    """Where the reason begins and its words."""
    end = len(reading.tokens) - 1
    for i in range(clause.verb + 1, end - 2):
        low, following = reading.tokens[i].low, reading.tokens[i + 1].low
        direct = i == clause.verb + 1 and clause.copular
        if (
            low == "because"
            or (low == "so" and following == "that")
            or (low == "in" and following == "order")
            or (low == "due" and following == "to")
        ):
            if low == "due" or following == "of":
                end = reading.object(i + 2)[1]
            answer = answer_of(reading, (i, end), most=45) if low != "so" else reading.text((i, end))
            return None if direct or answer is None else (i, answer)
        if reading.tokens[i].tag in {";", ":", "WH", "SB"} or (low == "but"):
            return None
    return None


def cause_in_front(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Because ..., the heart ..."."""
    start, end = clause.lead
    if (
        end - start < 3
        or not _gives_reason(reading, clause.lead)
        or not askable(reading, clause)
        or _supposes(clause)
    ):
        return
    if any(t.low in {"this", "these", "such"} or t.tag == "SB" for t in reading.tokens[start + 1 : end]):
        return
    tail = reading.object(clause.verb + 1)
    middle = inverted(reading, clause)
    if middle and (tail[0] == tail[1] or reading.stands_alone(tail, own=True)):
        stem = sentence_case(f"Why {middle} {reading.plain(tail)}")
        yield from drafted(reading, clause, stem, reading.text(clause.lead), "cause", 0.95)


def _gives_reason(reading: Reading, lead: Span) -> bool:
    """Whether the words in front say why: "Because ...", "Due to the war", "As a result of ..."."""
    lows = [t.low for t in reading.tokens[lead[0] : lead[1]]]
    return (
        (lows[0] == "because" and len(lows) > _PAIR + 1)
        or lows[:2] in (["due", "to"], ["owing", "to"], ["thanks", "to"])
        or lows[:4] == ["as", "a", "result", "of"]
    )


def condition(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "When the diaphragm contracts, the thorax expands"."""
    start, end = clause.lead
    if (
        end - start < 3
        or clause.tokens[clause.head].tag == "PR"
        or reading.tokens[start].low
        not in {
            "when",
            "if",
            "once",
            "after",
            "during",
            "without",
            "as",
        }
    ):
        return
    word = reading.tokens[start].low
    inner = (start + 1, end)
    has_clause = starts_clause(reading.tokens, start + 1, end)
    if reading.tokens[start + 1].tag == "VG" or reading.tokens[end - 1].low in _TIMES:
        return
    if (word in {"during", "without", "after"}) == has_clause and word != "after":
        return
    if (
        clause.negated
        or not reading.stands_alone(inner, own=True)
        or reading.words(inner) > 16
        or reading.words(inner) < 2
    ):
        return
    stop = reading.object(clause.rest[0])[1]
    if clause.verb_low in lx.SAYING | _TOLD_BY_AUTHORS:
        return
    answer = answer_of_clause(reading, (clause.subject[0], max(stop, clause.verb + 1)))
    past = is_past(clause)
    supposed = any(clause.tokens[a].low == "would" for a in clause.aux)
    happens = "would happen" if supposed else "happened" if past else "happens"
    stem = sentence_case(f"What {happens} {word} {reading.plain(inner)}")
    score = (0.86 if word != "as" else 0.8) - (0.16 if past else 0.0) - (0.0 if has_clause else _AT_A_TIME)
    yield from drafted(reading, clause, stem, answer, "process", score)


def moment(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Water evaporates when ..."."""
    if not askable(reading, clause) or clause.copular:
        return
    end = len(reading.tokens) - 1
    for i in range(clause.verb + 1, end - 2):
        if (
            reading.tokens[i].low == "when"
            and reading.tokens[i].tag == "SB"
            and starts_clause(reading.tokens, i + 1, end)
        ):
            tail = (clause.verb + 1, i)
            if any(t.tag == "CD" for t in reading.tokens[tail[0] : tail[1]]):
                return
            if tail[0] < tail[1] and (not reading.stands_alone(tail, own=True) or has_clause(reading, tail)):
                return
            stem = ask(reading, clause, "When", reading.plain(tail))
            answer = answer_of(reading, (i, reading.object(i + 1)[1]))
            yield from drafted(reading, clause, stem, answer, "process", 0.8)
            return


def manner(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "The body cools itself by sweating"."""
    if not askable(reading, clause) or clause.copular:
        return
    for i in range(clause.verb + 1, len(reading.tokens) - 2):
        if reading.tokens[i].low == "by" and reading.tokens[i + 1].tag == "VG":
            tail = (clause.verb + 1, i)
            if has_clause(reading, tail) or (tail[0] < tail[1] and not reading.stands_alone(tail, own=True)):
                return
            span = (i, reading.object(i + 1)[1])
            if tail[0] < tail[1] and reading.tokens[tail[1] - 1].low in THIRD:
                return
            joined = any(t.tag == "CC" for t in reading.tokens[tail[0] : tail[1]])
            verbs = sum(t.tag in {"VP", "VB", "VD", "VZ"} for t in reading.tokens[tail[0] : tail[1]])
            if joined and (verbs or reading.words(tail) > 8):
                return
            yield from drafted(
                reading,
                clause,
                ask(reading, clause, "How", reading.plain(tail)),
                answer_of(reading, span),
                "process",
                0.93,
            )
            return


_MEANS = (
    ("by", "means", "of"),
    ("with", "the", "help", "of"),
    ("with", "the", "aid", "of"),
    ("through", "the", "use", "of"),
    ("via",),
    ("by", "using"),
)


def means(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Nations gained access with the help of quinine"."""
    if not askable(reading, clause) or clause.copular:
        return
    lows = [t.low for t in reading.tokens]
    for i in range(clause.verb + 1, len(lows) - 2):
        if not any(tuple(lows[i : i + len(m)]) == m for m in _MEANS):
            continue
        tail = (clause.verb + 1, i)
        if has_clause(reading, tail) or (tail[0] < tail[1] and not reading.stands_alone(tail, own=True)):
            return
        if tail[0] == tail[1] and not clause.passive:
            return
        answer = answer_of(reading, (i, reading.object(i + 1)[1]))
        stem = ask(reading, clause, "How", reading.plain(tail))
        yield from drafted(reading, clause, stem, answer, "process", 0.86)
        return


_MADE = words(
    """
    used uses use created creates establish established founded built developed introduced launched formed
    designed invented adopted organized hired published employed passed signed convened commissioned appointed
    sent staged devised wrote issued enacted
    """
)


def aim(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Lavoisier used sealed vessels to show that ..."."""
    if clause.passive:
        yield from _set_up(reading, clause)
    if clause.verb_low not in _MADE or not askable(reading, clause) or clause.passive:
        return
    tokens = reading.tokens
    phrase = noun_phrase(tokens, clause.verb + 1, len(tokens))
    if phrase is None or tokens[phrase[1]].low in _ABLE:
        return
    begin = phrase[0]
    if begin + 2 < len(tokens) and tokens[begin].low == "of":
        inner = noun_phrase(tokens, begin + 1, len(tokens))
        begin = inner[0] if inner else begin
    if begin + 2 >= len(tokens) or tokens[begin].tag != "TO" or tokens[begin + 1].tag != "VB":
        return
    tail = (clause.verb + 1, begin)
    if not reading.stands_alone(tail, own=True):
        return
    answer = answer_of(reading, (begin, reading.object(begin + 1)[1]))
    yield from drafted(
        reading, clause, ask(reading, clause, "Why", reading.plain(tail)), answer, "cause", 0.88
    )


def _set_up(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """The same in the passive: "The committees have been set up to consider bills"."""
    tokens, begin = reading.tokens, clause.verb + 1
    up = begin < len(tokens) and tokens[begin].low == "up"
    begin += up
    made = clause.verb_low in _MADE - {"used"} or (clause.verb_low == "set" and up)
    if not made or begin + 2 >= len(tokens) or not askable(reading, clause):
        return
    if tokens[begin].tag == "TO" and tokens[begin + 1].tag == "VB":
        answer = answer_of(reading, (begin, reading.object(begin + 1)[1]))
        stem = ask(reading, clause, "Why", "up" if up else "")
        yield from drafted(reading, clause, stem, answer, "cause", 0.86)


def contrast(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Arteries carry ..., whereas veins carry ..."."""
    if (
        reading.antecedent
        or not askable(reading, clause, longest=6)
        or any(t.tag == "CD" for t in reading.tokens[clause.subject[0] : clause.subject[1]])
    ):
        return
    end = len(reading.tokens) - 1
    for i in range(clause.verb + 2, end - 2):
        if reading.tokens[i].low in {"whereas", "while"} and reading.tokens[i - 1].tag == ",":
            second = parse(reading.tokens, i + 1)
            if second is not None and not progressive(second):
                yield from _difference(reading, clause, second)
            return
    start, stop = clause.lead
    if stop > start and reading.tokens[start].low in {"whereas", "while", "unlike"}:
        word = reading.tokens[start].low
        if word == "unlike":
            other = (start + 1, stop)
        else:
            inner = subject_at(reading.tokens, start + 1, stop)
            if any(t.tag == "VG" for t in reading.tokens[start:stop]):
                return
            other = (start + 1, inner[0]) if inner else (0, 0)
        yield from _different(reading, clause, other)


def _difference(reading: Reading, clause: Clause, other: Clause) -> Iterator[Draft]:
    if other.lead[0] == other.lead[1]:
        yield from _different(reading, clause, other.subject)


def _different(reading: Reading, clause: Clause, other: Span) -> Iterator[Draft]:
    if other[0] >= other[1] or reading.words(other) > 6 or not reading.stands_alone(other):
        return
    first, second = reading.plain(clause.subject), reading.plain(other)
    kinds = {reading.tokens[clause.head].tag, reading.tokens[other[1] - 1].tag}
    if kinds in ({"NP", "NS"}, {"NP"}) or reading.words((clause.subject[0], len(reading.tokens))) > 45:
        return
    one, two = set(first.lower().split()), set(second.lower().split())
    heads = {first.lower().split()[-1], second.lower().split()[-1]}
    if content_stems(first) & content_stems(second) and len(heads) > 1 and len(one) != len(two):
        return
    if heads & _LOOSE_HEADS or _LOOSE_HEADS & (one | two):
        return
    if one <= two or two <= one or clause.tokens[clause.head].low in lx.VAGUE_HEADS:
        return
    stem = sentence_case(f"How {'do' if clause.plural else 'does'} {first} differ from {second}")
    yield from drafted(reading, clause, stem, _whole(reading, clause), "comparison", 0.92)


def _whole(reading: Reading, clause: Clause) -> str:
    """The sentence without "However," in front and the full stop."""
    start = clause.lead[0] if clause.lead[0] < clause.lead[1] else clause.subject[0]
    return reading.sentence.text[reading.tokens[start].start :].rstrip(".”")
