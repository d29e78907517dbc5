"""Where a model's quote stands in a passage: exact text for words that may be written differently."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from backend.models.documents import Passage
from backend.utils.sentences import spans
from backend.utils.stems import content_stems

LONGEST = 700
"""Characters of a quote: a few sentences, so that a reader finds the answer in it."""

_LEAST_LETTERS = 12
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
"""Numbers that must agree between what is said and where it comes from."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of a passage's text, in whole sentences."""

    passage: Passage
    start: int
    text: str


class _Plain(dict[str, str]):
    """Characters without case and compatibility forms, filled as they are met."""

    def __missing__(self, character: str) -> str:
        plain = unicodedata.normalize("NFKC", character).casefold()
        self[character] = plain
        return plain


_PLAIN = _Plain()


@lru_cache(maxsize=1024)
def folded(text: str) -> FoldedText:
    """``text`` made ready to be searched; quotes and options are searched many times."""
    return FoldedText(text)


class FoldedText:
    """A text by its letters and digits alone, so that spaces, quotation marks and hyphens do not matter."""

    def __init__(self, text: str) -> None:
        self.text = text
        letters: list[str] = []
        self._places: list[int] = []
        for place, character in enumerate(text):
            for letter in _PLAIN[character]:
                if letter.isalnum() or _in_number(letter, text, place):
                    letters.append(letter)
                    self._places.append(place)
        self.letters = "".join(letters)

    def find(self, wanted: str) -> tuple[int, int] | None:
        """Start and end in ``text`` of the first place where ``wanted`` stands, in whole words."""
        letters = folded(wanted).letters
        position = self.letters.find(letters) if letters else -1
        while position >= 0:
            start, end = self._places[position], self._places[position + len(letters) - 1] + 1
            if self._is_edge(start) and self._is_edge(end):
                return start, end
            position = self.letters.find(letters, position + 1)
        return None

    def _is_edge(self, place: int) -> bool:
        return not (0 < place < len(self.text) and self.text[place - 1 : place + 1].isalnum())


def folded_text(text: str) -> str:
    """Letters and digits of ``text``, in lower case and without compatibility forms."""
    return folded(text).letters


def _in_number(letter: str, text: str, place: int) -> bool:
    """Whether a full stop or comma stands between digits."""
    return letter in ".," and text[place - 1 : place].isdigit() and text[place + 1 : place + 2].isdigit()


class PassageText:
    """A passage in which quotes are looked for."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.text = passage.text
        self._folded = FoldedText(self.text)
        self._sentences = list(spans(self.text))

    def quote(self, wanted: str) -> Quote | None:
        """The sentences that hold ``wanted``; None where its words do not stand there or are too few."""
        if len(folded_text(wanted)) < _LEAST_LETTERS:
            return None
        found = self._folded.find(wanted)
        return None if found is None else self._whole(*found)

    def sentence_for(self, stem: str, answer: str) -> Quote | None:
        """The sentence that holds the answer word for word and shares most with the question."""
        asked = content_stems(stem)
        holding = [
            (len(asked & content_stems(self.text[start:end])), -start, end)
            for start, end in self._sentences
            if folded(self.text[start:end]).find(answer)
        ]
        if not holding:
            return None
        shared, start, end = max(holding)
        return self._whole(-start, end) if shared else None

    def _whole(self, start: int, end: int) -> Quote | None:
        touched = [(s, e) for s, e in self._sentences if s < end and e > start]
        start, end = min(start, touched[0][0]), max(end, touched[-1][1])
        return Quote(self.passage, start, self.text[start:end]) if end - start <= LONGEST else None


def supports(quote: str, answer: str, *, share: float) -> bool:
    """Whether the answer stands in the quote, or says with mostly its words nothing that is not in it.

    ``share``: of the answer's content words, those that must stand in the quote. Every number must.
    """
    if folded(quote).find(answer):
        return True
    if denies(answer) != denies(quote) or not set(NUMBER.findall(answer)) <= set(NUMBER.findall(quote)):
        return False
    said = content_stems(answer)
    return bool(said) and len(said & content_stems(quote)) >= share * len(said)


def denies(text: str) -> bool:
    """Whether a text says that something is not so."""
    return (
        re.search(r"\b(?:not|no|never|none|neither|nor|cannot|without)\b|n['\u2019]t\b", text, re.IGNORECASE)
        is not None
    )
