"""A multiple-choice quiz over one document: which stems to take, and three wrong options for each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from backend.models.questions import Order

from . import quiz_questions
from .asking import Draft
from .distractors import Distractors, Fit, numbers_beside
from .key_terms import KeyTerms
from .options import Descriptions, number_options, term_options
from .quiz_questions import Gap
from .reading import Document
from .selection import Wish, choose
from .terms import Vocabulary, is_noun

_LEAST, _LEAST_NEAR = 0.35, 0.15
_LEAST_ASKED = 0.0
"""Score of the last items of a quiz that is written on the fly, where so many are asked for."""
_ROUNDS = ((Fit(), _LEAST), (Fit(near=True), _LEAST_NEAR))
_ANY_KIND = Fit(near=True, any_kind=True)
_UNSURE, _UNSURE_SAID = 0.12, 0.3
"""What an item is worth less whose options may be of other kinds than its key: it only fills a place that
is left. What is said of things is asked for before most else, so it loses more."""
_MOST_PER_KEY = 4
_SMALL_NUMBER = 2
"""Letters of a key that many items may share: numbers below a hundred."""
_OFTEN = 4
_DIGITS = 4
"""Of a count that is no year: its neighbours are as round as it is."""
_WHOLE = 100
"""Percent."""
_BEST = 3
_PASSING = 0.22
_AMBIGUOUS = 0.3
"""What a gap for a term is worth less in a quiz: more than one of its neighbours may fit the sentence."""

_WORTH_LESS = {"subject": 0.25, "object": 0.1, "definition": 0.16}
"""Terms as options are seldom all of the key's kind: what is said of a thing is asked for first."""
_HARDLY_WORTH = {"number": 0.3, "date": 0.1}
"""What a gap in a sentence is worth less than a question: few are worth knowing."""
_GUESSED_BY_SENSE = {
    "cause": 0.3,
    "object": 0.1,
    "condition": 0.2,
    "effect": 0.2,
    "process": 0.2,
    "function": 0.15,
}
"""Kinds whose wrong options answer other questions and are told apart by sense alone."""
_ENDED = 0.45
"""What four ways to go on are worth less: readers find most of them told apart by sense alone."""
_ASIDE_OF_A_LIST = 0.3
"""What years and counts are worth less in a text that lists what one should know of it."""
_GOES_ON, _GOES_ON_WORTH = re.compile(r"\b(?:also|even more|again|then|this|such)\b"), 0.3
_LONG_TEXT = 30_000
_IN_A_LONG_TEXT = {"number": 0.15, "date": 0.15, "cloze": 0.04}
"""What kinds are worth less where a text has enough of others: an aside is soon found in a long text."""
_UNSORTED = 0.15
"""What a name is worth less as a key where nothing tells what it is the name of: nor do its options."""

_UNLISTED = 0.08
"""What a term is worth less as a key that the document's own list of terms leaves out."""
_OF_NO_LIST = 0.04
"""What an item is worth less whose options the document's own list leaves out: they may be vague, or mean
what the key means."""
_OF_TERMS = frozenset({"subject", "definition", "cloze", "object", "agent"})
_PLACED = 0.15
"""What a place is worth less as a gap: the text seldom tells why it is no other."""


@dataclass(frozen=True, slots=True)
class Made:
    """A draft with its wrong options, the best first."""

    draft: Draft
    options: tuple[str, ...]
    listed: bool
    """Whether it asks for a term of the document's own list."""


class Quiz:
    """Wrong options are looked for only where an item is chosen."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._long = document.length >= _LONG_TEXT
        self.vocabulary = Vocabulary(document)
        self.gaps = [
            (i, self._weighed(g))
            for i in document.told_first
            for g in quiz_questions.gaps(document, self.vocabulary, i)
        ]
        self.distractors = Distractors(self.vocabulary)
        self.descriptions = Descriptions(self.vocabulary, [g for _, g in self.gaps if g.form == "phrase"])
        self.options: dict[int, tuple[str, ...]] = {}
        self.unsure: set[int] = set()
        self.keys: dict[str, int] = {}
        for asked in KeyTerms(document).quiz_questions():
            self.options[len(self.gaps)] = asked.options
            self.gaps.append((-1, Gap(asked.draft, "listed")))

    def _weighed(self, gap: Gap) -> Gap:
        """A key that is one plain word, seldom used and nowhere defined, is not what the text is about."""
        term = self.vocabulary.terms.get(gap.term)
        less = _HARDLY_WORTH.get(gap.draft.kind, 0.0) * gap.draft.stem.startswith("Complete")
        less += _GUESSED_BY_SENSE.get(gap.draft.kind, 0.0) * (gap.form == "phrase")
        less += _ENDED * (gap.draft.kind == "ending")
        less += _ASIDE_OF_A_LIST * (bool(self.document.terms) and gap.form == "number")
        less += _GOES_ON_WORTH * (_GOES_ON.search(gap.draft.stem) is not None)
        less += _IN_A_LONG_TEXT.get(gap.draft.kind, 0.0) * self._long
        less *= gap.draft.kind != "number" or gap.draft.stem.startswith("Complete")
        if term is None:
            return replace(gap, draft=replace(gap.draft, score=gap.draft.score - less))
        less += _WORTH_LESS.get(gap.draft.kind, 0.0)
        less += _AMBIGUOUS if gap.draft.kind == "cloze" and not term.name else 0.0
        known = term.name or term.size > 1 or term.genus or term.count >= _OFTEN
        sort = self.vocabulary.sort_of(term) if term.name else "term"
        less += _UNSORTED * (not sort) + _PLACED * (sort == "place" and gap.draft.kind == "cloze")
        pointed = term.size == 1 and not term.name and not term.genus and 2 * term.definite > term.count
        listed = term.low in self.document.key_terms
        unlisted = bool(self.document.terms) and not listed and not term.name
        less += _UNLISTED * (unlisted and gap.draft.kind in _OF_TERMS)
        topical = term.low in self.document.heading_words
        less += 0.0 if topical or (known and not pointed) else _PASSING
        return replace(gap, draft=replace(gap.draft, score=gap.draft.score - less)) if less else gap

    def write(self, order: Order) -> list[Made]:
        """At most ``order.count`` drafts, each with three wrong options or more, the best first.

        The first round takes options from other paragraphs, where they are least likely to be right too;
        only where that leaves places open, others take them from anywhere, take weaker stems, and at last
        terms of which nothing tells whether they are of the key's kind.
        """
        numbered = list(enumerate(self.gaps))
        wish = Wish(order, self.document.length)
        kept: list[tuple[int, tuple[int, Gap]]] = []
        rounds = (*_ROUNDS, (Fit(near=True), _LEAST_ASKED), (_ANY_KIND, _LEAST_ASKED))
        for fit, least in rounds:
            kept = choose(
                numbered,
                lambda n: n[1][1].draft,
                partial(self._accept, fit=fit),
                wish,
                least=least,
                before=kept,
            )
        return [self._made(number, gap) for number, (_, gap) in kept]

    def every(self) -> list[Made]:
        """Every draft that has options, also several of one sentence: for a choice that is made later."""
        numbered = sorted(enumerate(self.gaps), key=lambda n: -n[1][1].draft.score)
        for fit, least in (*_ROUNDS, (_ANY_KIND, _LEAST_NEAR)):
            for number, (sentence, gap) in numbered:
                if number not in self.options and gap.draft.score >= least:
                    self._complete(number, sentence, gap, fit)
        return [self._made(number, gap) for number, (_, gap) in numbered if number in self.options]

    def _made(self, number: int, gap: Gap) -> Made:
        draft, options = self._named(gap), self.options[number]
        if gap.form == "term" and self.document.terms and not self._all_listed(options):
            draft = replace(draft, score=draft.score - _OF_NO_LIST)
        if number in self.unsure:
            draft = replace(draft, score=draft.score - (_UNSURE_SAID if gap.form == "phrase" else _UNSURE))
        return Made(draft, options, gap.form == "listed")

    def _all_listed(self, options: tuple[str, ...]) -> bool:
        terms = [self.vocabulary.terms.get(o.lower()) for o in options[:_BEST]]
        return all(t is not None and (t.name or t.low in self.document.key_terms) for t in terms)

    def _named(self, gap: Gap) -> Draft:
        """Asks "who" where the key is known to be a person."""
        term = self.vocabulary.terms.get(gap.term)
        if term is None or not term.name or self.vocabulary.sort_of(term) != "person":
            return gap.draft
        stem = gap.draft.stem.replace("Which of the following ", "Who ", 1).replace(
            ", which of the following ", ", who ", 1
        )
        return replace(gap.draft, stem=stem)

    def _accept(self, numbered: tuple[int, tuple[int, Gap]], *, fit: Fit) -> bool:
        number, (sentence, gap) = numbered
        return self._complete(number, sentence, gap, fit)

    def _complete(self, number: int, sentence: int, gap: Gap, fit: Fit) -> bool:
        """Finds the wrong options; False where there are not three good ones."""
        if number in self.options:
            return True
        answer = gap.draft.answer.lower()
        if len(answer) > _SMALL_NUMBER and self.keys.get(answer, 0) >= _MOST_PER_KEY:
            return False
        wrong = self._wrong(sentence, gap, fit)
        if wrong is None:
            return False
        if fit.any_kind:
            self.unsure.add(number)
        self.options[number] = wrong
        self.keys[answer] = self.keys.get(answer, 0) + 1
        return True

    def _wrong(self, sentence: int, gap: Gap, fit: Fit) -> tuple[str, ...] | None:
        if gap.form == "phrase":
            return self.descriptions.beside(gap, near=fit.near, any_kind=fit.any_kind)
        if gap.form == "number":
            text = gap.draft.sentence.text
            number = gap.draft.answer
            counted = gap.draft.kind == "number" and number.isdigit() and len(number) == _DIGITS
            beside = numbers_beside(f"{int(number):,}" if counted else number)
            numbers = [n.replace(",", "") for n in beside] if beside and counted else beside
            if numbers and re.search(rf"{re.escape(gap.draft.answer)} ?(?:percent|per cent|%)", text):
                numbers = (
                    numbers
                    if all(float(n.replace(",", "")) <= _WHOLE for n in numbers if n[0].isdigit())
                    else None
                )
            return number_options(gap.draft.answer, numbers, text)
        term = self.vocabulary.terms.get(gap.term)
        if term is None or not (is_noun(term) or term.name) or self.vocabulary.general(term) or term.loose:
            return None
        if term.ends_in_name:
            return None
        named = gap.draft.kind == "name"
        found = self.distractors.for_term(term, sentence, gap.draft.stem, replace(fit, named=named))
        return term_options(gap.draft.answer, found)
