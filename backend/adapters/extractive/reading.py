"""What the writer knows of the text: each sentence with its clause, and how the document uses its words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from backend.models.documents import Passage
from backend.utils.stems import content_stems

from . import lexicon as lx
from .casing import Casing, without_asides
from .clauses import Clause, Span, parse
from .extents import phrase_end
from .gazetteer import GIVEN_NAMES
from .glossary import Entry
from .lexicon import words
from .pointing import harmless
from .sentences import Sentence, read
from .tagging import NOUN, Token, tag

_ASIDE = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
_DEMONSTRATIVE = words(
    """
    this that these those such another other others same former latter following above below previous
    next
    """,
)
_YEAR = re.compile(r"1\d{3}|20[0-4]\d")
TO_ANYBODY = words("we you us your our")
_OWNED = words("his her its their whose")
_BARE, _OFTEN = 2, 5
_DIRECTIONS = words("north south east west")
_LONG_TEXT, _SELDOM, _IN_PASSING = 30_000, 2, 0.15
"""Characters from which a text has enough to ask about; what a subject loses that it names in passing."""
_SHARED = 2
"""Words that a definition in the text shares with the one in the list, where both tell what a thing is."""
_LISTED = 0.12
"""What a question about a term is worth more that the document's authors list as one to know."""
_SELF_REFERENCE = words(
    """
    chapter section figure table passage text book textbook author authors paragraph lesson module unit
    video course page diagram paper article lecture appendix equation slide notebook handbook brochure leaflet
    """,
)


@dataclass(frozen=True)
class Reading:
    """One sentence, analysed."""

    sentence: Sentence
    tokens: tuple[Token, ...]
    casing: Casing
    antecedent: str = ""
    """What the pronoun means that is its subject; empty where that is not plain, or it is none."""

    @cached_property
    def clause(self) -> Clause | None:
        """The main clause, where the tags make one."""
        return parse(self.tokens)

    def index_at(self, offset: int) -> int:
        """The first token that begins at a character of the sentence or behind it."""
        return next((i for i, t in enumerate(self.tokens) if t.start >= offset), len(self.tokens))

    def text(self, span: Span) -> str:
        """The words of a span as written."""
        start, end = span
        if start >= end:
            return ""
        return self.sentence.text[self.tokens[start].start : self.tokens[end - 1].end]

    def plain(self, span: Span) -> str:
        """The words of a span for a stem: no parentheses, and a capital only where a name has one."""
        if self._is_bound(span):
            return self.antecedent
        text = " ".join(_ASIDE.sub("", self.text(span)).split()).strip(" ,")
        if not text or not self._sentence_start(span[0]):
            return text
        first = self.tokens[span[0]]
        if first.text[0].isupper() and not self._keeps_capital(span[0]):
            text = text[0].lower() + text[1:]
        return text

    def words(self, span: Span) -> int:
        """Number of words in a span."""
        return sum(t.text[0].isalnum() for t in self.tokens[span[0] : span[1]])

    def object(self, start: int) -> Span:
        """The object or complement that begins at ``start``."""
        end = len(self.tokens)
        while (
            end > start
            and self.tokens[end - 1].text in {".", "”", '"', "’", "'"}
            and self.tokens[end - 1].text != "”"
            and not (self.tokens[end - 1].text == '"' and self._opened(start, end - 1))
        ):
            end -= 1
        return start, phrase_end(self.tokens, start, min(end, len(self.tokens)))

    def _opened(self, start: int, end: int) -> bool:
        """Whether a quotation begins in the span and does not end in it."""
        return sum(t.text == '"' for t in self.tokens[start:end]) % 2 == 1

    def _sentence_start(self, index: int) -> bool:
        return index == 0 or self.tokens[index - 1].text in {"“", '"', ":"}

    def _keeps_capital(self, index: int) -> bool:
        """A word at the start that the tagger took for a name, or that has a capital inside."""
        token = self.tokens[index]
        if token.tag == "NP" or (token.tag == "PO" and self.casing.is_name(token.text)):
            return True
        return any(c.isupper() for c in token.text[1:]) or token.text[1:2] == "-"

    def stands_alone(self, span: Span, *, own: bool = False) -> bool:
        """Whether a reader who sees only these words knows what they speak of.

        ``own``: "its" and "their" are bound inside the stem.
        """
        start, end = span
        return self._is_bound(span) or (
            end > start
            and all(self._bound(i, end, own=own) for i in range(start, end))
            and self._definite(start, end)
        )

    def _is_bound(self, span: Span) -> bool:
        """Whether the span is the pronoun whose meaning is known."""
        return bool(self.antecedent) and self.clause is not None and span == self.clause.subject

    def tells(self, start: int, end: int, *, to_reader: bool = False) -> bool:
        """Whether a part of the sentence that holds its main clause points at nothing outside it.

        ``to_reader``: "we" and "you" are nobody in particular, as in a talk.
        """
        verb = self.clause.verb if self.clause else self._first_verb(start, end)
        return (
            end > start
            and all(
                self._bound(i, end, own=False)
                or self._possessed(i, start)
                or self._tolerable(i, end)
                or (to_reader and self.tokens[i].low in TO_ANYBODY)
                for i in range(start, end)
            )
            and self._definite(start, min(verb, end))
        )

    def _first_verb(self, start: int, end: int) -> int:
        finite = {"VZ", "VP", "VD", "MD", "BE", "HV", "DO"}
        return next((i for i in range(start, end) if self.tokens[i].tag in finite), end)

    def _tolerable(self, index: int, end: int) -> bool:
        """Words that point too vaguely for a question but do no harm in a whole sentence."""
        low = self.tokens[index].low
        follows = self.tokens[index + 1].tag if index + 1 < end else ""
        return low in {"now", "today"} or (follows in NOUN and (low == "one" or low in lx.COMPARATIVES))

    def _possessed(self, index: int, start: int) -> bool:
        """Whether "his" or "its" has its owner before it in the sentence."""
        if self.tokens[index].tag != "PS" or self.tokens[index].low not in _OWNED:
            return False
        owners = {"NP", "PO"} if self.tokens[index].low in {"his", "her"} else NOUN | {"PO"}
        return any(t.tag in owners for t in self.tokens[start:index])

    def _bound(self, index: int, end: int, *, own: bool) -> bool:
        token = self.tokens[index]
        low = token.low
        if token.tag == "PR":
            return low in {"itself", "themselves", "oneself"}
        if token.tag == "PS":
            return own and low in {"its", "their", "whose", "his", "her"}
        if (
            low in _SELF_REFERENCE
            and index > 0
            and self._of_this_text(index)
            and (index + 1 >= len(self.tokens) or self.tokens[index + 1].tag not in NOUN)
        ):
            return False
        if (
            low in {"aforementioned", "next"}
            or (low == "different" and self.tokens[index - 1].low == "a")
            or (low in lx.COMPARATIVES and not self._compared(end))
        ):
            return False
        if low in _DEMONSTRATIVE and token.tag in {"DT", "JJ", "IN", "NS", "NN"}:
            return harmless(self.tokens, index, end)
        if low in {"one", "ones"}:
            return index + 1 < end and self.tokens[index + 1].low in {"of", "or"}
        return not (token.tag == "RB" and low in lx.POINTERS)

    def _of_this_text(self, index: int) -> bool:
        """Whether "chapter" and its like mean the text itself: "the chapter", "the introductory chapter"."""
        before = {"the", "this", "previous", "next", "our", "that"}
        if self.tokens[index - 1].low in before:
            return True
        far = self.tokens[index - 2].low if index > 1 else ""
        return far in before and self.tokens[index].low in {"chapter", "section", "textbook", "lesson"}

    def _compared(self, end: int) -> bool:
        return any(t.low == "than" for t in self.tokens[:end])

    def _definite(self, start: int, end: int) -> bool:
        """Whether each definite phrase carries its referent, as in "the process of osmosis"."""
        i = start
        while i < end:
            if self.tokens[i].low in {"the", "both", "each"} or self.tokens[i].tag == "CD":
                stop = i + 1
                while stop < end and self.tokens[stop].tag in {
                    "JJ",
                    "NN",
                    "NS",
                    "NP",
                    "VN",
                    "VG",
                    "CD",
                    "RB",
                    "PO",
                    "DT",
                }:
                    stop += 1
                if self._needs_referent(i, stop, end):
                    return False
                i = stop
            i += 1
        return True

    def _needs_referent(self, start: int, stop: int, end: int) -> bool:
        phrase = self.tokens[start + 1 : stop]
        if not phrase:
            first = self.tokens[start]
            number = first.tag == "CD" and stop >= end and not _YEAR.fullmatch(first.text)
            return number or first.low in {"the", "each"}
        head = phrase[-1].low
        ordinal = phrase[0].low in {"first", "second", "third", "fourth", "last"}
        if ordinal and len(phrase) <= _BARE and (stop >= end or self.tokens[stop].tag != "IN"):
            return True
        follows = self.tokens[stop].tag if stop < end else ""
        if follows in {"IN", "WH", "VN", "TO", "CD"} and self.tokens[start].low != "both":
            return False
        described = sum(
            t.tag in {"JJ", "NN", "NP", "VN", "PO"} and t.low not in lx.GENERIC_ADJECTIVES
            for t in phrase[:-1]
        )
        if self.tokens[start].tag == "CD":
            return (
                head in lx.VAGUE_HEADS
                and not described
                and self.tokens[start].low in {"two", "three", "four"}
                and start == 0
            )
        return head in lx.VAGUE_HEADS | lx.ONE_OF_MANY | _DIRECTIONS and not described


@dataclass(frozen=True)
class Document:
    """All passages of a request, read."""

    passages: tuple[Passage, ...]
    readings: tuple[Reading, ...]
    headings: tuple[str, ...]
    casing: Casing
    terms: tuple[Entry, ...] = ()
    """What the document's own lists of key terms say."""

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Document:
        """Reads the passages; sentences that are not prose are left out."""
        contents = read(passages)
        sentences = contents.sentences
        casing = Casing.of(s.text for s in sentences)
        readings = tuple(Reading(s, tuple(tag(without_asides(s.text), casing)), casing) for s in sentences)
        return cls(tuple(passages), readings, tuple(contents.headings), casing, tuple(contents.terms))

    @cached_property
    def length(self) -> int:
        """Characters of all passages."""
        return sum(len(p.text) for p in self.passages)

    @cached_property
    def told_first(self) -> tuple[int, ...]:
        """Positions in ``readings`` of the sentences that no sentence before repeats word for word."""
        first: dict[str, int] = {}
        for index, reading in enumerate(self.readings):
            first.setdefault(reading.sentence.text, index)
        return tuple(first.values())

    @cached_property
    def frequency(self) -> Counter[str]:
        """How often each noun occurs (singular and plural apart)."""
        return Counter(t.low for r in self.readings for t in r.tokens if t.tag in NOUN)

    @cached_property
    def _indefinite(self) -> dict[tuple[int, str], int]:
        """Where "a traveler" stands: (paragraph, noun) to the position of its sentence."""
        found: dict[tuple[int, str], int] = {}
        for reading in self.readings:
            for i, token in enumerate(reading.tokens[:-1]):
                if token.low in {"a", "an"}:
                    noun = next((t.low for t in reading.tokens[i + 1 : i + 4] if t.tag in NOUN), "")
                    found.setdefault((reading.sentence.block, noun), reading.sentence.position)
        return found

    def standing(self, reading: Reading, clause: Clause) -> float:
        """What the document adds to the score of a question about a subject: below 0 for stories."""
        told = self.introduced(reading, clause) or self._one_of_many(reading, clause)
        passing = _IN_PASSING * self._in_passing(reading, clause.subject)
        listed = _LISTED * (self._bare(reading, clause.subject) in self.key_terms)
        return (
            0.12 * self.weight(reading, clause.subject) + listed - passing - 0.45 * told - self.aside(reading)
        )

    def _in_passing(self, reading: Reading, span: Span) -> bool:
        """Whether a long text speaks of no noun of the span more than once or twice."""
        if self.length < _LONG_TEXT:
            return False
        nouns = [t.low for t in reading.tokens[span[0] : span[1]] if t.tag in NOUN]
        return not any(self.frequency[n] > _SELDOM or n in self.heading_words for n in nouns)

    @staticmethod
    def _bare(reading: Reading, span: Span) -> str:
        """The words of a span in lower case without the article."""
        start, end = span
        return reading.plain((start + (reading.tokens[start].tag == "DT"), end)).lower()

    def defines(self, topic: str, answer: str) -> bool:
        """Whether an answer shares words with what the document's list says of the topic.

        True where the list does not have the topic.
        """
        listed = self._meanings.get(topic.removeprefix("the ").removeprefix("a ").removeprefix("an "))
        return listed is None or len(listed & content_stems(answer)) >= _SHARED

    @cached_property
    def _meanings(self) -> dict[str, frozenset[str]]:
        return {e.low: content_stems(e.said) for e in self.terms}

    @cached_property
    def key_terms(self) -> frozenset[str]:
        """The terms of the document's own lists, lower case, singular and plural."""
        lows = {e.low for e in self.terms}
        return frozenset(lows | {f"{low}s" for low in lows} | {low.removesuffix("s") for low in lows})

    def _one_of_many(self, reading: Reading, clause: Clause) -> bool:
        """Whether the subject is "the chair" or "the network" of a text that is not about such things."""
        start, end = clause.subject
        if end - start != _BARE or reading.tokens[start].low != "the" or reading.tokens[end - 1].tag != "NN":
            return False
        noun = reading.tokens[end - 1].low
        return noun not in self.heading_words and self.frequency[noun] < _OFTEN

    def aside(self, reading: Reading) -> float:
        """What a sentence of a made-up case or an example loses: "Ella believes that ..." is one."""
        clause = reading.clause
        bare = clause is not None and clause.subject[1] - clause.subject[0] == 1
        by_first_name = clause is not None and bare and clause.tokens[clause.head].low in GIVEN_NAMES
        return 0.3 * (reading.sentence.illustrates or by_first_name)

    def introduced(self, reading: Reading, clause: Clause) -> bool:
        """Whether "the traveler" goes back to "a traveler" in the paragraph: a figure of a story."""
        return any(
            self._points_back(reading, i)
            for i in range(clause.subject[0], reading.object(clause.rest[0])[1] - 1)
        )

    def _points_back(self, reading: Reading, index: int) -> bool:
        """Whether "the" and the bare noun after it repeat a noun with "a" of an earlier sentence."""
        tokens = reading.tokens
        if (
            tokens[index].low != "the"
            or tokens[index + 1].tag != "NN"
            or tokens[index + 2].tag in NOUN | {"IN", "JJ"}
        ):
            return False
        first = self._indefinite.get((reading.sentence.block, tokens[index + 1].low))
        return first is not None and first < reading.sentence.position

    @cached_property
    def heading_words(self) -> frozenset[str]:
        """Words of the headings, lower case."""
        titles = [*self.headings, *(e.term for e in self.terms)]
        return frozenset(w.lower() for t in titles for w in re.findall(r"\w+", t) if len(w) > 3)

    def weight(self, reading: Reading, span: Span) -> float:
        """How much the document is about the nouns of a span, 0..1."""
        nouns = [
            t.low
            for t in reading.tokens[span[0] : span[1]]
            if t.tag in NOUN | {"JJ"} and t.low not in lx.COMMON_NOUNS
        ]
        if not nouns:
            return 0.0
        often = max(min(self.frequency[n], 8) / 8 for n in nouns)
        return min(1.0, 0.7 * often + (0.3 if any(n in self.heading_words for n in nouns) else 0.0))
