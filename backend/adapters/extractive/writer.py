"""The question writer that needs no language model."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from backend.models.documents import Passage
from backend.models.questions import Candidate, Mode, Order, Question
from backend.ports.embedder import Embedder
from backend.utils.languages import language_of

from . import cloze, open_questions
from .antecedents import with_antecedents
from .apart import Apart
from .asking import Draft
from .finishing import Item, candidates, finished
from .likeness import sharpened
from .quiz import Made, Quiz
from .reading import Document
from .selection import Wish, choose

_LEAST_OPEN = 0.6
_LEAST_RECALLED = 0.27
_LEAST_CLOZE = 0.55
_SHORT = 5_000
"""Characters below which a text gives sentences to complete too: readers keep one in eight of them."""
_WRONG = 3
_EVERY = 1_000_000
_ALONE = 5_000
"""Characters from which a document's wrong options come from itself alone."""


class ExtractiveWriter:
    """Writes questions from the text alone, sentence by sentence, with the answer in the text's own words.

    English gets questions; German, French, Spanish, Italian, Portuguese and Dutch get sentences with a term
    left out; other languages get nothing. Stateless: one instance serves all callers. With an embedder,
    wrong options are also chosen by meaning. Mining happens in ``apart`` where it is given, else on a
    thread.
    """

    def __init__(self, embedder: Embedder | None = None, apart: Apart | None = None) -> None:
        self._embedder = embedder
        self._apart = apart

    @property
    def names(self) -> tuple[str, ...]:
        """Shown to people as the model that wrote the questions."""
        return ("extractive",)

    async def stream(self, passages: Sequence[Passage], order: Order) -> AsyncGenerator[Question]:
        """All at once: the choice among candidates needs them all, and takes little time."""
        for question in await self.write(passages, order):
            yield question

    async def write(self, passages: Sequence[Passage], order: Order) -> list[Question]:
        """At most ``order.count`` questions in a thread of its own, so that the event loop stays free."""
        if order.count <= 0 or not passages:
            return []
        spare = order.count // 4 + 2 if self._embedder and order.mode is Mode.QUIZ else 0
        items = await asyncio.to_thread(items_in, tuple(passages), replace(order, count=order.count + spare))
        items = await self._final(items)
        worth = sorted((i.draft.score for i in items), reverse=True)[: order.count]
        kept = [i for i in items if i.draft.score >= worth[-1]] if worth else []
        return finished(kept[: order.count], order.mode)

    async def mine(self, passages: Sequence[Passage], mode: Mode) -> list[Candidate]:
        """Every question that the passages are good for, best first; see the port QuestionMiner."""
        if not passages:
            return []
        order = Order(mode, _EVERY)
        if self._apart is None:
            items = await asyncio.to_thread(items_in, tuple(passages), order)
        else:
            items = await self._apart.items(tuple(passages), order)
        items = sorted(await self._final(items), key=lambda i: -i.draft.score)
        return candidates(items, mode)

    async def _final(self, items: list[Item]) -> list[Item]:
        if self._embedder is None:
            return [replace(i, options=i.options[:_WRONG]) for i in items]
        return await sharpened(items, self._embedder)


def write_now(passages: tuple[Passage, ...], order: Order) -> list[Question]:
    """What ``ExtractiveWriter.write`` does without an embedder, on the calling thread."""
    items = [replace(i, options=i.options[:_WRONG]) for i in items_in(passages, order)]
    return finished(items, order.mode)


def items_in(passages: tuple[Passage, ...], order: Order) -> list[Item]:
    """What is worth asking, with wrong options that only a glance at meaning may still refuse.

    Each group has its share; where some carry less, the others are asked once more for what is missing.
    """
    groups = _groups(passages)
    total = max(1, sum(_length(group) for _, group in groups))
    items: list[Item] = []
    for language, group in groups:
        share = max(1, round(order.count * _length(group) / total))
        items += _more(language, group, order, min(share, order.count - len(items)), items)
    for language, group in groups if len(groups) > 1 else []:
        items += _more(language, group, order, order.count - len(items), items)
    return items


def _more(
    language: str, group: tuple[Passage, ...], order: Order, count: int, before: Sequence[Item]
) -> list[Item]:
    """At most ``count`` items of one group, none of which asks what those before ask."""
    if count <= 0:
        return []
    make = _english if language == "en" else _other
    avoid = (*order.avoid, *(i.draft.stem for i in before))
    return make(group, language, replace(order, count=count, avoid=avoid))


def _groups(passages: tuple[Passage, ...]) -> list[tuple[str, tuple[Passage, ...]]]:
    """Passages that are read together, each group with its language.

    A document with text enough stands alone, so that its wrong options come from its own subject; the
    short ones of a language lend theirs to each other. Languages that get no items are left out.
    """
    sizes = Counter[str]()
    for passage in passages:
        sizes[passage.document_id] += len(passage.text)
    groups: dict[tuple[str, str], list[Passage]] = {}
    for passage in passages:
        language = language_of(passage.text)
        if language == "en" or language in cloze.LANGUAGES:
            alone = sizes[passage.document_id] >= _ALONE
            groups.setdefault((language, passage.document_id if alone else ""), []).append(passage)
    return [(language, tuple(group)) for (language, _), group in groups.items()]


def _english(passages: tuple[Passage, ...], _language: str, order: Order) -> list[Item]:
    document = with_antecedents(Document.of(passages))
    if order.count >= _EVERY:
        return _everything(document, order.mode)
    if order.mode is Mode.PRACTICE:
        return [Item(d, passages) for d in _open(document, order)]
    return [_quiz_item(document, made) for made in Quiz(document).write(order)]


def _quiz_item(document: Document, made: Made) -> Item:
    return Item(made.draft, document.passages, made.options, vetted=made.vetted)


def _everything(document: Document, mode: Mode) -> list[Item]:
    """All that is worth a look, several items of one sentence too: the choice is made later."""
    if mode is Mode.QUIZ:
        return [_quiz_item(document, made) for made in Quiz(document).every()]
    asked = [d for d in open_questions.drafts(document) if d.score >= _LEAST_OPEN]
    gaps: list[Draft] = []
    if document.length < _SHORT:
        gaps = [d for d in open_questions.recalled(document) if d.score >= _LEAST_RECALLED]
    return [Item(d, document.passages) for d in asked + gaps]


def _length(passages: tuple[Passage, ...]) -> int:
    return sum(len(p.text) for p in passages)


def _open(document: Document, order: Order) -> list[Draft]:
    """Questions first; where they are too few, sentences to complete."""
    kept: list[Draft] = []
    rounds = ((open_questions.drafts, _LEAST_OPEN), (open_questions.recalled, _LEAST_RECALLED))
    wish = Wish(order, document.length)
    for found, least in rounds:
        if len(kept) < order.count:
            kept = choose(found(document), lambda d: d, lambda _: True, wish, least=least, before=kept)
    return kept


def _other(passages: tuple[Passage, ...], language: str, order: Order) -> list[Item]:
    found = cloze.blanks(passages, language)
    kept = choose(
        found,
        lambda b: b.draft,
        lambda b: order.mode is Mode.PRACTICE or len(b.options) == _WRONG,
        Wish(order, _length(passages)),
        least=_LEAST_CLOZE,
    )
    return [Item(b.draft, passages, b.options if order.mode is Mode.QUIZ else (), settled=True) for b in kept]
