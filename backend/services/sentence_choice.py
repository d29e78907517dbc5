"""Which sentences of the passages answer a question: by its words and by its meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from backend.models.documents import Document, Passage
from backend.services.answering.forms import Form
from backend.utils.sentences import spans
from backend.utils.words import query_terms, terms_held

_PASSAGE_WEIGHT = 0.3
_BEFORE_WEIGHT = 0.3
"""Words of the question in the sentence before: "It was built in 1890" is about what stood there."""
_TITLE_COST = 0.3

_TITLE_LENGTH = 80
_LEAD_LENGTH = 40
"""Characters: what is shorter and ends in a colon says nothing by itself."""
_BULLET = re.compile(r"(?:[-*•‣▪–]\s+(?=\S))?")  # noqa: RUF001 - the dash of lists
"""A mark of a list before a sentence: it is not quoted."""
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
    """Whether it is a sentence, not a part of one: cut off by the passage, or a lead with a colon."""
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


def by_words(form: Form, sentences: Sequence[Candidate]) -> list[Candidate]:
    """Best first by the words of the question that they hold, rare ones weighing more, and by their form."""
    terms = query_terms(form.asked)
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
        score += form.bonus(sentence.text) - _TITLE_COST * _is_title(sentence.text)
        scored.append(replace(sentence, score=score))
    return sorted(scored, key=lambda s: -s.score)


def chosen(form: Form, sentences: Sequence[Candidate], similarities: Sequence[float]) -> list[Candidate]:
    """The few best, best first; ``similarities`` (cosines with the question) add to their scores.

    Of what is compared, each side has a sentence where one says something of it.
    """
    scored = [replace(s, score=s.score + near) for s, near in zip(sentences, similarities, strict=True)]
    scored.sort(key=lambda s: -s.score)
    size = form.size
    by_text = {s.text: s for s in scored}
    wanted = [by_text[text] for text in form.of_each_side(list(by_text))]
    fair = [s for s in scored if s.score >= scored[0].score - size.margin]
    taken: list[Candidate] = []
    for sentence in dict.fromkeys([*fair[:1], *wanted, *fair]):
        passages = [s.passage for s in taken]
        if len(taken) < size.sentences and passages.count(sentence.passage) < size.of_a_passage:
            taken.append(sentence)
    return taken


def _sentences(number: int, passage: Passage, document: Document) -> list[Candidate]:
    text = passage.text
    begins = passage.chunks[0].position == 0
    ends = passage.chunks[-1].position >= document.chunks - 1
    made = []
    for begin, end in spans(text):
        mark = _BULLET.match(text, begin, end)
        start = mark.end() if mark else begin
        sentence = " ".join(text[start:end].split())
        cut = (begin == 0 and not begins and not _opens(sentence)) or (
            end == len(text) and not ends and sentence[-1] not in _ENDINGS
        )
        cut = cut or (len(sentence) < _LEAD_LENGTH and sentence[-1] == ":")
        made.append(Candidate(number, start, end, sentence, not cut, passage.score))
    return made


def _opens(sentence: str) -> bool:
    """Whether it may be the beginning of a sentence."""
    return not sentence[0].islower() and (sentence[0].isalnum() or sentence[0] in '"“«([「¿¡-•')


def _is_title(sentence: str) -> bool:
    return len(sentence) <= _TITLE_LENGTH and sentence[-1] not in _ENDINGS
