"""Citations of a model's answer, checked while it is being written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.models.answers import Citation
from backend.models.documents import Passage
from backend.services.answering.prompts import NOT_IN_DOCUMENTS
from backend.services.model_questions.quotes import NUMBER, denies, supports
from backend.utils.sentences import spans
from backend.utils.stems import content_stems
from backend.utils.words import query_terms, terms_held

_SHARE = 0.5
"""Of a sentence's content words, those that must stand where it is said to come from."""
_FEW = 2
"""Content words under which a sentence is judged by all its words, as in scripts without spaces."""

_GROUP = re.compile(r"[ \t]*[\[【]\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*[\]】]")
_MAY_BE_GROUP = re.compile(r"[ \t]*(?:[\[【][\d\s,;]{0,24})?")
_OPENING = re.compile(r"[ \t]*[\[【]|[ \t]+$")
_MARKUP = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+|[*_`#>]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Window:
    """One to three sentences of a passage that stand together."""

    start: int
    end: int
    text: str
    sentences: tuple[str, ...]


class CitationReader:
    """Reads an answer piece by piece; what it hands on holds only markers that were checked.

    A marker is held back until it is whole and then compared with the sentence before it, so nothing that
    was handed on is ever taken back.
    """

    __slots__ = (
        "_claim",
        "_held",
        "_last_claim",
        "_opening",
        "_passages",
        "citations",
        "dropped",
        "says_nothing",
    )

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._held = ""
        self._claim = self._last_claim = ""
        self._opening = True
        self.says_nothing = False
        """Whether the model said that the passages do not answer."""
        self.dropped = 0
        self.citations: list[Citation] = []

    def feed(self, text: str) -> str:
        """What may be handed on by now."""
        self._held += text
        if self._opening and not self._opened():
            return ""
        return "" if self.says_nothing else self._checked(last=False)

    def finish(self) -> str:
        """The rest, at the end of the answer."""
        self._opening = False
        if self._held.strip().strip(".*`\"'") == NOT_IN_DOCUMENTS:
            self.says_nothing = True
        return "" if self.says_nothing else self._checked(last=True)

    def _opened(self) -> bool:
        """Whether it is clear that the answer is none or one of substance."""
        begun = self._held.lstrip().lstrip("*`\"'")
        if len(begun) < len(NOT_IN_DOCUMENTS) and NOT_IN_DOCUMENTS.startswith(begun):
            return False
        self.says_nothing = begun.startswith(NOT_IN_DOCUMENTS)
        self._held = self._held.lstrip()
        self._opening = False
        return True

    def _checked(self, *, last: bool) -> str:
        out: list[str] = []
        while self._held:
            opening = _OPENING.search(self._held)
            if opening is None:
                out.append(self._plain(len(self._held)))
                break
            out.append(self._plain(opening.start()))
            group = _GROUP.match(self._held)
            if group is not None:
                self._held = self._held[group.end() :]
                out.append(self._markers(re.findall(r"\d+", group[1])))
            elif not last and _MAY_BE_GROUP.fullmatch(self._held):
                break
            else:
                out.append(self._plain(opening.end() - opening.start()))
        return "".join(out)

    def _plain(self, length: int) -> str:
        text, self._held = self._held[:length], self._held[length:]
        self._claim += text
        return text

    def _markers(self, numbers: Sequence[str]) -> str:
        claim = _last_sentence(self._claim) or self._last_claim
        self._last_claim, self._claim = claim, ""
        kept: list[str] = []
        for number in dict.fromkeys(int(n) for n in numbers):
            window = self._support(number, claim)
            if window is None:
                self.dropped += 1
                continue
            kept.append(f"[{number}]")
            self.citations.append(_citation(number, self._passages[number - 1], window))
        return f" {''.join(kept)}" if kept else ""

    def _support(self, number: int, claim: str) -> _Window | None:
        """The sentences of a source that say what the claim says, if there are any."""
        if not 1 <= number <= len(self._passages) or not claim:
            return None
        text = self._passages[number - 1].text
        return next((w for w in _windows(text, tuple(spans(text))) if _says(w, claim)), None)


def _says(window: _Window, claim: str) -> bool:
    text, stems = window.text, content_stems(claim)
    if len(window.sentences) > 1 and not all(stems & content_stems(s) for s in window.sentences):
        return False  # a sentence that has nothing to do with it would lend its "not" and its numbers
    if len(stems) > _FEW:
        return supports(text, claim, share=_SHARE)
    terms = query_terms(claim)
    if not terms or denies(claim) != denies(text):
        return False
    if not set(NUMBER.findall(claim)) <= set(NUMBER.findall(text)):
        return False
    return sum(terms_held(terms, text)) >= _SHARE * len(terms)


def _last_sentence(text: str) -> str:
    """The last sentence of a text that has words, without Markdown."""
    plain = _MARKUP.sub("", text)
    sentences = [plain[start:end] for start, end in spans(plain)]
    return next((s for s in reversed(sentences) if re.search(r"\w", s)), "")


def _windows(text: str, sentences: Sequence[tuple[int, int]]) -> Iterator[_Window]:
    """Each sentence, then each two and three in a row: the shortest support is the best to show.

    Made one by one: all of them hold a passage twelve times, and a thousand answers are read at a time.
    """
    for count in (1, 2, 3):
        for first in range(len(sentences) - count + 1):
            some = sentences[first : first + count]
            start, end = some[0][0], some[-1][1]
            yield _Window(start, end, text[start:end], tuple(text[s:e] for s, e in some))


def _citation(number: int, passage: Passage, window: _Window) -> Citation:
    return Citation(
        number=number,
        chunk=passage.chunk_at(window.start),
        quote=window.text,
        start=passage.place_of(window.start),
        end=passage.place_of(window.end - 1) + 1,
        start_seconds=passage.second_of(window.start),
    )
