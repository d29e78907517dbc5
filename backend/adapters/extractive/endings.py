"""A subject and four ways to go on: what a thing is or does, beside what others are or do."""

from __future__ import annotations

from backend.utils.stems import content_stems

from . import lexicon as lx
from .asking import Draft, askable, opening
from .clauses import Clause
from .drafting import progressive
from .lexicon import words
from .quiz_predicates import HEDGES, predicate_of
from .reading import Reading
from .terms import Term, Vocabulary, core_of, display

_FEWEST, _MOST = 5, 20
_OFTEN = 3
_GOES_ON = words(
    "also therefore thus however then still indeed furthermore too either otherwise instead similarly "
    "likewise again already yet later often sometimes"
)
"""Words that tie a predicate to the sentence before, or make it true of anything."""
_SAID_IN_PASSING = words(
    "begin begins began happen happens occur occurs exist exists differ differs vary varies"
)
_WORTH = 0.78
LENT = -9.0
"""The score of a predicate that only stands beside others."""


def ending(vocabulary: Vocabulary, reading: Reading, clause: Clause) -> tuple[Draft, str] | None:
    """The item and the pool of predicates that may stand beside its key; None where it says too little.

    Where the subject is none to ask about ("it", "the result"), the score is ``LENT``: the predicate may
    still stand beside others.
    """
    answer = _said(reading, clause)
    if answer is None:
        return None
    asked = _subject(vocabulary, reading, clause)
    if asked is None or content_stems(answer) & content_stems(asked[1].low):
        return _lent(reading, clause, answer)
    subject, term = asked
    person = term.animate or (term.name and vocabulary.sort_of(term) == "person")
    stem = f"Which ending is right: “{subject} …”?"
    draft = Draft(stem, answer, "ending", _WORTH, term.low, reading.sentence)
    return draft, f"ending {_form(reading, clause)} {person}"


def _said(reading: Reading, clause: Clause) -> str | None:
    """The predicate, where it says enough by itself."""
    begin = clause.aux[0] if clause.aux else clause.verb
    if clause.negated or progressive(clause) or clause.verb_low in HEDGES | _SAID_IN_PASSING:
        return None
    span = predicate_of(reading, clause, begin)
    if span is None or not _FEWEST <= reading.words(span) <= _MOST:
        return None
    answer = reading.text(span).strip(" ,;:")
    said = {t.low for t in reading.tokens[span[0] : span[1]]}
    return None if said & _GOES_ON or any(mark in answer for mark in '(“"') else answer


def _lent(reading: Reading, clause: Clause, answer: str) -> tuple[Draft, str]:
    head = reading.tokens[clause.head]
    person = head.low in {"he", "she", "who"}
    topic = reading.plain(clause.subject).lower() or head.low
    draft = Draft(f"Which ending: {topic}?", answer, "ending", LENT, topic, reading.sentence)
    return draft, f"ending {_form(reading, clause)} {person}"


def _subject(vocabulary: Vocabulary, reading: Reading, clause: Clause) -> tuple[str, Term] | None:
    """The beginning of the sentence and its term, where both say of what the ending is told."""
    core, lead = core_of(reading, clause.subject), opening(reading, clause)
    if core is None or lead is None or not askable(reading, clause, longest=5):
        return None
    term = vocabulary.terms.get(display(reading, core).lower())
    if term is None or term.loose or vocabulary.general(term) or term.low in lx.NEVER_OPTIONS:
        return None
    the = reading.tokens[clause.subject[0]].low == "the" and core[1] == clause.subject[1]
    if the and reading.tokens[core[1] - 1].low in lx.COMMON_NOUNS:
        return None
    listed = vocabulary.document.key_terms
    plain = term.size == 1 and not term.name and listed and term.low not in listed
    if plain or not (term.name or term.size > 1 or term.genus or _known(term, vocabulary)):
        return None
    subject = reading.plain(clause.subject)
    return (lead + subject if lead else capital(subject)), term


def capital(text: str) -> str:
    """With a capital in front, unless the word has one inside: tRNA."""
    first = text.split(maxsplit=1)[0]
    return text if any(c.isupper() for c in first[1:]) else text[0].upper() + text[1:]


def _known(term: Term, vocabulary: Vocabulary) -> bool:
    """Whether a plain word is what the text is about, and means no single thing of it ("the city")."""
    often = term.count >= _OFTEN and 2 * term.definite <= term.count
    return often or term.low in vocabulary.document.heading_words


def _form(reading: Reading, clause: Clause) -> str:
    """Number and time of the verb, which four endings must share."""
    first = reading.tokens[clause.aux[0] if clause.aux else clause.verb]
    if first.tag == "MD":
        return "modal"
    if first.tag == "VZ" or first.low in {"is", "was", "has", "does"}:
        plural = False
    else:
        plural = clause.plural or first.tag == "VP" or first.low in {"are", "were", "have", "do"}
    past = first.tag == "VD" or first.low in {"was", "were", "had", "did"}
    return f"{'past' if past else 'present'} {plural}"
