"""Which sentences of the passages answer a question: by its words and by its meaning."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from backend.models.documents import Document, Passage
from backend.services.answering.forms import Form
from backend.services.answering.kinds import Kind
from backend.utils.sentences import spans
from backend.utils.words import query_terms, terms_held

_PASSAGE_WEIGHT = 0.3
_BEFORE_WEIGHT = 0.3
"""Words of the question in the sentence before, which may be about the same."""
_MEANT_WEIGHT = 0.9
"""The same where the sentence says so: "It was built in 1890" is about what stood there."""
_TITLE_COST = 0.3

_TITLE_LENGTH = 80
_SHORT = 200
"""Characters: a longer sentence is not quoted only because the next one says "it"."""
_CONTEXT = 160
"""Characters of the sentence before that are embedded with one that goes on."""
_LEAD_LENGTH = 40
"""Characters: what is shorter and ends in a colon says nothing by itself."""
_BULLET = re.compile(r"(?:[-*•‣▪–]\s+(?=\S))?")  # noqa: RUF001 - the dash of lists
"""A mark of a list before a sentence: it is not quoted."""
_GOES_ON = re.compile(
    r"(?:it|its|he|his|she|her|they|their|these|those|both|such|this|er|sie|es|ihre?|sein\w*|dieser?|dieses|il|elle"
    r"|ils|elles|él|ella|ellos|ellas|egli|essi)\b",
    re.IGNORECASE,
)
_NEXT_STEP = re.compile(
    r"(?:then|next|now|after\w*|when|once|finally|lastly|at last|repeat"
    r"|(?:the )?(?:second|third|fourth|last) step"
    r"|second(?:ly)?|third(?:ly)?|danach|dann|anschließend|schließlich|zuletzt|luego|después|ensuite|puis|enfin)\b"
    r"|\d{1,2}[.)]\s",
    re.IGNORECASE,
)
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
    """Whether it is a sentence: no heading, no lead with a colon, not cut off by the passage."""
    score: float
    document_id: str = ""
    context: str = ""
    """The sentence before, where this one says that it goes on with it."""

    @property
    def meant(self) -> str:
        """The text with what it goes on with: a vector of "It eats moths" would miss what does."""
        return f"{self.context} {self.text}" if self.context else self.text


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
    meant: list[float] = [0.0] * len(terms)
    for number, sentence in enumerate(sentences):
        before = sentences[number - 1] if number else None
        told = meant if before is not None and before.passage == sentence.passage else [0.0] * len(terms)
        goes_on = before is not None and told is meant and _goes_on(form, sentence.text)
        share = _MEANT_WEIGHT if goes_on else _BEFORE_WEIGHT
        here = [max(float(holds), share * was) for holds, was in zip(held[number], told, strict=True)]
        # What is only near is not handed on: else everything in a passage would be about its first words.
        meant = here if goes_on else [float(holds) for holds in held[number]]
        score = sum(w * holds for w, holds in zip(weights, here, strict=True)) / whole
        score += _PASSAGE_WEIGHT * sentence.score + form.bonus(sentence.text)
        score -= _TITLE_COST * (_is_title(sentence.text) or (form.everything and goes_on))
        context = before.meant if goes_on and before is not None else ""
        scored.append(replace(sentence, score=score, context=context[-_CONTEXT:]))
    return _ordered(form, scored)


def chosen(form: Form, sentences: Sequence[Candidate], similarities: Sequence[float]) -> list[Candidate]:
    """The few best, best first; ``similarities`` (cosines with the question) add to their scores.

    Of what is compared, each side has a sentence where one says something of it.
    """
    scored = [replace(s, score=s.score + near) for s, near in zip(sentences, similarities, strict=True)]
    scored = _ordered(form, scored)
    size = form.size
    by_text = {s.text: s for s in scored}
    wanted = [by_text[text] for text in form.of_each_side(list(by_text))]
    fair = [s for s in scored if form.everything or s.score >= scored[0].score - size.margin]
    taken: list[Candidate] = []
    for sentence in dict.fromkeys([*fair[:1], *wanted, *fair]):
        passages = [s.passage for s in taken]
        if len(taken) < size.sentences and passages.count(sentence.passage) < size.of_a_passage:
            taken.append(sentence)
    return taken


def with_meant(scored: Sequence[Candidate], best: Sequence[Candidate]) -> list[Candidate]:
    """``best`` and, for each that says "it", the sentence before, where ``scored`` has it and it is short.

    Else a reader would take the last thing named for what is meant.
    """
    in_order = sorted(scored, key=_place)
    before = {_place(after): one for one, after in pairwise(in_order) if one.passage == after.passage}
    taken = {_place(sentence): sentence for sentence in best}
    for sentence in best:
        meant = before.get(_place(sentence))
        if meant is not None and _GOES_ON.match(sentence.text) and len(meant.text) <= _SHORT:
            taken.setdefault(_place(meant), meant)
    return list(taken.values())


def _place(sentence: Candidate) -> tuple[int, int]:
    return sentence.passage, sentence.offset


def _goes_on(form: Form, sentence: str) -> bool:
    """Whether it says that it is about what the sentence before is about."""
    if _GOES_ON.match(sentence):
        return True
    return form.kind is Kind.HOW_TO and _NEXT_STEP.match(sentence) is not None


def _ordered(form: Form, scored: Sequence[Candidate]) -> list[Candidate]:
    """Best first; of everything, the best of each document, then the second best of each."""
    best = sorted(scored, key=lambda s: -s.score)
    if not form.everything:
        return best
    seen: Counter[str] = Counter()
    ranked = []
    for sentence in best:
        ranked.append((seen[sentence.document_id], sentence))
        seen[sentence.document_id] += 1
    return [sentence for _, sentence in sorted(ranked, key=lambda pair: pair[0])]


def _sentences(number: int, passage: Passage, document: Document) -> list[Candidate]:
    text = passage.text
    begins = passage.chunks[0].position == 0
    ends = passage.chunks[-1].position >= document.chunks - 1
    headings = {part for chunk in passage.chunks for part in (chunk.heading or "").split(" > ")}
    made = []
    for begin, end in spans(text):
        mark = _BULLET.match(text, begin, end)
        start = mark.end() if mark else begin
        sentence = " ".join(text[start:end].split())
        cut = (begin == 0 and not begins and not _opens(sentence)) or (
            end == len(text) and not ends and sentence[-1] not in _ENDINGS
        )
        cut = cut or (len(sentence) < _LEAD_LENGTH and sentence[-1] == ":")
        whole = not cut and sentence not in headings
        made.append(Candidate(number, start, end, sentence, whole, passage.score, passage.document_id))
    return made


def _opens(sentence: str) -> bool:
    """Whether it may be the beginning of a sentence."""
    return not sentence[0].islower() and (sentence[0].isalnum() or sentence[0] in '"“«([「¿¡-•')


def _is_title(sentence: str) -> bool:
    return len(sentence) <= _TITLE_LENGTH and sentence[-1] not in _ENDINGS
