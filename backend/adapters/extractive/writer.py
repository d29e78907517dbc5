"""The question writer that needs no language model."""

from __future__ import annotations

import asyncio
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.models.documents import Passage
from backend.models.questions import Mode, Question, Source

from . import cloze, open_questions, quiz_questions
from .asking import Draft
from .distractors import Distractors, numbers_beside
from .language import language_of
from .options import Descriptions, number_options, term_options
from .quiz_questions import Gap
from .reading import Document
from .selection import choose
from .terms import Vocabulary, is_noun

_LEAST_OPEN = 0.6
_LEAST_QUIZ = 0.55
_HARD = frozenset({"cause", "comparison", "process"})
_EASY = frozenset({"definition", "name", "abbreviation", "number", "date"})


@dataclass(frozen=True, slots=True)
class _Item:
    draft: Draft
    passages: tuple[Passage, ...]
    """The passages that the draft's sentence counts in."""
    options: tuple[str, ...] = ()
    """Wrong options; empty for open questions."""


class ExtractiveWriter:
    """Writes questions from the text alone, sentence by sentence, with the answer in the text's own words.

    English gets questions; German, French, Spanish, Italian, Portuguese and Dutch get sentences with a term
    left out; other languages get nothing. Stateless: one instance serves all callers.
    """

    @property
    def name(self) -> str:
        """Shown to people as the model that wrote the questions."""
        return "extractive"

    async def write(self, passages: Sequence[Passage], mode: Mode, count: int) -> list[Question]:
        """At most ``count`` questions in a thread of its own, so that the event loop stays free."""
        if count <= 0 or not passages:
            return []
        return await asyncio.to_thread(write_now, tuple(passages), mode, count)


def write_now(passages: tuple[Passage, ...], mode: Mode, count: int) -> list[Question]:
    """The work of ``ExtractiveWriter.write`` on the calling thread."""
    groups = _by_language(passages)
    total = max(1, sum(len(p.text) for p in passages))
    items: list[_Item] = []
    for language, group in groups.items():
        share = count if len(groups) == 1 else max(1, round(count * sum(len(p.text) for p in group) / total))
        wanted = min(share, count - len(items))
        make = _english if language == "en" else _other
        items += make(group, language, mode, wanted)
    return _finished(items, mode)


def _by_language(passages: tuple[Passage, ...]) -> dict[str, tuple[Passage, ...]]:
    """Passages by language, those in languages that get no items left out."""
    groups: dict[str, list[Passage]] = {}
    for passage in passages:
        language = language_of(passage.text)
        if language == "en" or language in cloze.LANGUAGES:
            groups.setdefault(language, []).append(passage)
    return {language: tuple(group) for language, group in groups.items()}


def _english(passages: tuple[Passage, ...], _language: str, mode: Mode, count: int) -> list[_Item]:
    document = Document.of(passages)
    return _open(document, count) if mode is Mode.PRACTICE else _Quiz(document).write(count)


def _length(passages: tuple[Passage, ...]) -> int:
    return sum(len(p.text) for p in passages)


def _open(document: Document, count: int) -> list[_Item]:
    found = [d for r in document.readings for d in open_questions.drafts(document, r)]
    kept = choose(
        found, lambda d: d, lambda _: True, count=count, total=_length(document.passages), least=_LEAST_OPEN
    )
    return [_Item(d, document.passages) for d in kept]


class _Quiz:
    """Multiple-choice items over one document; wrong options are looked for only where an item is chosen."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.gaps = [
            (i, g) for i, r in enumerate(document.readings) for g in quiz_questions.gaps(document, r)
        ]
        self.vocabulary = Vocabulary(document)
        self.distractors = Distractors(self.vocabulary)
        self.descriptions = Descriptions(document, [g for _, g in self.gaps if g.form == "phrase"])
        self.options: dict[int, tuple[str, ...]] = {}
        self.keys: dict[str, int] = {}

    def write(self, count: int) -> list[_Item]:
        numbered = list(enumerate(self.gaps))
        kept = choose(
            numbered,
            lambda n: n[1][1].draft,
            lambda n: self._complete(n[0], *n[1]),
            count=count,
            total=_length(self.document.passages),
            least=_LEAST_QUIZ,
        )
        return [
            _Item(self._named(gap), self.document.passages, self.options[number]) for number, (_, gap) in kept
        ]

    def _named(self, gap: Gap) -> Draft:
        """Asks "who" where the key is known to be a person."""
        if gap.term not in self.vocabulary.persons:
            return gap.draft
        stem = gap.draft.stem.replace("Which of the following ", "Who ", 1).replace(
            ", which of the following ", ", who ", 1
        )
        return replace(gap.draft, stem=stem)

    def _complete(self, number: int, sentence: int, gap: Gap) -> bool:
        """Finds the wrong options; False where there are not three good ones."""
        answer = gap.draft.answer.lower()
        if gap.form != "number" and self.keys.get(answer, 0) >= 2:
            return False
        wrong = self._wrong(sentence, gap)
        if wrong is None:
            return False
        self.options[number] = wrong
        self.keys[answer] = self.keys.get(answer, 0) + 1
        return True

    def _wrong(self, sentence: int, gap: Gap) -> tuple[str, ...] | None:
        if gap.form == "phrase":
            return self.descriptions.beside(gap)
        if gap.form == "number":
            return number_options(gap.draft.answer, numbers_beside(gap.draft.answer))
        term = self.vocabulary.terms.get(gap.term)
        if term is None or not is_noun(term):
            return None
        return term_options(gap.draft.answer, self.distractors.for_term(term, sentence, gap.draft.stem))


def _other(passages: tuple[Passage, ...], language: str, mode: Mode, count: int) -> list[_Item]:
    found = cloze.blanks(passages, language)
    kept = choose(
        found,
        lambda b: b.draft,
        lambda b: mode is Mode.PRACTICE or len(b.options) == 3,
        count=count,
        total=_length(passages),
        least=_LEAST_QUIZ,
    )
    return [_Item(b.draft, passages, b.options if mode is Mode.QUIZ else ()) for b in kept]


def _finished(items: list[_Item], mode: Mode) -> list[Question]:
    """Items as questions; in a quiz the keys' places are even over each four items."""
    seed = zlib.crc32("|".join(i.draft.stem for i in items).encode())
    shuffle = random.Random(seed)  # noqa: S311 - an order that repeats, not a secret
    questions = []
    places: list[int] = []
    for item in items:
        options: tuple[str, ...] = ()
        if mode is Mode.QUIZ:
            if not places:
                places = shuffle.sample(range(4), 4)
            options = _placed(item, places.pop())
        questions.append(_question(item, options))
    return questions


def _placed(item: _Item, place: int) -> tuple[str, ...]:
    wrong = sorted(item.options, key=lambda o: zlib.crc32(o.encode()))
    return (*wrong[:place], item.draft.answer, *wrong[place:])


def _question(item: _Item, options: tuple[str, ...]) -> Question:
    draft = item.draft
    passage = item.passages[draft.sentence.passage]
    chunk = passage.chunk_at(draft.sentence.offset)
    source = Source(
        passage.document_id, passage.filename, chunk.id, draft.sentence.text, chunk.page, chunk.heading
    )
    difficulty = "hard" if draft.kind in _HARD else "easy" if draft.kind in _EASY else "medium"
    return Question(draft.stem, draft.answer, source, draft.kind, difficulty, options, draft.sentence.text)
