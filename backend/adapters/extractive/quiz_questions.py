"""Multiple-choice stems from one sentence: what is asked, the key, and what kind of options it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from backend.utils.stems import content_stems

from . import lexicon as lx
from .appositions import apposition
from .asking import OF_PLACE, Draft, askable, opening, points_elsewhere, sentence_case, sound_case
from .blanks import Blank, blanks, loose_blanks
from .clauses import Clause, Span, noun_phrase
from .definitions import called_inside, definition, naming, synonym
from .drafting import Pattern, after_adverbs, progressive
from .endings import ending
from .glossary import NAMES, bare, echoes, tells_apart
from .open_questions import drafts_in
from .quantities import count, date
from .quiz_open import asked_openly
from .quiz_predicates import HEDGES, predicate_of
from .reading import Document, Reading
from .reasons import cause, condition, manner, moment
from .relations import agent_of, composition, object_question, purpose
from .terms import Vocabulary, core_of, display

_LONGEST = 48
_ILLUSTRATES = re.compile(r"\bfor (?:example|instance)\b", re.IGNORECASE)
_PLACED = 3
_BEGINNING = 6
"""Letters by which two words show that they are of one root."""
_OBJECT = 0.12
"""What a term that something is done to is worth less than one that does something."""


DESCRIBED = {False: "definition of one", True: "definition of several"}
PERSON = "definition of a person"
"""The pools of descriptions."""
_DESCRIBING = (4, 20)
"""Words of a description."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A multiple-choice item without its wrong options."""

    draft: Draft
    form: str
    """What the options are: term, number, phrase; "listed" where they are known."""
    term: str = ""
    """The key as the vocabulary lists it (form "term")."""
    pool: str = ""
    """Options of form "phrase" come from gaps of one pool: the same pattern and the same shape of phrase."""


def gaps(document: Document, vocabulary: Vocabulary, index: int) -> list[Gap]:
    """Every multiple-choice stem that the sentence of that index carries."""
    reading = document.readings[index]
    clause = reading.clause
    found = [*_names_inside(reading)]
    if clause is not None:
        found += [
            *_subject(reading, clause),
            *_object(reading, clause),
            *_agent(reading, clause),
            *_named(reading, clause),
        ]
        found += [*_number(reading, clause), *_answered(reading, clause)]
        found += _ended(vocabulary, reading, clause)
    found += _described(reading, clause)
    if clause is not None:
        boost = document.standing(reading, clause)
        found = [_scored(g, boost) for g in found]
    found = [
        g for g in found if g.draft.kind != "description" or document.defines(g.draft.topic, g.draft.answer)
    ]
    found += [
        Gap(draft, "term" if term else "number", term)
        for draft, term in asked_openly(vocabulary, drafts_in(document, reading))
    ]
    found += [_to_complete(b) for b in blanks(document, vocabulary, reading)]
    found += [_to_complete(b) for b in loose_blanks(document, vocabulary, index)]
    found = [
        g
        for g in found
        if not points_elsewhere(g.draft.answer)
        and not _ILLUSTRATES.search(g.draft.stem)
        and g.draft.stem.count("“") == g.draft.stem.count("”")
        and sound_case(g.draft)
    ]
    return [g for g in found if (3 if g.form == "phrase" else 5) <= len(g.draft.stem.split()) <= _LONGEST]


def _to_complete(blank: Blank) -> Gap:
    form = "term" if blank.term else "number"
    return Gap(blank.to_complete, form, blank.term)


def _scored(gap: Gap, boost: float) -> Gap:
    d = gap.draft
    score = d.score + boost - 0.012 * max(0, len(d.stem.split()) - 18)
    return Gap(Draft(d.stem, d.answer, d.kind, score, d.topic, d.sentence), gap.form, gap.term, gap.pool)


def _ended(vocabulary: Vocabulary, reading: Reading, clause: Clause) -> Iterator[Gap]:
    made = ending(vocabulary, reading, clause)
    if made is not None:
        yield Gap(made[0], "phrase", pool=made[1])


def _term_gap(reading: Reading, core: Span, stem: str, kind: str, score: float) -> Iterator[Gap]:
    """A gap whose key is a term, unless the stem gives it away."""
    text = reading.text(core)
    low = display(reading, core).lower()
    if low in stem.lower() or _begins_alike(low, stem) or echoes(low, stem):
        return
    yield Gap(Draft(stem, text, kind, score, low, reading.sentence), "term", low)


def _begins_alike(low: str, stem: str) -> bool:
    """Whether a long word of the key and one of the stem begin alike: "pluralism" and "plurality"."""
    begun = {w[:_BEGINNING] for w in low.split() if len(w) > _BEGINNING}
    return any(w[:_BEGINNING] in begun for w in stem.lower().split())


def _subject(reading: Reading, clause: Clause) -> Iterator[Gap]:
    """Stems like "Which of the following produces bile?"."""
    core = core_of(reading, clause.subject)
    if (
        core is None
        or progressive(clause)
        or not askable(reading, clause, longest=5)
        or reading.tokens[core[1] - 1].low in lx.COMMON_NOUNS
    ):
        return
    begin = clause.aux[0] if clause.aux else clause.verb
    predicate = None if clause.verb_low in HEDGES else predicate_of(reading, clause, begin)
    lead = opening(reading, clause)
    if predicate is None or lead is None or ", which" in reading.text(predicate):
        return
    who = "who" if _acts_as_person(reading, clause, core) else "which of the following"
    stem = sentence_case(f"{lead}{who} {_without_fillers(reading, predicate)}")
    defining = clause.copular and not clause.aux
    yield from _term_gap(
        reading,
        core,
        stem,
        "definition" if defining else "subject",
        _worth(reading, clause, defining=defining),
    )


def _worth(reading: Reading, clause: Clause, *, defining: bool) -> float:
    """What a thing is tells more than how it is ("are transitory") or what it does."""
    if not defining:
        return 0.82
    first = reading.tokens[after_adverbs(reading, clause.verb + 1)]
    return 0.9 if first.tag in {"DT", "NN", "NS"} or first.low == "responsible" else 0.76


def _acts_as_person(reading: Reading, clause: Clause, core: Span) -> bool:
    named = (
        all(t.tag == "NP" and not t.text.isupper() for t in reading.tokens[core[0] : core[1]])
        and core[0] == clause.subject[0]
    )
    return named and (
        clause.verb_low in lx.DEEDS
        or any(t.low in lx.PERSON_NOUNS for t in reading.tokens[clause.verb : clause.verb + 7])
    )


def _without_fillers(reading: Reading, span: Span) -> str:
    text = reading.plain(span)
    return re.sub(
        r"\b(?:also|therefore|thus|however|then|still|indeed|furthermore|typically|usually|generally) ",
        "",
        text,
    )


def _object(reading: Reading, clause: Clause) -> Iterator[Gap]:
    """Stems like "What does the liver produce?"."""
    for draft in object_question(reading, clause):
        core = _whole_term(reading, draft.answer, clause.verb + 1)
        if core is not None and len(draft.stem.split()) >= 6:
            yield from _term_gap(reading, core, draft.stem, "object", draft.score - _OBJECT)


def _whole_term(reading: Reading, answer: str, start: int) -> Span | None:
    """The tokens of an answer where it is one term and nothing else."""
    for i in range(start, min(start + 3, len(reading.tokens))):
        offset = reading.tokens[i].start
        if reading.sentence.text.startswith(answer, offset):
            stop = next(
                (
                    j + 1
                    for j in range(i, len(reading.tokens))
                    if reading.tokens[j].end == offset + len(answer)
                ),
                None,
            )
            return core_of(reading, (i, stop)) if stop else None
    return None


def _agent(reading: Reading, clause: Clause) -> Iterator[Gap]:
    """Stems like "What produces bile?"."""
    found = agent_of(reading, clause)
    if found is None:
        return
    span, stem = found
    core = core_of(reading, span)
    if core is not None and len(stem.split()) >= 5:
        yield from _term_gap(reading, core, stem, "agent", 0.84)


def _named(reading: Reading, clause: Clause) -> Iterator[Gap]:
    """Stems like "What is the functional unit of the kidney called?"."""
    for draft in naming(reading, clause):
        yield from _keyed(reading, draft, 0.95)


def _names_inside(reading: Reading) -> Iterator[Gap]:
    for pattern in (called_inside, synonym):
        for draft in pattern(reading):
            if not _placed(draft.stem):
                yield from _keyed(reading, draft, 0.88)


def _placed(stem: str) -> bool:
    """Whether a question ends with a part of something named before: "the middle layer"."""
    words = stem.rstrip("?").lower().split()
    return len(words) > _PLACED and words[-3] == "the" and words[-2] in OF_PLACE


def _keyed(reading: Reading, draft: Draft, score: float) -> Iterator[Gap]:
    found = reading.sentence.text.find(draft.answer)
    start = next((i for i, t in enumerate(reading.tokens) if t.start == found), None)
    stop = next((i + 1 for i, t in enumerate(reading.tokens) if t.end == found + len(draft.answer)), None)
    core = core_of(reading, (start, stop)) if start is not None and stop is not None else None
    if core is not None:
        yield from _term_gap(reading, core, draft.stem, "name", score)


def _number(reading: Reading, clause: Clause) -> Iterator[Gap]:
    """Stems like "How many ...?", "In what year ...?"."""
    for pattern in (count, date):
        for draft in pattern(reading, clause):
            yield Gap(draft, "number")
    yield from _share(reading, clause)


def _share(reading: Reading, clause: Clause) -> Iterator[Gap]:
    """Stems like "What percentage of body weight is water?"."""
    tokens = reading.tokens
    for i in range(len(tokens) - 3):
        if tokens[i].tag != "CD" or tokens[i + 1].low not in {"percent", "%"} or tokens[i + 2].low != "of":
            continue
        if i > clause.subject[1] or i < clause.subject[0] or clause.negated:
            return
        rest = (i + 3, clause.subject[1])
        predicate = (clause.subject[1], reading.object(clause.verb + 1)[1])
        if (
            rest[0] < rest[1]
            and reading.stands_alone(rest)
            and reading.stands_alone((clause.verb + 1, predicate[1]), own=True)
        ):
            stem = sentence_case(f"What percentage of {reading.plain(rest)} {reading.plain(predicate)}")
            topic = reading.plain(rest).lower()
            yield Gap(Draft(stem, tokens[i].text, "number", 0.85, topic, reading.sentence), "number")


def _described(reading: Reading, clause: Clause | None) -> Iterator[Gap]:
    """Stems like "What is epistemology?", to be answered by one of four descriptions.

    They lose their article, as those have none that a list of key terms gives.
    """
    found = list(apposition(reading))
    if clause is not None and clause.lead[0] == clause.lead[1]:
        found += definition(reading, clause)
    for draft in found:
        asks, answer = draft.stem.split(), bare(draft.answer)
        several = asks[1] in {"are", "were"}
        if answer == draft.answer and not several:
            continue
        least, most = _DESCRIBING
        told = echoes(draft.topic, answer)
        plain = " of " not in draft.topic and not NAMES.match(answer) and tells_apart(answer)
        plain = plain and draft.topic.split()[0] not in lx.GENERIC_ADJECTIVES
        if draft.kind == "definition" and least <= len(answer.split()) <= most and plain and not told:
            described = replace(draft, kind="description", answer=answer, score=draft.score - 0.06)
            yield Gap(described, "phrase", pool=PERSON if asks[0] == "Who" else DESCRIBED[several])


_LEAST_PHRASED = {True: 8, False: 5}
"""Words of a stem with phrases as options: what a thing does is asked only where much is said of it."""
_ANSWERED: tuple[tuple[Pattern, float], ...] = (
    (cause, 0.16),
    (purpose, 0.12),
    (manner, 0.16),
    (object_question, 0.06),
    (composition, 0.12),
    (moment, 0.1),
    (condition, 0.1),
)


def _answered(reading: Reading, clause: Clause) -> Iterator[Gap]:
    """Open questions with a short answer; the wrong options answer other questions of the pattern."""
    for pattern, less in _ANSWERED:
        for d in pattern(reading, clause):
            words = len(d.answer.split())
            if (
                2 <= words <= 16
                and not _shares_head(d)
                and len(d.stem.split()) >= _LEAST_PHRASED[d.kind == "object"]
            ):
                draft = Draft(d.stem, d.answer, d.kind, d.score - less, d.topic, d.sentence)
                yield Gap(draft, "phrase", pool=f"{pattern.__name__} {_shape(reading, d.answer)}")


def _shares_head(draft: Draft) -> bool:
    """Whether the answer repeats so much of the stem that it gives itself away."""
    return len(content_stems(draft.stem) & content_stems(draft.answer)) > 1


def _shape(reading: Reading, answer: str) -> str:
    """How a phrase begins and, for a noun phrase, its number: what options must share."""
    start = next(
        (i for i, t in enumerate(reading.tokens) if t.start == reading.sentence.text.find(answer)), 0
    )
    first = reading.tokens[start]
    if first.tag in {"IN", "SB", "TO"}:
        return f"{first.low} {reading.tokens[start + 1].tag == 'PR' and reading.tokens[start + 1].low}"
    if first.tag in {"VB", "VG"}:
        return first.tag
    phrase = noun_phrase(reading.tokens, start, len(reading.tokens))
    plural = phrase is not None and reading.tokens[phrase[1]].tag == "NS"
    return f"{first.tag == 'DT' and first.low} {plural} {first.text[0].isupper()}"
