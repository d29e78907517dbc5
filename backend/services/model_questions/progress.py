"""How far one request is: what was asked of each part of the text, and what came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backend.models.documents import Passage
from backend.models.questions import Order, Question
from backend.services.model_questions.batches import Batch, parts, round_of
from backend.services.model_questions.quotes import PassageText


class Progress:
    """Questions that were delivered and those kept in case others fall short.

    Each part of the text delivers its share at once; what it brings beyond that is a spare.
    """

    def __init__(self, passages: Sequence[Passage], order: Order) -> None:
        self.order = order
        self.parts = parts(passages, order.count)
        self.stems: list[str] = []
        """Of the delivered questions."""
        self.failed = 0
        """Calls of the round that brought an error."""
        self._asked: Counter[int] = Counter()
        self._open: Counter[int] = Counter()
        """What each part may still deliver at once."""
        self._spares: list[Question] = []
        self._texts: dict[int, PassageText] = {}

    @property
    def missing(self) -> int:
        """Questions still to deliver."""
        return self.order.count - len(self.stems)

    @property
    def enough(self) -> bool:
        """Whether the spares would do for what is missing."""
        return len(self._spares) >= self.missing

    def next_round(self) -> list[Batch]:
        """Calls for what is missing."""
        self.failed = 0
        self._open.clear()
        batches = round_of(self.parts, self._asked, self.missing)
        for batch in batches:
            for share in batch:
                self._open[share.part] += share.wanted
        return batches

    def texts(self, batch: Batch) -> list[tuple[int, PassageText]]:
        """The parts of a call, ready to look for quotes in."""
        return [(share.part, self._text(share.part)) for share in batch]

    def _text(self, part: int) -> PassageText:
        if part not in self._texts:
            self._texts[part] = PassageText(self.parts[part])
        return self._texts[part]

    def take(self, part: int, question: Question) -> bool:
        """Whether the question is delivered now; else it is a spare."""
        if self.missing and self._open[part] > 0:
            self._open[part] -= 1
            self.count(question)
            return True
        self._spares.append(question)
        return False

    def count(self, question: Question) -> None:
        """The question is delivered."""
        self.stems.append(question.stem)

    def spares(self) -> list[Question]:
        """Spares for what is missing; they are delivered."""
        used, self._spares = self._spares[: self.missing], self._spares[self.missing :]
        for question in used:
            self.count(question)
        return used
