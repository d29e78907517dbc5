"""Open questions from one sentence: every pattern, scored for the document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from . import lexicon as lx
from .appositions import apposition
from .asking import Draft, goes_on, points_elsewhere, says_little, sound_case
from .blanks import Blank, blanks, loose_blanks
from .clauses import Clause, parse
from .definitions import abbreviation, called_inside, definition, described, naming, synonym
from .doers import doer, first_of_all
from .drafting import Pattern, token_at
from .frames import STRONG_VERBS
from .glossary import bare, tells_apart
from .key_terms import KeyTerms
from .lexicon import words
from .occasions import amount, how_many, how_much, share, when
from .quantities import count, existence, numbered_list
from .reading import Document, Reading
from .reasons import aim, cause, cause_in_front, condition, contrast, manner, means, moment
from .relations import agent, attempt, composition, object_question, place, purpose, quality
from .relatives import examples, relative
from .terms import Vocabulary

_VAGUE = 0.25
_THIN = 0.3
"""What a question is worth less whose answer tells hardly anything."""
_UNLISTED = 0.25
"""What a definition is worth less of what the document's own list leaves out."""
_FEW_WORDS, _BARE_EVENT = 3, 8
_SECOND = 0.05
_LOOSELY = frozenset(
    {"associated with", "deal with", "related to", "linked to", "compared to", "compared with", "involved in"}
)
_NAMED = re.compile(r"^(?:\w+, )?\w+ \w+ (?:[A-Z][\w’-]+ ?)+\w+\?$")
"""What a person does has many right answers."""
_NAMES = re.compile(r"(?<= )[A-Z]\w{3,}")
_SPOKEN = re.compile(r"\b(?:also|we|us|our|you|your|en route)\b", re.IGNORECASE)
_CUT_NAME = re.compile(r"\b[A-Z]\?$")
"""A name that ends with an initial: the rest of it is left."""
_ROOT = 6
"""First letters that "Confucius" and "Confucianism" share."""
_SHORT_OF_NAME = 7
_SHORT_STEM = 12
_LONGEST_ANSWER = 45
_VAGUE_VERBS = words(
    """
    have hold possess spend put take make give get keep bring provide develop receive explore offer show
    find know use want include characterize influence attain notice exemplify contain write hear feel
    need follow support face experience draw identify combine control present share reflect increase
    create add represent express recommend send establish identify recognize launch lose adopt exhibit
    shape promote affect impact imagine inspire attack introduce emphasize suggest maintain describe
    demonstrate
    """,
)
_BARE_STEM, _HARDLY = 6, 5
_PREPOSITIONS = words("to in from of on upon as into with for after")
_TIME = re.compile(r"\b(?:days?|weeks?|months?|years?|hours?|minutes?|century|centuries|\d{4})\b")
_TRAILING = re.compile(
    r", [\w-]+\?$|\b(?:independently|respectively|instead|too|also|again|later|for example|for instance)\?$"
)
_TO_READER = re.compile(r"\b(?:you|your|we|our|us)\b")
_GOES_ON = re.compile(r"\balso\b")
"""What is true "also" is not the only right answer."""
_NUMBERED = re.compile(r"\b(?:premise|premises|line|step|example|case|slide|cell) \d")
"""Answers that point at a numbered part of the text."""
"""A word that was cut off from what it belongs to."""


def drafts(document: Document) -> list[Draft]:
    """Every open question that the document's sentences carry, scored."""
    listed = [d for d in KeyTerms(document).open_questions() if len(d.answer.split()) <= _LONGEST_ANSWER]
    return listed + [d for i in document.told_first for d in drafts_in(document, document.readings[i])]


def recalled(document: Document) -> list[Draft]:
    """Sentences with a gap to fill, for a text that gives too few questions."""
    vocabulary = Vocabulary(document)
    found = [b for i in document.told_first for b in blanks(document, vocabulary, document.readings[i])]
    found += [b for i in document.told_first for b in loose_blanks(document, vocabulary, i)]
    return [b.to_recall for b in found if b.recallable and _worth_recalling(b) and not _to_nobody(b)]


def _worth_recalling(blank: Blank) -> bool:
    """Whether a gap is a whole subject, which a question asks for, or a full name.

    Of one-word names, terms, years and numbers left out readers kept one in ten.
    """
    return blank.asks in {"Who", "What"} or (blank.what == "name" and " " in blank.answer)


def _to_nobody(blank: Blank) -> bool:
    """Whether a gap's sentence speaks to its listeners, or adds to what was said before."""
    return _SPOKEN.search(f"{blank.before} {blank.after}") is not None


def drafts_in(document: Document, reading: Reading) -> list[Draft]:
    """Every open question that one sentence carries, scored."""
    clause = reading.clause
    found = [d for inline in INLINE for d in inline(reading)]
    if clause is not None:
        found += [d for pattern in PATTERNS for d in pattern(reading, clause)]
        found += _reported(reading, clause)
        found += _joined(reading, clause)
        boost = document.standing(reading, clause)
        found = [_scored(d, boost) for d in found]
        found = [d for d in found if d.kind != "definition" or document.defines(d.topic, d.answer)]
        found = [replace(d, score=d.score - _UNLISTED * _unlisted(document, d)) for d in found]
    return [d for d in found if _sound(d)]


def _unlisted(document: Document, draft: Draft) -> bool:
    """Whether it is asked what a thing is that the document's own list leaves out: an example may say it."""
    defined = draft.kind == "definition" and not draft.stem.startswith("Who")
    return defined and bool(document.terms) and bare(draft.topic) not in document.key_terms


def _scored(draft: Draft, boost: float) -> Draft:
    words = len(draft.stem.split())
    long_stem = 0.012 * max(0, words - 14)
    general = 0.2 if draft.kind != "definition" and says_little(draft.stem) else 0.0
    short_answer = 0.05 if len(draft.answer.split()) == 1 and draft.kind in {"object", "definition"} else 0.0
    score = draft.score + boost - long_stem - short_answer - general
    score -= _THIN * _says_too_little(draft)
    score -= _VAGUE * (vaguely_asked(draft) + (draft.kind == "agent" and words < _HARDLY))
    return Draft(draft.stem, draft.answer, draft.kind, score, draft.topic, draft.sentence)


def _says_too_little(draft: Draft) -> bool:
    """Whether an answer tells hardly anything, or a stem goes on from what was said before it."""
    words = len(draft.answer.split())
    if draft.kind == "definition":
        return not tells_apart(draft.answer)
    if draft.kind == "process":
        by_means = draft.stem.startswith("How ") and words <= _FEW_WORDS
        both_bare = words <= _FEW_WORDS + 1 and len(draft.stem.split()) <= _BARE_EVENT
        return by_means or both_bare
    return goes_on(draft.stem)


def vaguely_asked(draft: Draft) -> bool:
    """Whether the question has many right answers besides this one: "What did Aristotle spend?"."""
    words = draft.stem.lower().rstrip("?").split()
    if " ".join(words[-2:]) in _LOOSELY:
        return True
    if draft.kind == "agent" and len(words) < _BARE_STEM:
        return True
    if draft.kind != "object":
        return False
    short = len(words) <= _SHORT_STEM and (
        words[-1] in _VAGUE_VERBS or (len(words) <= _SHORT_OF_NAME and _NAMED.search(draft.stem) is not None)
    )
    return (
        short
        or (len(words) <= _BARE_STEM and words[-1] not in STRONG_VERBS | _PREPOSITIONS)
        or words[1] == "may"
    )


def _sound(draft: Draft) -> bool:
    stem, answer = draft.stem.lower(), draft.answer.lower()
    words = len(stem.split())
    asked = set(re.findall(r"\w{4,}", stem))
    told = set(re.findall(r"\w{4,}", answer))
    circular = draft.kind == "definition" and any(
        w[0].isupper() and w in draft.answer for w in _NAMES.findall(draft.stem)
    )
    leaks = draft.kind in {"agent", "subject"} and not {
        w[:_ROOT] for w in asked if len(w) >= _ROOT
    }.isdisjoint(w[:_ROOT] for w in told if len(w) >= _ROOT)
    return not (circular or leaks or _CUT_NAME.search(draft.stem) or " et al" in answer) and (
        3 <= words <= 28
        and answer not in stem
        and not ("where " in stem and _TIME.search(answer))
        and _TRAILING.search(draft.stem) is None
        and not points_elsewhere(draft.answer)
        and not (told and told <= asked)
        and "(" not in stem
        and "for example" not in stem
        and sound_case(draft)
        and not _NUMBERED.search(answer)
        and not _TO_READER.search(answer)
        and not _GOES_ON.search(stem)
        and len(answer) > 1
    )


PATTERNS: tuple[Pattern, ...] = (
    definition,
    described,
    naming,
    cause,
    cause_in_front,
    condition,
    moment,
    manner,
    means,
    aim,
    contrast,
    object_question,
    attempt,
    composition,
    agent,
    purpose,
    place,
    when,
    doer,
    first_of_all,
    quality,
    how_many,
    how_much,
    amount,
    count,
    numbered_list,
)


_INSIDE: tuple[Pattern, ...] = (
    definition,
    naming,
    cause,
    manner,
    object_question,
    attempt,
    composition,
    agent,
    purpose,
    place,
    when,
    doer,
    how_many,
    how_much,
    first_of_all,
)
"""Patterns for a clause that is not the first of its sentence."""
_INSIDE_REPORT: tuple[Pattern, ...] = (definition, cause, object_question, composition, purpose, manner)


def _joined(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """What the other main clauses of a sentence say: after ";" or ", and"."""
    tokens = reading.tokens
    for i in range(clause.verb + 2, len(tokens) - 4):
        joined = tokens[i].tag == "," and tokens[i + 1].low in {"and", "but"}
        if not (joined or tokens[i].tag == ";"):
            continue
        inner = parse(tokens, i + 1 + joined)
        if inner is not None and inner.subject[0] <= i + 2 + (inner.lead[1] - inner.lead[0]) + 1:
            for draft in (d for pattern in _INSIDE for d in pattern(reading, inner)):
                yield replace(draft, score=draft.score - _SECOND)


def _reported(reading: Reading, clause: Clause) -> list[Draft]:
    """Clauses after "Kant argues that ...", asked as "According to Kant, ...?"."""
    head = reading.tokens[clause.head]
    start = clause.verb + 1
    that = token_at(reading, start)
    if (
        clause.verb_low not in lx.SAYING
        or head.tag != "NP"
        or that is None
        or that.low != "that"
        or any(reading.tokens[a].tag != "HV" for a in clause.aux)
        or clause.negated
    ):
        return []
    inner = parse(reading.tokens, start + 1)
    if inner is None or reading.words(clause.subject) > 4 or inner.lead[0] < inner.lead[1]:
        return []
    who = reading.plain(clause.subject)
    found = [d for pattern in _INSIDE_REPORT for d in pattern(reading, inner)]
    return [
        Draft(
            f"According to {who}, {d.stem[0].lower()}{d.stem[1:]}",
            d.answer,
            d.kind,
            d.score,
            f"{who.lower()} {d.topic}",
            d.sentence,
        )
        for d in found
    ]


INLINE: tuple[Callable[[Reading], Iterator[Draft]], ...] = (
    existence,
    called_inside,
    abbreviation,
    synonym,
    apposition,
    relative,
    examples,
    share,
)
