"""Open questions from one sentence: each pattern is a function from a reading to drafts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from . import lexicon as lx
from .asking import Draft, answer_of, ask, askable, do_support, inverted, opening, sentence_case
from .clauses import Clause, Span, noun_phrase, parse, starts_clause, subject_at
from .reading import Document, Reading
from .tagging import NOUN, Token
from .verbs import PARTICIPLE

Pattern = Callable[[Reading, Clause], Iterator[Draft]]
NAMING = frozenset("called termed named known referred dubbed labeled labelled".split())
_DULL_VERBS = frozenset(
    "be do get go come see seem appear look say mean make take have begin start continue remain become tend let help try want"
    " keep happen find show know include call consider discuss describe mention note illustrate allow enable use believe think know ask feel".split(),
)
_STRONG_VERBS = frozenset(
    "produce regulate control release secrete store transport protect connect convert carry receive supply support prevent"
    " stimulate inhibit cause trigger separate surround cover line maintain determine detect generate absorb provide represent"
    " require synthesize form comprise contain reduce increase decrease activate block transmit filter establish create develop"
    " discover invent found introduce publish reject define measure reflect promote drive attach bind break remove".split(),
)
_PHRASAL = {
    "lead": {"to"}, "result": {"in", "from"}, "consist": {"of"}, "contribute": {"to"}, "depend": {"on", "upon"},
    "rely": {"on"}, "refer": {"to"}, "attach": {"to"}, "respond": {"to"}, "belong": {"to"}, "derive": {"from"},
    "arise": {"from"}, "originate": {"from", "in"}, "emerge": {"from"}, "develop": {"into", "from"}, "bind": {"to"},
    "serve": {"as"}, "act": {"as", "on"}, "function": {"as"}, "participate": {"in"}, "aid": {"in"}, "assist": {"in"},
    "connect": {"to", "with"}, "differentiate": {"into"}, "deal": {"with"}, "focus": {"on"}, "adhere": {"to"},
    "articulate": {"with"}, "drain": {"into"}, "open": {"into"}, "pass": {"through"}, "correspond": {"to"},
    "react": {"with"}, "interact": {"with"}, "specialize": {"in"}, "account": {"for"}, "break": {"into"},
    "divide": {"into"}, "extend": {"from"}, "project": {"to"}, "belong": {"to"}, "grow": {"into"}, "turn": {"into"},
}  # fmt: skip
_PASSIVE_TAILS = {
    "composed": {"of"}, "made": {"of"}, "divided": {"into"}, "derived": {"from"}, "based": {"on", "upon"},
    "associated": {"with"}, "attached": {"to"}, "connected": {"to"}, "classified": {"as", "into"}, "covered": {"by", "with"},
    "filled": {"with"}, "surrounded": {"by"}, "lined": {"by", "with"}, "converted": {"into", "to"}, "named": {"after", "for"},
    "characterized": {"by"}, "involved": {"in"}, "separated": {"by", "from"}, "grouped": {"into"}, "known": {"for"},
    "formed": {"from", "by"}, "organized": {"into"}, "subdivided": {"into"}, "arranged": {"in", "into"}, "linked": {"to"},
}  # fmt: skip
_PARTICLES = frozenset("down up out off apart away back non-stop together forward".split())
_INTRANSITIVE = frozenset("extend work last reach travel remain live die lie rise fall run weigh range rank crest migrate emigrate immigrate arrive depart proceed talk speak listen look react behave sleep walk dwell wait march".split())
_AUTHORED = frozenset("written composed discovered invented founded painted coined authored published proposed built".split())
_PLACES = frozenset("in within at on between near under behind along beneath below above inside around beside outside over across throughout".split())
_YEAR = re.compile(r"1[0-9]{3}|20[0-4][0-9]")


def drafts(document: Document, reading: Reading) -> list[Draft]:
    """Every open question that the sentence carries, scored for this document."""
    clause = reading.clause
    found = [d for inline in INLINE for d in inline(reading)]
    if clause is not None:
        found += [d for pattern in PATTERNS for d in pattern(reading, clause)]
        found += _reported(reading, clause)
        boost = 0.12 * document.weight(reading, clause.subject) - 0.45 * document.introduced(reading, clause)
        found = [_scored(d, boost) for d in found]
    return [d for d in found if _sound(d)]


def _scored(draft: Draft, boost: float) -> Draft:
    words = len(draft.stem.split())
    long_stem = 0.012 * max(0, words - 14)
    short_answer = 0.05 if len(draft.answer.split()) == 1 and draft.kind in {"object", "definition"} else 0.0
    score = draft.score + boost - long_stem - short_answer
    return Draft(draft.stem, draft.answer, draft.kind, score, draft.topic, draft.sentence)


def _sound(draft: Draft) -> bool:
    stem, answer = draft.stem.lower(), draft.answer.lower()
    words = len(stem.split())
    asked = set(re.findall(r"\w{4,}", stem))
    told = set(re.findall(r"\w{4,}", answer))
    return 3 <= words <= 28 and answer not in stem and not (told and told <= asked) and "(" not in stem and len(answer) > 1


def _draft(reading: Reading, clause: Clause, stem: str | None, answer: str | None, kind: str, score: float) -> Iterator[Draft]:
    if stem and answer:
        yield Draft(stem, answer, kind, score, reading.plain(clause.subject).lower(), reading.sentence)


def _token(reading: Reading, index: int) -> Token | None:
    return reading.tokens[index] if index < len(reading.tokens) else None


def after_adverbs(reading: Reading, index: int) -> int:
    """The first index that holds no adverb."""
    while index < len(reading.tokens) and reading.tokens[index].tag == "RB":
        index += 1
    return index


def definition(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "A synapse is a junction between ..." """
    if not clause.copular or clause.aux or not askable(reading, clause, longest=9):
        return
    start = after_adverbs(reading, clause.verb + 1)
    span = reading.object(start)
    if not complement(reading, clause, span) or not reading.stands_alone(span, own=True):
        return
    stem = ask(reading, clause, question_word(reading, clause, span))
    listed = reading.tokens[clause.head].low in lx.VAGUE_HEADS
    score = 0.84 if listed else 0.9 + (0.06 if restricted(reading, span) else 0.0)
    yield from _draft(reading, clause, stem, answer_of(reading, span), "list" if listed else "definition", score)


def complement(reading: Reading, clause: Clause, span: Span) -> bool:
    """Whether what follows "is" tells what the subject is, not how it is."""
    start, end = span
    if end - start < 3 or (reading.tokens[start].tag == "TO" and reading.tokens[clause.head].low not in lx.VAGUE_HEADS):
        return False
    first = reading.tokens[start]
    if first.tag == "TO":
        return reading.words(span) >= 3
    phrase = noun_phrase(reading.tokens, start, end)
    if phrase is None or first.tag in {"CD", "PS"}:
        return False
    if first.tag != "DT" and not (clause.plural and reading.tokens[phrase[1]].tag in {"NS", "NP"}) and reading.tokens[phrase[1]].tag != "NN":
        return False
    head = reading.tokens[phrase[1]].low
    if head in lx.VAGUE_HEADS and not restricted(reading, span):
        return False
    if first.tag != "DT" and (phrase[0] >= end or reading.tokens[phrase[0]].tag not in {"IN", "WH", "VN"}):
        return False
    opening_words = {t.low for t in reading.tokens[start : start + 4]}
    if opening_words & {"important", "good", "common", "different", "similar", "same", "popular", "key", "essential", "useful"}:
        return False
    vague = head in {"part", "example", "result", "case", "one", "number", "way", "reason", "thing", "matter", "example", "examples", "opposite"}
    return not vague and first.low not in {"no", "some", "many", "this", "that", "all"} and reading.words(span) >= 4


def restricted(reading: Reading, span: Span) -> bool:
    """Whether a definition narrows its genus: "a bone that ...", "the study of ..."."""
    return any(t.low in {"that", "which", "who", "of", "where", "whose", "in", "for", "by", "between"} for t in reading.tokens[span[0] : span[1]])


def question_word(reading: Reading, clause: Clause, span: Span) -> str:
    """ "Who" for a name that is said to be a person."""
    name = reading.tokens[clause.head].tag == "NP" and clause.subject[1] - clause.subject[0] <= 4
    if name and any(t.low == "who" for t in reading.tokens[span[0] : span[0] + 8]):
        return "Who"
    person = any(t.low in lx.PERSON_NOUNS for t in reading.tokens[span[0] : span[0] + 8])
    return "Who" if name and person else "What"


def naming(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "The functional unit of the kidney is called the nephron." """
    if not clause.passive or clause.verb_low not in NAMING or not askable(reading, clause, longest=16):
        return
    start = after_adverbs(reading, clause.verb + 1)
    while start < len(reading.tokens) and reading.tokens[start].low in {"to", "as"}:
        start += 1
    if clause.verb_low in {"known", "referred"} and start == clause.verb + 1:
        return
    span = name_at(reading, start)
    if span is None or reading.words(clause.subject) < 3:
        return
    be = reading.tokens[clause.aux[-1]].low
    verb = be if be in {"is", "are", "was", "were"} else ("are" if clause.plural else "is")
    lead = opening(reading, clause)
    if lead is not None:
        stem = sentence_case(f"{lead}{'what' if lead else 'What'} {verb} {reading.plain(clause.subject)} called")
        yield from _draft(reading, clause, stem, answer_of(reading, span, most=6), "name", 0.9)


def name_at(reading: Reading, start: int) -> Span | None:
    """A noun phrase of at most five words that ends its part of the sentence."""
    phrase = noun_phrase(reading.tokens, start, len(reading.tokens))
    if phrase is None or phrase[0] - start > 6:
        return None
    follows = _token(reading, phrase[0])
    if follows is not None and follows.tag in {"IN", "WH"} and follows.low in {"of", "that"}:
        return None
    return start, phrase[0]


def cause(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "... because ...", "... due to ...", "... so that ...", "... in order to ..." """
    found = _reason(reading, clause)
    if found is None or not askable(reading, clause):
        return
    start, answer = found
    tail = (clause.verb + 1, start)
    while tail[1] > tail[0] and reading.tokens[tail[1] - 1].tag in {",", "RB"}:
        tail = (tail[0], tail[1] - 1)
    if (not clause.copular and clause.verb_low not in NAMING) or tail[0] < tail[1]:
        unclear = not reading.stands_alone(tail, own=True) if tail[0] < tail[1] else False
        if unclear or reading.words(tail) > 18 or any(t.text in "—–:;" for t in reading.tokens[tail[0] : tail[1]]) or _second_verb(reading, tail):
            return
        yield from _draft(reading, clause, ask(reading, clause, "Why", reading.plain(tail)), answer, "cause", 0.97)


def _reason(reading: Reading, clause: Clause) -> tuple[int, str] | None:
    """Where the reason begins and its words."""
    end = len(reading.tokens) - 1
    for i in range(clause.verb + 1, end - 2):
        low, following = reading.tokens[i].low, reading.tokens[i + 1].low
        direct = i == clause.verb + 1 and clause.copular
        if low == "because" or (low == "so" and following == "that") or (low == "in" and following == "order") or (
            low == "due" and following == "to"
        ):
            if low == "due" or following == "of":
                end = reading.object(i + 2)[1]
            answer = answer_of(reading, (i, end), most=45) if low != "so" else reading.text((i, end))
            return None if direct or answer is None else (i, answer)
        if reading.tokens[i].tag in {";", ":", "WH", "SB"} or (low == "but"):
            return None
    return None


def cause_in_front(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "Because ..., the heart ..." """
    start, end = clause.lead
    if start >= end or reading.tokens[start].low != "because" or not askable(reading, clause):
        return
    tail = reading.object(clause.verb + 1)
    middle = inverted(reading, clause)
    if middle and (tail[0] == tail[1] or reading.stands_alone(tail, own=True)):
        stem = sentence_case(f"Why {middle} {reading.plain(tail)}")
        yield from _draft(reading, clause, stem, reading.text(clause.lead), "cause", 0.95)


def condition(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "When the diaphragm contracts, the thorax expands." """
    start, end = clause.lead
    if end - start < 3 or reading.tokens[start].low not in {"when", "if", "once", "after", "during", "without", "as"}:
        return
    word = reading.tokens[start].low
    inner = (start + 1, end)
    has_clause = starts_clause(reading.tokens, start + 1, end)
    if reading.tokens[start + 1].tag == "VG":
        return
    if (word in {"during", "without", "after"}) == has_clause and word != "after":
        return
    if clause.negated or not reading.stands_alone(inner, own=True) or reading.words(inner) > 16 or reading.words(inner) < 2:
        return
    stop = reading.object(clause.rest[0])[1]
    answer = answer_of_clause(reading, (clause.subject[0], max(stop, clause.verb + 1)))
    past = is_past(clause)
    stem = sentence_case(f"What {'happened' if past else 'happens'} {word} {reading.plain(inner)}")
    yield from _draft(reading, clause, stem, answer, "process", (0.86 if word != "as" else 0.8) - (0.16 if past else 0.0))


def is_past(clause: Clause) -> bool:
    """Whether the clause tells what was or would be rather than what is."""
    first = clause.tokens[clause.aux[0] if clause.aux else clause.verb]
    return first.tag == "VD" or first.low in {"was", "were", "had", "did", "would"}


def answer_of_clause(reading: Reading, span: Span) -> str | None:
    """A whole clause as the answer; its subject may be a pronoun that the stem binds."""
    first = reading.tokens[span[0]]
    if first.low in {"this", "these", "that", "those", "we", "you", "i", "one", "he", "she"} or reading.words(span) < 4:
        return None
    return reading.text(span).strip(" ,;:")


def moment(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "Water evaporates when ..." """
    if not askable(reading, clause) or clause.copular:
        return
    end = len(reading.tokens) - 1
    for i in range(clause.verb + 1, end - 2):
        if reading.tokens[i].low == "when" and reading.tokens[i].tag == "SB" and starts_clause(reading.tokens, i + 1, end):
            tail = (clause.verb + 1, i)
            if tail[0] < tail[1] and (not reading.stands_alone(tail, own=True) or _has_clause(reading, tail)):
                return
            stem = ask(reading, clause, "When", reading.plain(tail))
            answer = answer_of(reading, (i, reading.object(i + 1)[1]))
            yield from _draft(reading, clause, stem, answer, "process", 0.8)
            return


def _second_verb(reading: Reading, span: Span) -> bool:
    """Whether another finite verb is joined to the first: "rise to power and established"."""
    words = reading.tokens[span[0] : span[1]]
    return any(t.tag == "CC" for t in words) and any(t.tag in {"VD", "VZ"} for t in words)


def _has_clause(reading: Reading, span: Span) -> bool:
    return _second_verb(reading, span) or any(t.tag in {"WH", "SB", ":", ";", ","} for t in reading.tokens[span[0] : span[1]])


def manner(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "The body cools itself by sweating." """
    if not askable(reading, clause) or clause.copular:
        return
    for i in range(clause.verb + 1, len(reading.tokens) - 2):
        if reading.tokens[i].low == "by" and reading.tokens[i + 1].tag == "VG":
            tail = (clause.verb + 1, i)
            if _has_clause(reading, tail) or (tail[0] < tail[1] and not reading.stands_alone(tail, own=True)):
                return
            span = (i, reading.object(i + 1)[1])
            if any(t.tag == "CC" for t in reading.tokens[tail[0] : tail[1]]) and reading.words(tail) > 8:
                return
            yield from _draft(reading, clause, ask(reading, clause, "How", reading.plain(tail)), answer_of(reading, span), "process", 0.93)
            return


def contrast(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "Arteries carry ..., whereas veins carry ..." """
    if not askable(reading, clause, longest=6) or any(t.tag == "CD" for t in reading.tokens[clause.subject[0] : clause.subject[1]]):
        return
    end = len(reading.tokens) - 1
    for i in range(clause.verb + 2, end - 2):
        if reading.tokens[i].low in {"whereas", "while"} and reading.tokens[i - 1].tag == ",":
            other = parse(reading.tokens, i + 1)
            if other is not None and not progressive(other):
                yield from _difference(reading, clause, other)
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


def _difference(reading: Reading, clause: Clause, other: Clause | None) -> Iterator[Draft]:
    if other is not None and other.lead[0] == other.lead[1]:
        yield from _different(reading, clause, other.subject)


def _different(reading: Reading, clause: Clause, other: Span) -> Iterator[Draft]:
    if other[0] >= other[1] or reading.words(other) > 6 or not reading.stands_alone(other):
        return
    first, second = reading.plain(clause.subject), reading.plain(other)
    kinds = {reading.tokens[clause.head].tag, reading.tokens[other[1] - 1].tag}
    if kinds == {"NP", "NS"} or reading.words((clause.subject[0], len(reading.tokens))) > 45:
        return
    if first.lower() == second.lower() or clause.tokens[clause.head].low in lx.VAGUE_HEADS:
        return
    stem = sentence_case(f"How {'do' if clause.plural else 'does'} {first} differ from {second}")
    yield from _draft(reading, clause, stem, _whole(reading, clause), "comparison", 0.92)


def _whole(reading: Reading, clause: Clause) -> str:
    """The sentence without "However," in front and the full stop."""
    start = clause.lead[0] if clause.lead[0] < clause.lead[1] else clause.subject[0]
    return reading.sentence.text[reading.tokens[start].start :].rstrip(".”")


def object_question(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "The liver produces bile." """
    verb = reading.tokens[clause.verb]
    if clause.passive or progressive(clause) or verb.tag not in {"VZ", "VP", "VD", "VB", "HV"} or not askable(reading, clause):
        return
    base = verb_base(verb)
    if base is None or base in _DULL_VERBS:
        return
    start = clause.verb + 1
    tail = ""
    first = _token(reading, start)
    if first is not None and first.low in _PHRASAL.get(base, ()):
        tail, start = first.low, start + 1
    elif base in {"give", "play"}:
        return
    span = noun_object(reading, start)
    if span is None or any(t.low in _PARTICLES for t in reading.tokens[span[0] : span[1] + 1]):
        return
    if base in _INTRANSITIVE and not tail:
        return
    bare = clause.subject[1] - clause.subject[0] <= 2 and reading.tokens[clause.head].low in lx.COMMON_NOUNS
    score = 0.7 - (0.2 if bare else 0.0) + (0.1 if base in _STRONG_VERBS or tail else 0.0) + (0.06 if _is_list(reading, span) else 0.0)
    yield from _draft(reading, clause, ask(reading, clause, "What", tail), answer_of(reading, span), "object", score)


def progressive(clause: Clause) -> bool:
    """ "is driving": a story or an example rather than a fact."""
    return clause.tokens[clause.verb].tag == "VG" or any(clause.tokens[a].low == "would" for a in clause.aux)


def verb_base(token: Token) -> str | None:
    """Base form of a verb as tagged."""
    middle = {"VB": token.low, "VP": token.low}.get(token.tag)
    if middle:
        return middle
    support = do_support(token.low, token.tag)
    return support[1] if support else None


def noun_object(reading: Reading, start: int) -> Span | None:
    """The object from ``start`` where it is a noun phrase that says something."""
    first = _token(reading, start)
    if first is None or first.tag not in {"DT", "JJ", "NN", "NS", "NP", "VN", "VG", "PS", "PO", "“"}:
        return None
    span = reading.object(start)
    phrase = noun_phrase(reading.tokens, start, span[1])
    if phrase is None or (reading.tokens[phrase[1]].low in lx.VAGUE_HEADS and reading.words(span) < 4):
        return None
    return span


def _is_list(reading: Reading, span: Span) -> bool:
    return sum(t.tag in {",", "CC"} for t in reading.tokens[span[0] : span[1]]) >= 2


def composition(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "The wall is composed of ...", "The tract includes ..." """
    if not askable(reading, clause):
        return
    verb = reading.tokens[clause.verb]
    start = after_adverbs(reading, clause.verb + 1)
    if clause.passive:
        if verb.low == "made" and (t := _token(reading, start)) and t.low == "up":
            start += 1
        preposition = _token(reading, start)
        if preposition is None or preposition.low not in _PASSIVE_TAILS.get(verb.low, ()):
            return
        middle = "up of" if reading.tokens[start - 1].low == "up" else preposition.low
        span = noun_object(reading, start + 1)
        listed = span is not None and _is_list(reading, span)
    else:
        if verb.low not in {"includes", "include", "included"} or clause.aux:
            return
        middle, span = "", noun_object(reading, start)
        listed = span is not None and _is_list(reading, span)
        if not listed:
            return
    if span is not None:
        yield from _draft(reading, clause, ask(reading, clause, "What", middle), answer_of(reading, span, most=40), "parts", 0.9 if listed else 0.78)


def agent(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "Bile is produced by the liver." """
    found = agent_of(reading, clause)
    if found is None:
        return
    span, stem = found
    yield from _draft(reading, clause, stem, answer_of(reading, span), "agent", 0.84)


def agent_of(reading: Reading, clause: Clause) -> tuple[Span, str] | None:
    """The agent of a passive and the question for it."""
    if not clause.passive or not askable(reading, clause) or clause.verb_low in NAMING or clause.verb_low in {"followed", "accompanied", "characterized", "based"}:
        return None
    by = next((i for i in range(clause.verb + 1, min(clause.verb + 8, len(reading.tokens) - 1)) if reading.tokens[i].low == "by"), None)
    if by is None or reading.tokens[by + 1].tag in {"VG", "PR"}:
        return None
    span = noun_object(reading, by + 1)
    active = _active(reading, clause)
    middle = (clause.verb + 1, by)
    lead = opening(reading, clause)
    if span is None or active is None or lead is None or _has_clause(reading, middle):
        return None
    joined = any(t.tag in {"CC", "VN"} for t in reading.tokens[middle[0] : middle[1]]) or reading.tokens[by - 1].tag == "IN"
    if middle[0] < middle[1] and (joined or not reading.stands_alone(middle)):
        return None
    word = "who" if _is_person(reading, span) or clause.verb_low in _AUTHORED else "what"
    return span, sentence_case(f"{lead}{word} {active} {reading.plain(clause.subject)} {reading.plain(middle)}")


def _is_person(reading: Reading, span: Span) -> bool:
    head = reading.tokens[span[0] : span[0] + 3]
    named = bool(head) and head[0].tag == "NP" and (len(head) < 2 or head[1].tag in {"NP", ",", "IN", "CC", "."})
    titled = any(t.low in lx.PERSON_NOUNS for t in reading.tokens[span[0] : span[1]][:6])
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
    """ "... is used to ...", "... is responsible for ...", "... allows ... to ...", "... helps to ..." """
    if not askable(reading, clause):
        return
    start = after_adverbs(reading, clause.verb + 1)
    first, second = _token(reading, start), _token(reading, start + 1)
    if first is None or second is None:
        return
    low = clause.verb_low
    if clause.passive and low == "used" and first.low in {"to", "for"} and second.tag in {"VB", "VG", "NN", "NS", "DT", "JJ"}:
        span = (start, reading.object(start + 1)[1]) if first.low == "to" else reading.object(start + 1)
        yield from _draft(reading, clause, ask(reading, clause, "What", "for"), answer_of(reading, span), "function", 0.92)
    elif clause.copular and first.low == "responsible" and second.low == "for":
        stem = ask(reading, clause, "What", "responsible for")
        yield from _draft(reading, clause, stem, answer_of(reading, reading.object(start + 2)), "function", 0.92)
    elif low in {"helps", "help"} and (first.tag == "VB" or second.tag == "VB"):
        begin = start + (first.tag == "TO")
        stem = ask(reading, clause, "What", "to do")
        yield from _draft(reading, clause, stem, answer_of(reading, reading.object(begin)), "function", 0.86)
    elif low in {"allows", "allow", "enables", "enable", "allowed", "enabled"}:
        yield from _allows(reading, clause, start)


def _allows(reading: Reading, clause: Clause, start: int) -> Iterator[Draft]:
    phrase = noun_phrase(reading.tokens, start, len(reading.tokens))
    if phrase is None or phrase[0] + 2 >= len(reading.tokens) or reading.tokens[phrase[0]].low != "to":
        return
    patient = (start, phrase[0])
    if reading.tokens[phrase[0] + 1].tag == "VB" and reading.stands_alone(patient):
        stem = ask(reading, clause, "What", f"{reading.plain(patient)} to do")
        yield from _draft(reading, clause, stem, answer_of(reading, reading.object(phrase[0] + 1)), "function", 0.88)


def place(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "The thymus is located in ..." """
    if not askable(reading, clause):
        return
    start = clause.verb + 1
    first = _token(reading, start)
    located = clause.passive and clause.verb_low in {"located", "found", "situated", "housed", "stored", "positioned"}
    happens = clause.verb_low in {"occurs", "occur", "lies", "lie", "resides", "reside", "lives", "live", "begins", "originates", "originate"}
    if first is None or first.low not in _PLACES or not (located or happens):
        return
    span = reading.object(start)
    words = reading.words(span)
    if happens and (words < 3 or reading.tokens[start + 1].tag in {"CD", "VG"}):
        return
    yield from _draft(reading, clause, ask(reading, clause, "Where"), answer_of(reading, span), "place", 0.83 if located else 0.74)


def date(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "In 1777, ...", "... in 1777" with a past verb."""
    past = reading.tokens[clause.aux[0] if clause.aux else clause.verb]
    if not (past.tag == "VD" or past.low in {"was", "were"}) or not askable(reading, clause):
        return
    year = _year(reading)
    if year is None:
        return
    start, end = clause.lead
    in_front = start <= year < end
    if in_front and end - start > 2:
        return
    tail = reading.object(clause.verb + 1) if in_front else (clause.verb + 1, year - 1)
    if (tail[0] < tail[1] and not reading.stands_alone(tail, own=True)) or _has_clause(reading, tail):
        return
    if year < clause.verb and not in_front:
        return
    middle = inverted(reading, clause)
    if middle and (tail[1] > tail[0] or clause.passive):
        stem = sentence_case(f"In what year {middle} {reading.plain(tail)}")
        yield from _draft(reading, clause, stem, reading.tokens[year].text, "date", 0.8)


def _year(reading: Reading) -> int | None:
    """Index of the only year, where "in" stands before it."""
    years = [i for i, t in enumerate(reading.tokens) if _YEAR.fullmatch(t.text)]
    if len(years) != 1 or years[0] == 0 or reading.tokens[years[0] - 1].low != "in":
        return None
    follows = _token(reading, years[0] + 1)
    return years[0] if follows is None or follows.tag not in {"NN", "NS", "–", "-", "NP", "CC"} else None


def count(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "The heart has four chambers." """
    start = after_adverbs(reading, clause.verb + 1)
    verb = reading.tokens[clause.verb]
    if reading.tokens[start].low == "of" and verb.low.startswith("consist"):
        start += 1
    elif verb.low not in {"has", "have", "had", "contains", "contain", "includes", "include", "produces", "comprises", "comprise"}:
        return
    number = _token(reading, start)
    if number is None or number.tag != "CD" or number.low == "one" or not askable(reading, clause):
        return
    phrase = noun_phrase(reading.tokens, start, len(reading.tokens))
    follows = _token(reading, phrase[0]) if phrase else None
    if phrase is None or reading.tokens[phrase[1]].tag != "NS" or follows is None or reading.tokens[start + 1].tag in {"CC", "TO", "CD"}:
        return
    middle = inverted(reading, clause)
    lead = opening(reading, clause)
    if middle and lead is not None:
        ending = " of" if verb.low.startswith("consist") else ""
        stem = sentence_case(f"{lead}How many {reading.plain((start + 1, phrase[0]))} {middle}{ending}")
        stem = stem.replace(", How many", ", how many")
        yield from _draft(reading, clause, stem, number.text, "number", 0.78)


def numbered_list(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """ "The wall has three layers: ..." """
    colon = next((i for i, t in enumerate(reading.tokens) if t.tag in {":", "—"}), None)
    start = after_adverbs(reading, clause.verb + 1)
    if colon is None or colon < start + 2 or not askable(reading, clause) or clause.verb_low not in {"has", "have", "had"}:
        return
    phrase = noun_phrase(reading.tokens, start, colon)
    listed = (colon + 1, len(reading.tokens) - 1)
    if phrase is None or phrase[0] != colon or reading.tokens[start].tag != "CD" or not _is_list(reading, listed):
        return
    stem = sentence_case(f"What are the {reading.plain((start, colon))} of {reading.plain(clause.subject)}")
    yield from _draft(reading, clause, stem, answer_of(reading, listed, most=40), "list", 0.97)


PATTERNS: tuple[Pattern, ...] = (
    definition, naming, cause, cause_in_front, condition, moment, manner, contrast, object_question, composition,
    agent, purpose, place, date, count, numbered_list,
)  # fmt: skip
_INSIDE_REPORT: tuple[Pattern, ...] = (definition, cause, object_question, composition, purpose, manner)


def _reported(reading: Reading, clause: Clause) -> list[Draft]:
    """ "Kant argues that space is ..." asked as "According to Kant, ...?" """
    head = reading.tokens[clause.head]
    start = clause.verb + 1
    that = _token(reading, start)
    if clause.verb_low not in lx.SAYING or head.tag != "NP" or that is None or that.low != "that" or clause.aux or clause.negated:
        return []
    inner = parse(reading.tokens, start + 1)
    if inner is None or reading.words(clause.subject) > 4 or inner.lead[0] < inner.lead[1]:
        return []
    who = reading.plain(clause.subject)
    found = [d for pattern in _INSIDE_REPORT for d in pattern(reading, inner)]
    return [Draft(f"According to {who}, {d.stem[0].lower()}{d.stem[1:]}", d.answer, d.kind, d.score, f"{who.lower()} {d.topic}", d.sentence) for d in found]


def existence(reading: Reading) -> Iterator[Draft]:
    """ "There are three types of muscle: ..." """
    tokens = reading.tokens
    if len(tokens) < 8 or tokens[0].tag != "EX" or tokens[1].low != "are" or tokens[2].tag != "CD":
        return
    colon = next((i for i, t in enumerate(tokens) if t.tag in {":", "—"}), None)
    if colon is None or colon < 5 or not reading.stands_alone((3, colon)) or _has_clause(reading, (3, colon)):
        return
    listed = (colon + 1, len(tokens) - 1)
    answer = answer_of(reading, listed, most=40)
    if answer and _is_list(reading, listed) and "of" in {t.low for t in tokens[3:colon]}:
        topic = reading.plain((3, colon)).lower()
        yield Draft(sentence_case(f"What are the {reading.plain((2, colon))}"), answer, "list", 1.0, topic, reading.sentence)


def called_inside(reading: Reading) -> Iterator[Draft]:
    """ "... a dense network of capillaries called the glomerulus." """
    found = called_in(reading)
    if found is not None:
        described, name = found
        answer = answer_of(reading, name, most=5)
        if answer:
            yield Draft(sentence_case(f"What is {reading.plain(described)} called"), answer, "name", 0.82, answer.lower(), reading.sentence)


def called_in(reading: Reading) -> tuple[Span, Span] | None:
    """(description, name) around "called" inside a sentence."""
    tokens = reading.tokens
    for i in range(3, len(tokens) - 2):
        if tokens[i].low not in {"called", "termed", "known"} or tokens[i - 1].tag in {"BE", "RB", "HV"}:
            continue
        begin = i + 2 if tokens[i].low == "known" and tokens[i + 1].low == "as" else i + 1
        name = name_at(reading, begin) if tokens[i].low != "known" or begin == i + 2 else None
        described = _described(reading, i - (tokens[i - 1].tag == ","))
        if name is not None and described is not None:
            return described, name
    return None


def _described(reading: Reading, stop: int) -> Span | None:
    """The singular noun phrase with "of ..." that ends at ``stop``, if it says enough."""
    tokens = reading.tokens
    for start in range(max(0, stop - 14), stop - 2):
        if tokens[start].low not in {"a", "an"}:
            continue
        phrase = noun_phrase(tokens, start, stop)
        if phrase is None or tokens[phrase[1]].tag == "NS":
            continue
        content = sum(t.tag in {"JJ", "NN", "NS", "NP", "VN"} and t.low not in lx.COMMON_NOUNS for t in tokens[start:stop])
        whole = phrase[0] == stop or tokens[phrase[0]].tag in {"IN", "WH"}
        if whole and content >= 3 and reading.stands_alone((start, stop)) and not _clausal(tokens[start:stop]):
            return start, stop
    return None


def _clausal(words: tuple[Token, ...]) -> bool:
    relative = any(t.tag == "WH" for t in words)
    return any(t.tag in {",", "SB"} or (not relative and t.tag in {"VZ", "VP", "VD", "BE", "HV", "MD"}) for t in words)


def abbreviation(reading: Reading) -> Iterator[Draft]:
    """ "the central nervous system (CNS)" """
    for match in re.finditer(r"((?:[A-Za-z’-]+ ){1,6}[A-Za-z’-]+) \(([A-Z]{2,6})\)", reading.sentence.text):
        words, letters = match.group(1).split(), match.group(2)
        size = next((n for n in range(2, len(words) + 1) if _initials(words[-n:]) == letters), None)
        if size is not None:
            expansion = " ".join(words[-size:])
            yield Draft(f"What does {letters} stand for?", expansion, "abbreviation", 0.72, letters.lower(), reading.sentence)


def _initials(words: list[str]) -> str:
    return "".join(part[0].upper() for w in words if w not in {"of", "the", "and"} for part in w.split("-") if part)


def synonym(reading: Reading) -> Iterator[Draft]:
    """ "The fertilized egg, or zygote, ..." """
    found = other_name(reading)
    if found is not None:
        first, second = found
        stem = sentence_case(f"What is another name for {reading.plain(first)}")
        yield Draft(stem, reading.text(second), "name", 0.83, reading.plain(first).lower(), reading.sentence)


def other_name(reading: Reading) -> tuple[Span, Span] | None:
    """(phrase, other name) of "X, or Y, ..."."""
    tokens = reading.tokens
    for start in range(len(tokens) - 6):
        if start > 0 and tokens[start].tag != "DT":
            continue
        phrase = noun_phrase(tokens, start, len(tokens))
        if phrase is None or phrase[0] + 3 >= len(tokens) or tokens[phrase[0]].tag != "," or tokens[phrase[0] + 1].low != "or":
            continue
        other = noun_phrase(tokens, phrase[0] + 2, len(tokens))
        if other is None or tokens[other[0]].tag != "," or other[0] - phrase[0] > 6:
            continue
        same_number = (tokens[phrase[1]].tag == "NS") == (tokens[other[1]].tag == "NS")
        named = tokens[phrase[1]].low not in lx.COMMON_NOUNS and tokens[other[1]].tag in NOUN
        if same_number and named and reading.stands_alone((start, phrase[0])) and reading.stands_alone((phrase[0] + 2, other[0])):
            return (start, phrase[0]), (phrase[0] + 2, other[0])
    return None


INLINE: tuple[Callable[[Reading], Iterator[Draft]], ...] = (existence, called_inside, abbreviation, synonym)
