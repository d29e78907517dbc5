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
_WORTH = 0.82


def ending(vocabulary: Vocabulary, reading: Reading, clause: Clause) -> tuple[Draft, str] | None:
    """The item and the pool of predicates that may stand beside its key; None where it says too little."""
    core = core_of(reading, clause.subject)
    lead = opening(reading, clause)
    if core is None or lead is None or progressive(clause):
        return None
    if clause.verb_low in HEDGES | _SAID_IN_PASSING or not askable(reading, clause, longest=5):
        return None
    term = vocabulary.terms.get(display(reading, core).lower())
    if term is None or term.loose or vocabulary.general(term) or term.low in lx.NEVER_OPTIONS:
        return None
    of_this = (
        reading.tokens[clause.subject[0]].low == "the" and reading.tokens[core[1] - 1].low in lx.COMMON_NOUNS
    )
    if of_this and core[1] == clause.subject[1]:
        return None
    telling = term.name or term.size > 1 or bool(term.genus) or _known(term, vocabulary)
    begin = clause.aux[0] if clause.aux else clause.verb
    span = predicate_of(reading, clause, begin)
    if not telling or span is None or not _FEWEST <= reading.words(span) <= _MOST:
        return None
    answer = reading.text(span).strip(" ,;:")
    said = {t.low for t in reading.tokens[span[0] : span[1]]}
    unclear = said & _GOES_ON or "(" in answer or "“" in answer or '"' in answer
    if unclear or content_stems(answer) & content_stems(term.low):
        return None
    subject = reading.plain(clause.subject)
    stem = f"Which ending is right: “{lead}{subject if lead else capital(subject)} …”?"
    sort = vocabulary.sort_of(term) if term.name else ""
    pool = f"ending {_form(reading, clause)} {sort == 'person' or term.animate}"
    return Draft(stem, answer, "ending", _WORTH, term.low, reading.sentence), pool


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
    past = first.tag == "VD" or first.low in {"was", "were", "had", "did"}
    return f"{'past' if past else 'present'} {clause.plural}"
