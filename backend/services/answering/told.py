"""What an answer has told so far, kept small: with a thousand at a time it is most of what each one holds."""

from __future__ import annotations

import pickle
import zlib
from array import array

from backend.models.answers import AnswerEvent, Token


class ToldEvents:
    """Events in their order; the tokens among them are one text and the places where each ends."""

    __slots__ = ("_ends", "_others", "_packed", "_text")

    def __init__(self) -> None:
        self._text = ""
        self._ends = array("I")
        """Of every event: as many characters of the text had been told after it."""
        self._others: dict[int, AnswerEvent] = {}
        self._packed = b""

    def __len__(self) -> int:
        """How many."""
        return len(self._ends)

    def append(self, event: AnswerEvent) -> None:
        """The next event."""
        if isinstance(event, Token):
            self._text += event.text
        else:
            self._others[len(self._ends)] = event
        self._ends.append(len(self._text))

    def between(self, first: int, last: int) -> list[AnswerEvent]:
        """Those from the ``first``, counted from 0, to before the ``last``."""
        if self._packed:
            self._text, self._others = pickle.loads(zlib.decompress(self._packed))  # noqa: S301 - see pack
            self._packed = b""
        return [self._event(place) for place in range(first, min(last, len(self)))]

    def pack(self) -> None:
        """Keep them in a quarter of the memory until somebody reads them; nothing is added any more.

        Passages are most of it. The bytes never leave this object.
        """
        if not self._packed:
            self._packed = zlib.compress(pickle.dumps((self._text, self._others), pickle.HIGHEST_PROTOCOL), 1)
            self._text, self._others = "", {}

    def _event(self, place: int) -> AnswerEvent:
        other = self._others.get(place)
        if other is not None:
            return other
        return Token(self._text[self._ends[place - 1] if place else 0 : self._ends[place]])
