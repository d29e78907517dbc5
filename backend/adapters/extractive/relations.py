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
from .gazetteer import BODY_HEADS, PLACE_HEADS
from .lexicon import words
from .reading import Reading
from .verbs import PARTICIPLE

_DULL_VERBS = words(
    """
    be do get go come see seem appear look say mean make take have begin start continue remain become
    tend let help try want keep happen find show know include call consider discuss describe mention
    note illustrate allow enable use believe think know ask feel
    """,
)


STRONG_VERBS = words(
    """
    produce regulate control release secrete store transport protect connect convert carry receive
    supply support prevent stimulate inhibit cause trigger separate surround cover line maintain
    determine detect generate absorb provide represent require synthesize form comprise contain reduce
    increase decrease activate block transmit filter establish create develop discover invent found
    introduce publish reject define measure reflect promote drive attach bind break remove
    """,
)


_PHRASAL = {
    "lead": {"to"},
    "result": {"in", "from"},
    "consist": {"of"},
    "contribute": {"to"},
    "depend": {"on", "upon"},
    "rely": {"on"},
    "refer": {"to"},
    "attach": {"to"},
    "respond": {"to"},
    "belong": {"to"},
    "derive": {"from"},
    "arise": {"from"},
    "originate": {"from", "in"},
    "emerge": {"from"},
    "develop": {"into", "from"},
    "bind": {"to"},
    "serve": {"as"},
    "act": {"as", "on"},
    "function": {"as"},
    "participate": {"in"},
    "aid": {"in"},
    "assist": {"in"},
    "connect": {"to", "with"},
    "differentiate": {"into"},
    "deal": {"with"},
    "focus": {"on"},
    "adhere": {"to"},
    "articulate": {"with"},
    "drain": {"into"},
    "open": {"into"},
    "pass": {"through"},
    "correspond": {"to"},
    "react": {"with"},
    "interact": {"with"},
    "specialize": {"in"},
    "account": {"for"},
    "break": {"into"},
    "divide": {"into"},
    "extend": {"from"},
    "project": {"to"},
    "grow": {"into"},
    "turn": {"into"},
}


_PASSIVE_TAILS = {
    "composed": {"of"},
    "made": {"of"},
    "divided": {"into"},
    "derived": {"from"},
    "based": {"on", "upon"},
    "associated": {"with"},
    "attached": {"to"},
    "connected": {"to"},
    "classified": {"as", "into"},
    "covered": {"by", "with"},
    "filled": {"with"},
    "surrounded": {"by"},
    "lined": {"by", "with"},
    "converted": {"into", "to"},
    "named": {"after", "for"},
    "characterized": {"by"},
    "involved": {"in"},
    "separated": {"by", "from"},
    "grouped": {"into"},
    "known": {"for"},
    "formed": {"from", "by"},
    "organized": {"into"},
    "subdivided": {"into"},
    "arranged": {"in", "into"},
    "linked": {"to"},
    "designed": {"for"},
    "used": {"as", "in"},
    "responsible": {"for"},
    "applied": {"to"},
    "compared": {"to", "with"},
}


_PARTICLES = words(
    """
    down up out off apart away back non-stop together forward
    """,
)


_INTRANSITIVE = words(
    """
    extend work last reach travel remain live die lie rise fall run weigh range rank crest migrate
    emigrate immigrate arrive depart proceed talk speak listen look react behave sleep walk dwell wait
    march
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
        or verb.tag not in {"VZ", "VP", "VD", "VB", "HV"}
        or not askable(reading, clause)
    ):
        return
    base = verb_base(verb)
    if base is None or base in _DULL_VERBS:
        return
    start = clause.verb + 1
    tail = ""
    first = token_at(reading, start)
    if first is not None and first.low in _PHRASAL.get(base, ()):
        tail, start = first.low, start + 1
    elif base in {"give", "play"}:
        return
    span = noun_object(reading, start)
    if span is None or any(t.low in _PARTICLES for t in reading.tokens[span[0] : span[1] + 1]):
        return
    if base in _INTRANSITIVE | _MOVING and not tail:
        return
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
        if preposition is None or preposition.low not in _PASSIVE_TAILS.get(verb.low, ()):
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


def _is_person(reading: Reading, span: Span) -> bool:
    head = reading.tokens[span[0] : span[0] + 3]
    named = (
        bool(head) and head[0].tag == "NP" and (len(head) < 2 or head[1].tag in {"NP", ",", "IN", "CC", "."})
    )
    words = reading.tokens[span[0] : span[1]]
    if any(t.tag == "CD" or t.low in PLACE_HEADS or t.low in BODY_HEADS for t in words[:4]):
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
    if first is None or first.low not in _PLACES or not (located or happens):
        return
    span = reading.object(start)
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
