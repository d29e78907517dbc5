"""Which sentences of the passages answer a question: by its words and by its meaning."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from backend.models.documents import Document, Passage
from backend.utils.sentences import spans
from backend.utils.words import query_terms, terms_held

MOST_SENTENCES = 3

_PASSAGE_WEIGHT = 0.3
_BEFORE_WEIGHT = 0.3
"""Words of the question in the sentence before: "It was built in 1890" is about what stood there."""
_TITLE_COST = 0.3
_MARGIN = 0.5
"""A sentence is left out that is this much worse than the best one."""

_TITLE_LENGTH = 80
_ENDINGS = '.!?…。！？।؟:;"”»)」』）'  # noqa: RUF001 - other scripts
_ASKING = "?？؟"  # noqa: RUF001 - other scripts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be quoted."""

    passage: int
    """Index in the passages given."""
    offset: int
    """Where it begins in the passage's text."""
    end: int
    """Where it ends there."""
    text: str
    whole: bool
    """Whether it is a sentence, not the rest of one that the passage cuts off."""
    score: float


def candidates(passages: Sequence[Passage], documents: Mapping[str, Document]) -> list[Candidate]:
    """Every sentence once, in order; the score is that of its passage.

    Questions and sentences that a passage cuts off are left out where anything else is left.
    """
    found: list[Candidate] = []
    for number, passage in enumerate(passages):
        found += _sentences(number, passage, documents[passage.document_id])
    statements = [c for c in found if c.text[-1] not in _ASKING] or found
    whole = [c for c in statements if c.whole] or statements
    once: dict[str, Candidate] = {}
    for candidate in whole:
        once.setdefault(candidate.text, candidate)
    return list(once.values())


def by_words(question: str, sentences: Sequence[Candidate]) -> list[Candidate]:
    """Best first by the words of the question that they hold, rare ones weighing more."""
    terms = query_terms(question)
    held = [terms_held(terms, sentence.text) for sentence in sentences]
    weights = [math.log(1 + len(held) / (0.5 + sum(column))) for column in zip(*held, strict=True)]
    whole = sum(weights) or 1.0
    scored = []
    for number, sentence in enumerate(sentences):
        before = held[number - 1] if number and sentences[number - 1].passage == sentence.passage else []
        own = sum(w for w, holds in zip(weights, held[number], strict=True) if holds)
        told = sum(
            w for w, holds, was in zip(weights, held[number], before, strict=False) if was and not holds
        )
        score = (own + _BEFORE_WEIGHT * told) / whole + _PASSAGE_WEIGHT * sentence.score
        scored.append(replace(sentence, score=score - _TITLE_COST * _is_title(sentence.text)))
    return sorted(scored, key=lambda s: -s.score)


def chosen(sentences: Sequence[Candidate], similarities: Sequence[float]) -> list[Candidate]:
    """The few best, best first; ``similarities`` (cosines with the question) add to their scores."""
    scored = [replace(s, score=s.score + near) for s, near in zip(sentences, similarities, strict=True)]
    scored.sort(key=lambda s: -s.score)
    return [s for s in scored[:MOST_SENTENCES] if s.score >= scored[0].score - _MARGIN]


def _sentences(number: int, passage: Passage, document: Document) -> list[Candidate]:
    text = passage.text
    begins = passage.chunks[0].position == 0
    ends = passage.chunks[-1].position >= document.chunks - 1
    made = []
    for start, end in spans(text):
        sentence = " ".join(text[start:end].split())
        cut = (start == 0 and not begins and not _opens(sentence)) or (
            end == len(text) and not ends and sentence[-1] not in _ENDINGS
        )
        made.append(Candidate(number, start, end, sentence, not cut, passage.score))
    return made


def _opens(sentence: str) -> bool:
    """Whether it may be the beginning of a sentence."""
    return not sentence[0].islower() and (sentence[0].isalnum() or sentence[0] in '"“«([「¿¡-•')


def _is_title(sentence: str) -> bool:
    return len(sentence) <= _TITLE_LENGTH and sentence[-1] not in _ENDINGS
