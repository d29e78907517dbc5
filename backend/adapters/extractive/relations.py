"""Questions for what a thing does, has, serves and where it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from . import lexicon as lx
from .asking import Draft, answer_of, ask, askable, opening, sentence_case
from .clauses import Clause, Span, noun_phrase
from .drafting import (
    NAMING,
    after_adverbs,
    drafted,
    has_clause,
    is_list,
    noun_object,
    progressive,
    second_verb,
    token_at,
    verb_base,
)
from .frames import ATTEMPTS, DULL_VERBS, INTRANSITIVE, OF_WHAT, PASSIVE_TAILS, PHRASAL, STRONG_VERBS
from .gazetteer import BODY_HEADS, PLACE_HEADS
from .lexicon import words
from .occasions import without_date
from .reading import Reading
from .tagging import Token
from .verbs import PARTICIPLE

_PARTICLES = words(
    """
    down up out off apart away back non-stop together forward
    """,
)


_MOVING = words("lead order force push urge invite persuade")
"""What they are done to does something next: "What did it lead?" says too little."""


_AUTHORED = words(
    """
    written composed discovered invented founded painted coined authored published proposed built
    """,
)


_PLACES = words(
    """
    in within at on between near under behind along beneath below above inside around beside outside
    over across throughout
    """,
)


def object_question(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "The liver produces bile"."""
    verb = reading.tokens[clause.verb]
    if (
        clause.passive
        or progressive(clause)
        or not (verb.tag in {"VZ", "VP", "VD", "VB", "HV"} or _perfect(clause))
        or not askable(reading, clause)
    ):
        return
    base = PARTICIPLE[verb.low].base if _perfect(clause) and verb.low in PARTICIPLE else verb_base(verb)
    if base is None or base in DULL_VERBS:
        return
    start = clause.verb + 1
    tail = ""
    behind = after_adverbs(reading, start)
    start = (
        behind if reading.tokens[min(behind, len(reading.tokens) - 1)].low in PHRASAL.get(base, ()) else start
    )
    first = token_at(reading, start)
    if first is not None and first.low in PHRASAL.get(base, ()):
        tail, start = first.low, start + 1
    elif base in {"give", "play"}:
        return
    span = noun_object(reading, start)
    if span is None or any(t.low in _PARTICLES for t in reading.tokens[span[0] : span[1] + 1]):
        return
    if base in INTRANSITIVE | _MOVING and not tail:
        return
    span, when = without_date(reading, span)
    span = _without_manner(reading, span)
    tail = f"{tail} {when}".strip()
    bare = clause.subject[1] - clause.subject[0] <= 2 and reading.tokens[clause.head].low in lx.COMMON_NOUNS
    score = (
        0.6
        - (0.2 if bare else 0.0)
        + (0.1 if base in STRONG_VERBS or tail else 0.0)
        + (0.06 if is_list(reading, span) else 0.0)
    )
    yield from drafted(
        reading, clause, ask(reading, clause, "What", tail), answer_of(reading, span), "object", score
    )


def _perfect(clause: Clause) -> bool:
    """Whether the verb is a participle after "has" alone."""
    return (
        clause.tokens[clause.verb].tag == "VN"
        and bool(clause.aux)
        and all(clause.tokens[a].tag in {"HV", "MD"} for a in clause.aux)
    )


def _without_manner(reading: Reading, span: Span) -> Span:
    """An object without "by padlocking the gates", which tells how."""
    start, end = span
    by = next((i for i in range(start + 1, end - 1) if _by_doing(reading.tokens, i)), end)
    return start, by


def _by_doing(tokens: tuple[Token, ...], i: int) -> bool:
    return tokens[i].low == "by" and tokens[i + 1].tag == "VG"


def attempt(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Researchers seek to expand the body of knowledge": "What do ... seek to expand?"."""
    to, verb = token_at(reading, clause.verb + 1), token_at(reading, clause.verb + 2)
    base = verb_base(reading.tokens[clause.verb])
    if to is None or verb is None or base not in ATTEMPTS or to.tag != "TO" or verb.tag != "VB":
        return
    if verb.low in DULL_VERBS or not askable(reading, clause):
        return
    span = noun_object(reading, clause.verb + 3)
    if span is not None:
        stem = ask(reading, clause, "What", f"to {verb.low}")
        answer = answer_of(reading, _without_manner(reading, span))
        yield from drafted(reading, clause, stem, answer, "object", 0.7)


def composition(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "The wall is composed of ...", "The tract includes ..."."""
    if not askable(reading, clause):
        return
    verb = reading.tokens[clause.verb]
    start = after_adverbs(reading, clause.verb + 1)
    if clause.passive:
        if verb.low == "made" and (t := token_at(reading, start)) and t.low == "up":
            start += 1
        preposition = token_at(reading, start)
        if preposition is None or preposition.low not in PASSIVE_TAILS.get(verb.low, ()):
            return
        middle = "up of" if reading.tokens[start - 1].low == "up" else preposition.low
        span = noun_object(reading, start + 1)
        listed = span is not None and is_list(reading, span)
    else:
        if verb.low not in {"includes", "include", "included"} or clause.aux:
            return
        middle, span = "", noun_object(reading, start)
        listed = span is not None and is_list(reading, span)
        if not listed:
            return
    if span is not None:
        yield from drafted(
            reading,
            clause,
            ask(reading, clause, "What", middle),
            answer_of(reading, span, most=40),
            "parts",
            0.9 if listed else 0.78,
        )


def agent(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Bile is produced by the liver"."""
    found = agent_of(reading, clause)
    if found is None:
        return
    span, stem = found
    span, when = without_date(reading, span)
    stem = f"{stem[:-1]} {when}?" if when else stem
    if reading.tokens[span[1] - 1].tag == "VG":
        return
    if second_verb(reading, span) or _goes_on(reading, span):
        return
    yield from drafted(reading, clause, stem, answer_of(reading, span), "agent", 0.84)


def _goes_on(reading: Reading, span: Span) -> bool:
    """Whether words after the agent belong to the verb: "is used by the team to the end of the show"."""
    tokens = reading.tokens[span[0] : span[1] + 1]
    return any(a.low == "to" and b.tag in {"DT", "NN", "NP", "PS"} for a, b in pairwise(tokens))


def agent_of(reading: Reading, clause: Clause) -> tuple[Span, str] | None:
    """The agent of a passive and the question for it."""
    if (
        not clause.passive
        or any(reading.tokens[a].low == "cannot" for a in clause.aux)
        or not askable(reading, clause)
        or clause.verb_low in NAMING
        or clause.verb_low in {"followed", "accompanied", "characterized", "based"}
    ):
        return None
    by = next(
        (
            i
            for i in range(clause.verb + 1, min(clause.verb + 8, len(reading.tokens) - 1))
            if reading.tokens[i].low == "by"
        ),
        None,
    )
    if by is None or reading.tokens[by + 1].tag in {"VG", "PR"}:
        return None
    span = noun_object(reading, by + 1)
    active = _active(reading, clause)
    middle = (clause.verb + 1, by)
    lead = opening(reading, clause)
    if span is None or active is None or lead is None or has_clause(reading, middle):
        return None
    joined = (
        any(t.tag in {"CC", "VN"} for t in reading.tokens[middle[0] : middle[1]])
        or reading.tokens[by - 1].tag == "IN"
    )
    if middle[0] < middle[1] and (joined or not reading.stands_alone(middle)):
        return None
    word = "who" if _is_person(reading, span) or clause.verb_low in _AUTHORED else "what"
    return span, sentence_case(
        f"{lead}{word} {active} {reading.plain(clause.subject)} {reading.plain(middle)}"
    )


_FORCES = words("storm hurricane typhoon cyclone earthquake flood tsunami fire plague death ice wind")


def _is_person(reading: Reading, span: Span) -> bool:
    head = reading.tokens[span[0] : span[0] + 3]
    named = (
        bool(head) and head[0].tag == "NP" and (len(head) < 2 or head[1].tag in {"NP", ",", "IN", "CC", "."})
    )
    words = reading.tokens[span[0] : span[1]]
    if any(
        t.tag == "CD" or t.low in _FORCES or t.low in PLACE_HEADS or t.low in BODY_HEADS for t in words[:4]
    ):
        return False
    peoples = any(t.tag in {"NP", "NS"} and t.low.endswith(("ians", "ists")) for t in words[:4])
    titled = peoples or any(t.low in lx.PERSON_NOUNS for t in words[:6])
    return (named and not head[0].text.isupper()) or titled


def _active(reading: Reading, clause: Clause) -> str | None:
    verb = PARTICIPLE.get(clause.verb_low)
    aux = [reading.tokens[a].low for a in clause.aux]
    if verb is None:
        return None
    if len(aux) == 1:
        return {"is": verb.third, "are": verb.third, "was": verb.past, "were": verb.past}.get(aux[0])
    if len(aux) == 2 and reading.tokens[clause.aux[0]].tag == "MD":
        return f"{aux[0]} {verb.base}"
    return None


def purpose(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "... is used to ...", "... is responsible for ...", "... allows ... to ..."."""
    if not askable(reading, clause):
        return
    start = after_adverbs(reading, clause.verb + 1)
    first, second = token_at(reading, start), token_at(reading, start + 1)
    if first is None or second is None:
        return
    low = clause.verb_low
    if (
        clause.passive
        and low == "used"
        and first.low in {"to", "for"}
        and second.tag in {"VB", "VG", "NN", "NS", "DT", "JJ"}
    ):
        span = (start, reading.object(start + 1)[1]) if first.low == "to" else reading.object(start + 1)
        yield from drafted(
            reading, clause, ask(reading, clause, "What", "for"), answer_of(reading, span), "function", 0.92
        )
    elif clause.copular and first.low == "responsible" and second.low == "for":
        stem = ask(reading, clause, "What", "responsible for")
        yield from drafted(
            reading, clause, stem, answer_of(reading, reading.object(start + 2)), "function", 0.92
        )
    elif low in {"helps", "help"} and (first.tag == "VB" or second.tag == "VB"):
        begin = start + (first.tag == "TO")
        stem = ask(reading, clause, "What", "to do")
        yield from drafted(reading, clause, stem, answer_of(reading, reading.object(begin)), "function", 0.86)
    elif low in {"allows", "allow", "enables", "enable", "allowed", "enabled"}:
        yield from _allows(reading, clause, start)


def _allows(reading: Reading, clause: Clause, start: int) -> Iterator[Draft]:
    phrase = noun_phrase(reading.tokens, start, len(reading.tokens))
    if phrase is None or phrase[0] + 2 >= len(reading.tokens) or reading.tokens[phrase[0]].low != "to":
        return
    patient = (start, phrase[0])
    if reading.tokens[phrase[0] + 1].tag == "VB" and reading.stands_alone(patient):
        stem = ask(reading, clause, "What", f"{reading.plain(patient)} to do")
        yield from drafted(
            reading, clause, stem, answer_of(reading, reading.object(phrase[0] + 1)), "function", 0.88
        )


def quality(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Fresno is home to ...", "Oxygen is essential for ..."."""
    start = after_adverbs(reading, clause.verb + 1)
    first, second = token_at(reading, start), token_at(reading, start + 1)
    if clause.passive and clause.verb_low in OF_WHAT:
        start, first, second = clause.verb, reading.tokens[clause.verb], reading.tokens[clause.verb + 1]
    elif not clause.copular:
        return
    if first is None or second is None or not askable(reading, clause):
        return
    if second.low not in OF_WHAT.get(first.low, ()):
        return
    span = noun_object(reading, start + 2)
    if span is not None and reading.stands_alone(span, own=True):
        told = second.low if clause.passive else f"{first.low} {second.low}"
        stem = ask(reading, clause, "What", told)
        yield from drafted(reading, clause, stem, answer_of(reading, span), "description", 0.8)


_HELD = words(
    "born held founded established built signed buried invented discovered fought based headquartered raised "
    "educated formed executed crowned imprisoned"
)
"""What is done in a place with a name."""


def place(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "The thymus is located in ..."."""
    if not askable(reading, clause):
        return
    start = clause.verb + 1
    first = token_at(reading, start)
    located = clause.passive and clause.verb_low in {
        "located",
        "found",
        "situated",
        "housed",
        "stored",
        "positioned",
    }
    held = clause.passive and clause.verb_low in _HELD
    happens = clause.verb_low in {
        "occurs",
        "occur",
        "lies",
        "lie",
        "resides",
        "reside",
        "lives",
        "live",
        "begins",
        "originates",
        "originate",
    }
    if first is None or first.low not in _PLACES or not (located or happens or held):
        return
    span, _ = without_date(reading, reading.object(start))
    if reading.tokens[span[1] - 1].low in {"end", "beginning", "start"}:
        return
    if held and first.low not in {"in", "at", "near"}:
        return
    if held and not any(t.tag == "NP" for t in reading.tokens[span[0] : span[1]]):
        return
    words = reading.words(span)
    if happens and (words < 3 or reading.tokens[start + 1].tag in {"CD", "VG"}):
        return
    yield from drafted(
        reading,
        clause,
        ask(reading, clause, "Where"),
        answer_of(reading, span),
        "place",
        0.83 if located else 0.74,
    )
