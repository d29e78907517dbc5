"""Sentences with a name, number or term left out: items where the grammar gives no better question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from backend.utils.stems import content_stems

from . import lexicon as lx
from .anchors import anchored, cuts_name, in_list
from .asking import Draft, complete
from .clauses import Span, after_connective, noun_phrase
from .drafting import progressive
from .extents import starts_clause
from .lexicon import words
from .quantities import counts, in_range, is_year, named_in_passing
from .reading import TO_ANYBODY, Document, Reading
from .tagging import Token
from .terms import Term, Vocabulary, core_of, display, is_noun
from .verbs import PAST, THIRD, VERBS

_FEWEST_WORDS, _MOST_WORDS = 6, 34
_MOST_PER_SENTENCE = 3
_ROUGH = words("about roughly approximately nearly almost over than least most around some estimated up")
_LISTED = 0.08
_RECALLED = 0.15
"""What a gap without options is worth less than a question: it asks for a word rather than a fact."""
_NO_NAME = {"name": 0.0, "term": 0.08, "year": 0.12, "number": 0.12}
"""What it is worth less again where others may fit as well, or few are worth knowing by heart."""
_LEAST_LETTERS = 5
_FIRST = 0.1
"""What a gap is worth less that opens the sentence: nothing has been said when the reader meets it."""
_LEAST_ASKED = 6
_DESCRIBES = words("named called who whose known which that termed")
_LOOSE = 0.06
"""What a sentence is worth less that speaks to the reader."""
_MOST_WITH_CONTEXT = 46
_STARTERS = words("so now and but then here okay ok well also next lastly finally first second third again")
_BACKWARDS = words("this that these those it its they their them he she his her such both latter former one")
_OF_THE_SPEAKER = words(
    "i me my mine example myself ourselves yourself let lets let's let’s video videos slide"
)
_TO_READER = words("i we you us me my our your ours yours myself yourself ourselves")
_ASIDE = re.compile(r"\s\((?!n\))[^()]*\)")
_OF_ITSELF = re.compile(
    r"\b(?:videos?|slides?|links?|check out|explained|described|discussed|above|below|chapters?|take a look|"
    r"have a look|see you)\b",
    re.IGNORECASE,
)
_OF_A_NAME = re.compile(r"\b[A-Z]\w+ of (?:the )?$")
_CITED = re.compile(r"^,? \d{4}[a-z]?\)")
_STOPPED_TWICE = re.compile(r"([.!?][”\"’'])\.$")
_CONTRACTED = re.compile(r"n[’']t\b")
_LABEL = re.compile(
    r"^[^:]{1,40}:|\b(?:Figs?|Sec|Eqs?|Lemma|Theorem|Proposition|Corollary|Table|Figure|Section|Appendix)\b"
)
"""What begins with a label or speaks of the numbered parts of its own text."""
_FINITE = frozenset({"VZ", "VP", "VD", "MD", "BE", "HV", "DO"})
_ODD_MARKS = frozenset("?!—…*/[]")


@dataclass(frozen=True, slots=True)
class Blank:
    """A sentence with a gap."""

    before: str
    after: str
    answer: str
    what: str
    """What is missing, for a reader: year, number, name, term."""
    term: str
    """The answer as the vocabulary lists it; empty for years and numbers."""
    score: float
    reading: Reading
    context: str = ""
    """The sentence before, where this one points at it."""
    recallable: bool = True
    """Whether the frame says enough without options beside it."""
    asks: str = ""
    """The word that stands for the gap where it is the whole subject: Who, What; else empty."""

    @property
    def to_complete(self) -> Draft:
        """With options beside it."""
        if self.asks:
            return self._draft(f"Which of the following {self.after.strip().rstrip(' .;,')}?", "subject")
        whole = _STOPPED_TWICE.sub(r"\1", f"{self.context} {self.before}_____{self.after}".strip())
        whole = re.sub(r"[,;:]+\.$", ".", whole)
        return self._draft(f"Complete the sentence: {whole}", self._kind)

    @property
    def to_recall(self) -> Draft:
        """Without options: the question says what kind of thing is missing."""
        telling = len(self.after.split()) >= _LEAST_ASKED and ", which" not in self.after
        if self.asks in {"Who", "What"} and telling:
            draft = self._draft(f"{self.asks} {self.after.strip().rstrip(' .;,')}?", "subject")
            return replace(draft, score=draft.score - _RECALLED)
        sentence = f"{self.context} {self.before}…{self.after}".strip().rstrip(" .")
        sentence = sentence.replace("“", "‘").replace("”", "’")
        draft = self._draft(f"Which {self.what} is missing: “{sentence}”?", self._kind)
        return replace(draft, score=draft.score - _RECALLED - _NO_NAME[self.what])

    @property
    def _kind(self) -> str:
        return {"number": "number", "year": "date"}.get(self.what, "cloze")

    def _draft(self, stem: str, kind: str) -> Draft:
        topic = self.term or self.reading.sentence.text[:30].lower()
        return Draft(stem, self.answer, kind, self.score, topic, self.reading.sentence)


def blanks(document: Document, vocabulary: Vocabulary, reading: Reading) -> list[Blank]:
    """The best gaps of a sentence that says something by itself, the best one first."""
    told = _told(reading)
    if told is None:
        return []
    return _gaps(document, vocabulary, reading, told)


def loose_blanks(document: Document, vocabulary: Vocabulary, index: int) -> list[Blank]:
    """Gaps of a sentence that speaks to the reader, or goes on from the one before, which is then shown."""
    reading = document.readings[index]
    if _told(reading) is not None:
        return []
    told = _spoken(reading)
    context = ""
    if told is None:
        context = _before(document, index)
        told = _spoken(reading, pointing=True) if context else None
    if told is None:
        return []
    found = [_beside(b, context) for b in _gaps(document, vocabulary, reading, told)]
    return [b for b in found if b is not None]


def _beside(blank: Blank, context: str) -> Blank | None:
    """The gap with its context, unless that gives it away."""
    if content_stems(blank.answer) & content_stems(context) or blank.answer.lower() in context.lower():
        return None
    return replace(blank, context=context, asks="", score=blank.score - _LOOSE - 0.02 * bool(context))


def _before(document: Document, index: int) -> str:
    """The sentence that stands right before in its paragraph, where it points at nothing itself."""
    if index == 0:
        return ""
    reading, before = document.readings[index], document.readings[index - 1]
    one, two = before.sentence, reading.sentence
    adjacent = one.block == two.block and two.position - one.position - len(one.text) <= 3
    whole = (_told(before) or _spoken(before) or _introduces(before)) is not None
    short = len(one.text.split()) + len(two.text.split()) <= _MOST_WITH_CONTEXT
    points = any(t.tag == "PR" and t.low not in TO_ANYBODY for t in before.tokens)
    return one.text if adjacent and whole and short and not points and not one.illustrates else ""


def _introduces(reading: Reading) -> Span | None:
    """A whole sentence that does not point back, for one that is to follow it."""
    told = _spoken(reading, pointing=True)
    words = reading.tokens[told[0] : told[1]] if told else ()
    return None if any(t.low in _BACKWARDS for t in words[:4]) else told


def _spoken(reading: Reading, *, pointing: bool = False) -> Span | None:
    """The sentence without its first "So" or "Now", if it is a whole one; ``pointing``: at what it likes."""
    tokens = reading.tokens
    start = after_connective(tokens, 0, len(tokens))
    while start < len(tokens) - 1 and tokens[start].low in _STARTERS:
        start += 1 + (tokens[start + 1].tag == ",")
    end = len(tokens) - (tokens[-1].text == ".")
    words = tokens[start:end]
    if (
        start >= end
        or tokens[start].tag in {"WH", "VB", "EX"} | _FINITE
        or not _FEWEST_WORDS < reading.words((start, end)) <= _MOST_WORDS
        or any(t.low in _OF_THE_SPEAKER or t.text in _ODD_MARKS for t in words)
        or _CONTRACTED.search(reading.sentence.text)
        or _LABEL.search(reading.sentence.text)
        or _OF_ITSELF.search(reading.sentence.text)
        or not _paired(words)
        or not any(t.tag in _FINITE for t in words)
        or (tokens[start].tag == "SB" and not any(t.tag == "," for t in words))
    ):
        return None
    return (start, end) if pointing or reading.tells(start, end, to_reader=True) else None


def _gaps(document: Document, vocabulary: Vocabulary, reading: Reading, told: Span) -> list[Blank]:
    found = [*_terms(document, vocabulary, reading, told), *_numbers(reading, told)]
    found = [replace(b, score=b.score - document.aside(reading)) for b in found]
    found.sort(key=lambda b: -b.score)
    return found[:_MOST_PER_SENTENCE]


def _told(reading: Reading) -> Span | None:
    """The most of the sentence that stands alone, without "However," and without clauses hung on its end."""
    tokens = reading.tokens
    start = after_connective(tokens, 0, len(tokens))
    informal = _CONTRACTED.search(reading.sentence.text) or _LABEL.search(reading.sentence.text)
    informal = informal or _OF_ITSELF.search(reading.sentence.text)
    story = reading.clause is not None and progressive(reading.clause)
    if informal or story or tokens[start].tag in {"WH", "RB", "CC", "VB", "PR", "EX"} | _FINITE:
        return None
    whole = len(tokens) - (tokens[-1].text == ".")
    for end in (whole, *_cuts(reading, start)):
        words = tokens[start:end]
        if (
            _FEWEST_WORDS <= reading.words((start, end)) <= _MOST_WORDS
            and not any(t.low in _TO_READER or t.text in _ODD_MARKS for t in words)
            and _paired(words)
            and _says_something(reading, words)
            and reading.tells(start, end)
        ):
            return start, end
    return None


def _says_something(reading: Reading, words: tuple[Token, ...]) -> bool:
    """Whether there is a verb, and behind a clause with "while" or "if" another one."""
    hung = words[0].tag == "SB" and not any(t.tag == "," for t in words)
    verb = any(t.tag in _FINITE for t in words) or (
        reading.clause is not None and any(t.tag == "VN" and t.low in PAST for t in words)
    )
    return verb and not hung


def _paired(tokens: tuple[Token, ...]) -> bool:
    marks = [t.text for t in tokens]
    return (
        marks.count("(") == marks.count(")")
        and marks.count("“") == marks.count("”")
        and marks.count('"') % 2 == 0
    )


def _cuts(reading: Reading, start: int) -> list[int]:
    """Where a clause after the main one begins, the last first."""
    clause, tokens = reading.clause, reading.tokens
    if clause is None:
        return []
    return [
        i
        for i in range(len(tokens) - 2, max(clause.verb + 3, start + _FEWEST_WORDS), -1)
        if _hung_on(tokens, i) and complete(reading, (clause.verb, i))
    ]


def _hung_on(tokens: tuple[Token, ...], i: int) -> bool:
    """Whether what begins at the token can be left out: "; ...", ", which ...", ", and the ... was"."""
    follows = tokens[i + 1]
    if tokens[i].text == ";":
        return True
    if tokens[i].tag == "SB":
        return tokens[i].low in {"because", "although", "though", "whereas", "while", "since"}
    if tokens[i].text != ",":
        return False
    if follows.tag in {"WH", "SB", "VG"} or follows.low in {"but", "with"}:
        return True
    return follows.tag == "CC" and starts_clause(tokens, i + 2, len(tokens))


def _terms(document: Document, vocabulary: Vocabulary, reading: Reading, told: Span) -> Iterator[Blank]:
    i = told[0]
    while i < told[1]:
        phrase = noun_phrase(reading.tokens, i, told[1])
        if phrase is None:
            i += 1
            continue
        core = core_of(reading, (i, phrase[0]))
        term = vocabulary.terms.get(display(reading, core).lower()) if core else None
        if core is not None and term is not None and _is_term_here(reading, term, core):
            worth = _worth(document, vocabulary, term)
            if worth:
                worth -= _LISTED if in_list(reading, (i, phrase[0])) else 0.0
                asks = _asks(vocabulary, reading, term, core) if _tellable(document, term) else ""
                yield from _blank(reading, told, core, term, worth, asks)
        i = phrase[0]


def _is_term_here(reading: Reading, term: Term, core: Span) -> bool:
    """Whether the words stand as a term here: not "a Norman", not "the accounts share a feature"."""
    tokens = reading.tokens
    if term.name:
        return core[0] == 0 or tokens[core[0] - 1].low not in {"a", "an"}
    follows = tokens[core[1]].tag if core[1] < len(tokens) else ""
    head = tokens[core[1] - 1].low
    particle = core[1] < len(tokens) and tokens[core[1]].low in {"up", "down", "out", "off"}
    return not ((head in VERBS or head in THIRD) and (particle or follows in {"DT", "PS"}))


def _tellable(document: Document, term: Term) -> bool:
    """Whether a question without the sentence's frame can mean this: not "the opening" or "the network"."""
    return term.name or term.size > 1 or bool(term.genus) or term.low in document.heading_words


def _worth(document: Document, vocabulary: Vocabulary, term: Term) -> float:
    """How well a term serves as a key; 0 where a reader could not know that it is meant."""
    if term.low in lx.NEVER_OPTIONS or vocabulary.general(term) or term.ends_in_name or term.loose:
        return 0.0
    if term.name:
        return 0.6 if term.size > 1 else 0.56
    topical = any(w in document.heading_words for w in term.low.split())
    if not is_noun(term) or not (
        term.genus or term.count >= 3 or (term.size > 1 and (topical or term.count >= 2))
    ):
        if not is_noun(term):
            return 0.0
        return 0.43 if term.size > 1 else 0.44 if term.count >= 2 and len(term.low) >= _LEAST_LETTERS else 0.0
    if term.size == 1 and not term.genus and not topical:
        return 0.46
    return 0.5 + 0.04 * bool(term.genus) + 0.03 * (term.size > 1) + 0.01 * min(term.count, 5)


def _numbers(reading: Reading, told: Span) -> Iterator[Blank]:
    tokens = reading.tokens
    if tokens[told[0]].low in {"if", "suppose", "imagine"}:
        return
    for i in range(max(told[0], 1), min(told[1], len(tokens) - 1)):
        if tokens[i].tag != "CD" or not tokens[i].text[0].isdigit():
            continue
        before, after = tokens[i - 1], tokens[i + 1]
        if is_year(reading, i):
            if not named_in_passing(tokens, i):
                yield from _blank(reading, told, (i, i + 1), "year", 0.6)
        elif (
            before.tag not in {"NP", "NN", "CD"}
            and before.text.isalpha()
            and not in_range(tokens, i)
            and counts(after.tag, after.low)
        ):
            rough = any(t.low in _ROUGH for t in tokens[max(0, i - 3) : i])
            if not rough:
                yield from _blank(reading, told, (i, i + 1), "number", 0.58)


def _asks(vocabulary: Vocabulary, reading: Reading, term: Term, core: Span) -> str:
    """The question word for a gap that is all of the subject; "Which" where only options make it clear."""
    clause = reading.clause
    if (
        clause is None
        or clause.lead[0] < clause.lead[1]
        or clause.negated
        or clause.subject[1] != core[1]
        or reading.tokens[core[1]].tag == ","
        or any(t.tag != "DT" for t in reading.tokens[clause.subject[0] : core[0]])
        or '"' in reading.sentence.text
    ):
        return ""
    if clause.plural or reading.tokens[clause.subject[0]].low not in {"the", "a", "an", term.low.split()[0]}:
        return "Which"
    sort = vocabulary.sort_of(term) if term.name else "term" if term.text.islower() else ""
    return "Who" if sort == "person" else "What" if sort in {"term", "body"} else "Which"


def _blank(
    reading: Reading, told: Span, span: Span, key: Term | str, score: float, asks: str = ""
) -> Iterator[Blank]:
    """The gap at ``span``, unless the rest of the sentence gives it away."""
    start, end = told
    text = reading.sentence.text
    answer = reading.text(span)
    before = text[reading.tokens[start].start : reading.tokens[span[0]].start]
    after = text[reading.tokens[span[1] - 1].end : reading.tokens[end - 1].end] + "."
    if answer.lower().startswith(("term ", "word ")):
        return
    before = _ASIDE.sub("", re.sub(r"\b([Aa])n? $", r"\1(n) ", before))
    after = _ASIDE.sub("", after)
    rest = f"{before} {after}"
    part_of_name = after[4:5].isupper() and answer[0].isupper()
    if _OF_A_NAME.search(before) and answer[0].isupper():
        return
    if _CITED.match(after) or (key == "number" and _CITED.match(f" {answer}{after}")):
        return
    if after.startswith(" of ") and (part_of_name or before[-4:].lower() != "the "):
        return
    if before.lower().endswith(("in ", "as ", "by ")) and after.startswith((" to ", " with ")):
        return  # "in addition to" is one word in three
    glued = cuts_name(reading, span) or before[-1:].isalnum() or after[:1] not in {" ", ",", ".", ";", ":"}
    if glued or answer.lower() in rest.lower() or content_stems(answer) & content_stems(rest):
        return
    if before:
        before = before[0].upper() + before[1:]
    score -= 0.004 * max(0, reading.words(told) - 18)
    if len(after.split()) < _LEAST_ASKED or after.split()[0] in _DESCRIBES:
        asks = ""
    if not before and not asks:
        score -= _FIRST
    what = key if isinstance(key, str) else "name" if key.name else "term"
    low = "" if isinstance(key, str) else key.low
    asks = asks if span[0] <= start + 1 else ""
    named = not isinstance(key, str) and key.name
    recallable = anchored(reading, told, span, named=named, counted=isinstance(key, str), asked=asks)
    yield Blank(before, after, answer, what, low, score, reading, asks=asks, recallable=recallable)
