"""How a document writes its words: what keeps its capital inside sentences is a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import gazetteer
from . import lexicon as lx

TOKEN = re.compile(r"\d+(?:[.,]\d+)*(?:(?:s|st|nd|rd|th)\b)?|[^\W\d_]+(?:[-’'‐‑][^\W_]+)*|\w+|[^\w\s]")


@dataclass(slots=True)
class Casing:
    """How a document writes its words away from the start of sentences: what is a name, what is not."""

    capital: Counter[str] = field(default_factory=Counter)
    lower: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, sentences: Iterable[str]) -> Casing:
        """Counts over the sentences of a document."""
        casing = cls()
        for sentence in sentences:
            for match in TOKEN.finditer(sentence):
                word = match.group().removesuffix("'s").removesuffix("’s")
                if not word[:1].isalpha():
                    continue
                if word[0].islower():
                    casing.lower[word] += 1
                elif match.start() > 1:
                    casing.capital[word.lower()] += 1
        return casing

    def is_name(self, word: str) -> bool:
        """Whether a capitalised word keeps its capital inside a sentence."""
        word = word.removesuffix("'s").removesuffix("’s")
        low = word.lower()
        if not self.lower[low] and (
            low.endswith(("ian", "ese")) or low in gazetteer.PLACES or low in gazetteer.LANGUAGES
        ):
            return True
        return any(c.isupper() for c in word[1:]) or self.capital[low] > self.lower[low]


_IN_BRACKETS = re.compile(r"(?<=\s)(?:\([^()]*\)|\[[^\[\]]*\])")
_ORDINAL_ENDINGS = ("st", "nd", "rd", "th")


def without_asides(sentence: str) -> str:
    """The sentence with spaces for what stands in brackets, which belongs to no clause; offsets stay."""
    return _IN_BRACKETS.sub(lambda m: " " * len(m.group()), sentence)


def numeral_tag(low: str) -> str:
    """The tag of a word that is a number, a decade or an ordinal in digits; "" for other words."""
    if low[0].isdigit() and low[-1].isalpha():
        return "NS" if low.endswith("0s") else "JJ" if low.endswith(_ORDINAL_ENDINGS) else "CD"
    named = all(part in lx.NUMBER_WORDS for part in low.split("-"))
    return "CD" if low[0].isdigit() or named else ""
