"""Questions for what a thing is and what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator

from backend.utils.stems import content_stems

from . import lexicon as lx
from .asking import Draft, answer_of, ask, askable, opening, sentence_case
from .clauses import Clause, Span, noun_phrase
from .drafting import NAMING, after_adverbs, clausal, drafted, name_at
from .gazetteer import GIVEN_NAMES, PEOPLE
from .lexicon import words
from .predicates import predicate_end
from .reading import Reading
from .tagging import NOUN, is_plural
from .terms import core_of

_ONE_WORD = 3
"""Past the comma, "or" and one noun: a longer phrase explains rather than names."""
PRAISE = words(
    """
    leading largest biggest smallest most important good common different similar same popular key essential
    useful desirable ideal valuable excellent perfect standard great first last only second-largest
    third-largest
    """
)
_NARROWABLE = words("number function word term sign")
_LEAST_DESCRIBED, _MOST_DESCRIBED = 6, 24
_OWN = frozenset({"it", "they", "them"})
_EMPTY_HEADS = words(
    """
    part example result case one number reason thing matter examples opposite function feature sign term
    name word phrase target targets cause causes stimulus basis testament substitute reminder challenge
    concern problem topic source toehold
    """
)


def definition(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "A synapse is a junction between ..."."""
    if not clause.copular or clause.aux or not askable(reading, clause, longest=9):
        return
    bare = clause.subject[1] - clause.subject[0] <= 2 and reading.tokens[clause.head].low in lx.COMMON_NOUNS
    if bare and reading.tokens[clause.subject[0]].low == "the":
        return
    start = after_adverbs(reading, clause.verb + 1)
    span = _whole(reading, reading.object(start))
    if not reading.stands_alone(span, own=True):
        shorter = predicate_end(reading, clause)
        span = (start, shorter) if shorter is not None and shorter > start else span
    if not complement(reading, clause, span) or not _tells(reading, span):
        return
    stem = ask(reading, clause, question_word(reading, clause, span))
    listed = reading.tokens[clause.head].low in lx.VAGUE_HEADS
    score = 0.74 if listed else 0.9 + (0.06 if restricted(reading, span) else 0.0)
    yield from drafted(
        reading, clause, stem, answer_of(reading, span), "list" if listed else "definition", score
    )


def _whole(reading: Reading, span: Span) -> Span:
    """A complement with the "where ..." that says which one is meant."""
    start, end = span
    follows = reading.tokens[end].low if end < len(reading.tokens) else ""
    return (start, reading.object(end + 1)[1]) if follows in {"where", "when"} else span


def _tells(reading: Reading, span: Span) -> bool:
    """Whether a definition points at nothing; "it" and "they" may mean what it names itself."""
    start, end = span
    first = next((i for i in range(start, end) if reading.tokens[i].low in _OWN), end)
    bound = first == end or (first > start + 1 and any(t.tag in NOUN for t in reading.tokens[start:first]))
    rest = [i for i in range(start, end) if reading.tokens[i].low in _OWN]
    return bound and all(reading.stands_alone(part, own=True) for part in _between(start, end, rest))


def _between(start: int, end: int, cuts: list[int]) -> Iterator[Span]:
    """The parts of a span without some of its words."""
    begin = start
    for cut in [*cuts, end]:
        if cut > begin:
            yield begin, cut
        begin = cut + 1


def described(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """The other way round: "Which term is described: “a junction between two neurons”?"."""
    core = core_of(reading, clause.subject)
    if (
        core is None
        or reading.tokens[core[0]].tag == "NP"
        or any(t.tag != "DT" for t in reading.tokens[clause.subject[0] : core[0]])
        or core[1] != clause.subject[1]
    ):
        return
    for draft in definition(reading, clause):
        term, said = reading.text(core), draft.answer
        telling = _LEAST_DESCRIBED <= len(said.split()) <= _MOST_DESCRIBED and said.split()[0] in {
            "a",
            "an",
            "the",
        }
        if draft.kind == "definition" and telling and not content_stems(term) & content_stems(said):
            stem = f"Which term is described: “{said}”?"
            yield Draft(stem, term, "name", draft.score - 0.08, draft.topic, reading.sentence)


def complement(reading: Reading, clause: Clause, span: Span) -> bool:
    """Whether what follows "is" tells what the subject is, not how it is."""
    start, end = span
    if end - start < 3 or (
        reading.tokens[start].tag == "TO" and reading.tokens[clause.head].low not in lx.VAGUE_HEADS
    ):
        return False
    first = reading.tokens[start]
    kind_of = reading.tokens[start + 1].low in {"kind", "type", "form", "sort"}
    if reading.tokens[start + 1].low == "than" or (kind_of and reading.words(span) < _LEAST_DESCRIBED + 1):
        return False
    if first.tag == "TO":
        return reading.words(span) >= 3
    phrase = noun_phrase(reading.tokens, start, end)
    if phrase is None or first.tag in {"CD", "PS"}:
        return False
    if (
        first.tag != "DT"
        and not (clause.plural and reading.tokens[phrase[1]].tag in {"NS", "NP"})
        and reading.tokens[phrase[1]].tag != "NN"
    ):
        return False
    if first.tag != "DT" and clause.plural and reading.tokens[phrase[1]].tag == "NN":
        return False
    head = reading.tokens[phrase[1]].low
    if head in lx.VAGUE_HEADS and not restricted(reading, span):
        return False
    if first.tag != "DT" and (phrase[0] >= end or reading.tokens[phrase[0]].tag not in {"IN", "WH", "VN"}):
        return False
    opening_words = {t.low for t in reading.tokens[start : start + 4]}
    return (
        not opening_words & PRAISE
        and (head not in _EMPTY_HEADS or _told_more(reading, phrase) or _narrowed(reading, start, phrase))
        and first.low not in {"no", "some", "many", "this", "that", "all"}
        and reading.words(span) >= 4
    )


def _told_more(reading: Reading, phrase: tuple[int, int]) -> bool:
    """Whether a relative clause says what "a case" is: "a case that illustrates ..."."""
    end, head = phrase
    return (
        reading.tokens[head].low == "case" and end < len(reading.tokens) and reading.tokens[end].tag == "WH"
    )


def _narrowed(reading: Reading, start: int, phrase: tuple[int, int]) -> bool:
    """Whether an empty noun has an adjective of its own: "a natural number greater than 1"."""
    end, head = phrase
    described = any(
        t.tag in {"JJ", "NN"} and t.low not in lx.GENERIC_ADJECTIVES for t in reading.tokens[start:head]
    )
    return described and reading.tokens[head].low in _NARROWABLE and reading.tokens[end].low != "of"


def restricted(reading: Reading, span: Span) -> bool:
    """Whether a definition narrows its genus: "a bone that ...", "the study of .."."""
    return any(
        t.low in {"that", "which", "who", "of", "where", "whose", "in", "for", "by", "between", "to"}
        for t in reading.tokens[span[0] : span[1]]
    )


def question_word(reading: Reading, clause: Clause, span: Span) -> str:
    """The word "Who" for a name that is said to be a person."""
    name = reading.tokens[clause.head].tag == "NP" and clause.subject[1] - clause.subject[0] <= 4
    if name and any(t.low == "who" for t in reading.tokens[span[0] : span[0] + 8]):
        return "Who"
    people = lx.PERSON_NOUNS | PEOPLE
    person = any(t.low in people for t in reading.tokens[span[0] : span[0] + 4])
    subject = reading.tokens[clause.subject[0] : clause.subject[1]]
    titled = reading.tokens[clause.head].tag == "NP" and any(
        t.low in people or (t.low in GIVEN_NAMES and t is subject[0]) for t in subject
    )
    return "Who" if (name and person) or titled else "What"


def naming(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "The functional unit of the kidney is called the nephron"."""
    if not clause.passive or clause.verb_low not in NAMING or not askable(reading, clause, longest=22):
        return
    start = after_adverbs(reading, clause.verb + 1)
    while start < len(reading.tokens) and reading.tokens[start].low in {"to", "as"}:
        start += 1
    if clause.verb_low in {"known", "referred"} and start == clause.verb + 1:
        return
    span = name_at(reading, start)
    joined = any(t.low == "and" for t in reading.tokens[slice(*clause.subject)])
    if span is None or joined or reading.words(clause.subject) < 3:
        return
    be = reading.tokens[clause.aux[-1]].low
    verb = be if be in {"is", "are", "was", "were"} else ("are" if clause.plural else "is")
    lead = opening(reading, clause)
    if lead is not None:
        stem = sentence_case(
            f"{lead}{'what' if lead else 'What'} {verb} {reading.plain(clause.subject)} called"
        )
        yield from drafted(reading, clause, stem, answer_of(reading, span, most=6), "name", 0.9)


def called_inside(reading: Reading) -> Iterator[Draft]:
    """Sentences like "... a dense network of capillaries called the glomerulus"."""
    found = called_in(reading)
    if found is not None:
        described, name = found
        answer = answer_of(reading, name, most=5)
        if answer:
            yield Draft(
                sentence_case(f"What is {reading.plain(described)} called"),
                answer,
                "name",
                0.82,
                answer.lower(),
                reading.sentence,
            )


def called_in(reading: Reading) -> tuple[Span, Span] | None:
    """(description, name) around "called" inside a sentence."""
    tokens = reading.tokens
    for i in range(3, len(tokens) - 2):
        if tokens[i].low not in {"called", "termed", "known"} or tokens[i - 1].tag in {"BE", "RB", "HV"}:
            continue
        begin = i + 2 if tokens[i].low == "known" and tokens[i + 1].low == "as" else i + 1
        name = name_at(reading, begin) if tokens[i].low != "known" or begin == i + 2 else None
        described = _described(reading, i - (tokens[i - 1].tag == ","))
        if name is not None and described is not None and not is_plural(tokens[name[1] - 1].low):
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
        content = sum(
            t.tag in {"JJ", "NN", "NS", "NP", "VN"} and t.low not in lx.COMMON_NOUNS
            for t in tokens[start:stop]
        )
        if tokens[phrase[1]].low in lx.COMMON_NOUNS | {"look", "glimpse"}:
            continue
        whole = phrase[0] == stop or tokens[phrase[0]].tag in {"IN", "WH"}
        if whole and content >= 3 and reading.stands_alone((start, stop)) and not clausal(tokens[start:stop]):
            return start, stop
    return None


def abbreviation(reading: Reading) -> Iterator[Draft]:
    """Sentences like "the central nervous system (CNS)"."""
    for match in re.finditer(r"((?:[A-Za-z’-]+ ){1,6}[A-Za-z’-]+) \(([A-Z]{2,6})\)", reading.sentence.text):
        words, letters = match.group(1).split(), match.group(2)
        size = next((n for n in range(2, len(words) + 1) if _initials(words[-n:]) == letters), None)
        if size is not None:
            expansion = " ".join(words[-size:])
            yield Draft(
                f"What does {letters} stand for?",
                expansion,
                "abbreviation",
                0.72,
                letters.lower(),
                reading.sentence,
            )


def _initials(words: list[str]) -> str:
    return "".join(
        part[0].upper() for w in words if w not in {"of", "the", "and"} for part in w.split("-") if part
    )


def synonym(reading: Reading) -> Iterator[Draft]:
    """Sentences like "The fertilized egg, or zygote, ..."."""
    found = other_name(reading)
    if found is not None:
        first, second = found
        stem = sentence_case(f"What is another name for {reading.plain(first)}")
        yield Draft(stem, reading.text(second), "name", 0.62, reading.plain(first).lower(), reading.sentence)


def other_name(reading: Reading) -> tuple[Span, Span] | None:
    """(phrase, other name) of "X, or Y, .."."""
    tokens = reading.tokens
    for start in range(len(tokens) - 6):
        if start > 0 and tokens[start].tag != "DT":
            continue
        phrase = noun_phrase(tokens, start, len(tokens))
        if (
            phrase is None
            or phrase[0] + 3 >= len(tokens)
            or tokens[phrase[0]].tag != ","
            or tokens[phrase[0] + 1].low != "or"
        ):
            continue
        other = noun_phrase(tokens, phrase[0] + 2, len(tokens))
        if other is None or tokens[other[0]].tag != "," or other[0] - phrase[0] != _ONE_WORD:
            continue
        same_number = (tokens[phrase[1]].tag == "NS") == (tokens[other[1]].tag == "NS")
        named = tokens[phrase[1]].low not in lx.COMMON_NOUNS and tokens[other[1]].tag in NOUN
        if (
            same_number
            and named
            and reading.stands_alone((start, phrase[0]))
            and reading.stands_alone((phrase[0] + 2, other[0]))
        ):
            return (start, phrase[0]), (phrase[0] + 2, other[0])
    return None
