"""A multiple-choice quiz over one document: which stems to take, and three wrong options for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from backend.models.questions import Order

from . import quiz_questions, wordnet
from .asking import Draft, goes_on
from .distractors import Distractors, Fit
from .glossary import bare
from .key_terms import Asked, KeyTerms
from .numbers_beside import numbers_beside
from .options import Descriptions, number_options, term_options
from .quiz_questions import DESCRIBED, Gap
from .reading import Document
from .selection import Wish, choose
from .terms import Term, Vocabulary, is_noun

_LEAST, _LEAST_NEAR = 0.35, 0.15
_LEAST_ASKED = 0.0
"""Score of the last items of a quiz that is written on the fly, where so many are asked for."""
_ROUNDS = ((Fit(), _LEAST), (Fit(near=True), _LEAST_NEAR))
_ANY_KIND = Fit(near=True, any_kind=True)
_UNSURE = 0.5
"""What an item is worth less whose options may be of other kinds than its key: it only fills a place that
is left."""
_UNSURE_SAID = 0.1
"""The same where four descriptions of one sort stand beside each other: a reader must know which is which."""
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
_AMBIGUOUS = 0.5
"""What a gap for a term is worth less in a quiz: more than one of its neighbours may fit the sentence."""

_WORTH_LESS = {"subject": 0.25, "object": 0.3, "agent": 0.2, "definition": 0.16}
"""Terms as options are seldom all of the key's kind: what is said of a thing is asked for first."""
_HARDLY_WORTH = {"number": 0.45, "date": 0.45}
"""What a gap in a sentence is worth less than a question: hardly any is worth knowing."""
_GUESSED_BY_SENSE = {
    "cause": 0.5,
    "object": 0.6,
    "condition": 0.5,
    "effect": 0.5,
    "process": 0.5,
    "function": 0.4,
    "parts": 0.3,
}
"""Kinds whose wrong options answer other questions and are told apart by sense alone."""
_ENDED = 0.65
"""What four ways to go on are worth less: readers find most of them told apart by sense alone."""
_MILESTONE = re.compile(
    r"\b(?:found|establish|invent|discover|coin|patent|sign|publish|abolish|ratify|declare|introduce|born)"
    r"(?:ed|d)?\b"
)
_NO_MILESTONE = 0.7
"""What the year of an event is worth less that began and ended nothing: readers keep none of them."""
_ASIDE_OF_A_LIST = 0.5
"""What years and counts are worth less in a text that lists what one should know of it."""
_GOES_ON_WORTH = 0.3
"""What a stem is worth less that goes on from what was said before, or is true of others too."""
_ONE_OF = re.compile(
    r"^(?:Who|Which of the following) (?:is|was|are|were) (?:an? |one )(?!.* (?:who|that|which|whose|\d))"
)
_ONE_OF_MANY = 0.3
"""Stems that say no more than that something is one of a kind, and what they are worth less."""
_LONG_TEXT = 30_000
_IN_A_LONG_TEXT = {"number": 0.15, "date": 0.15, "cloze": 0.04}
"""What kinds are worth less where a text has enough of others: an aside is soon found in a long text."""
_UNSORTED = 0.15
"""What a name is worth less as a key where nothing tells what it is the name of: nor do its options."""

_UNLISTED = 0.25
"""What a term is worth less as a key that the document's own list of terms leaves out."""
_UNLISTED_SAID = 0.3
"""The same where it is asked what the term is: an example's premise may say it."""
_OF_NO_LIST = 0.04
"""What an item is worth less whose options the document's own list leaves out: they may be vague, or mean
what the key means."""
_VETTED = 0.2
"""What an item is worth more all of whose options are known to be of the key's kind."""
_OF_TERMS = frozenset({"subject", "definition", "cloze", "object", "agent"})
_GAP_OF_A_NAME = 0.4
"""What a name is worth less as a gap: the text seldom tells why it is no other."""


_AGAIN = 0.55
"""What a description is worth less of a term that another item asks for."""


@dataclass(frozen=True, slots=True)
class Made:
    """A draft with its wrong options, the best first."""

    draft: Draft
    options: tuple[str, ...]
    vetted: bool
    """Whether all options are known to be of the key's kind: terms that the text defines, or persons."""


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
        terms = KeyTerms(document)
        lent = [Gap(d, "phrase", pool=DESCRIBED[several]) for d, several in terms.descriptions()]
        self.distractors = Distractors(self.vocabulary)
        said = [g for _, g in self.gaps if g.form == "phrase"]
        self.descriptions = Descriptions(self.vocabulary, [*said, *lent])
        self.options: dict[int, tuple[str, ...]] = {}
        self.unsure: set[int] = set()
        self.vetted: set[int] = set()
        self.keys: dict[str, int] = {}
        self._add_listed(list(terms.quiz_questions()))

    def _add_listed(self, listed: Sequence[Asked]) -> None:
        """Items for the document's own terms; what is asked for by its name is seldom described too."""
        named = {a.draft.topic for a in listed if a.draft.kind == "name"}
        self.gaps = [
            (i, _lowered(g, _AGAIN) if g.draft.kind == "description" and bare(g.draft.topic) in named else g)
            for i, g in self.gaps
        ]
        told = {bare(g.draft.topic) for _, g in self.gaps if g.draft.kind == "description"}
        for asked in listed:
            again = asked.draft.kind != "name" and asked.draft.topic in told
            self.options[len(self.gaps)] = asked.options
            self.gaps.append((-1, _lowered(Gap(asked.draft, "listed"), _AGAIN * again)))

    def _weighed(self, gap: Gap) -> Gap:
        """A key that is one plain word, seldom used and nowhere defined, is not what the text is about."""
        term = self.vocabulary.terms.get(gap.term)
        less = _HARDLY_WORTH.get(gap.draft.kind, 0.0) * gap.draft.stem.startswith("Complete")
        less += _GUESSED_BY_SENSE.get(gap.draft.kind, 0.0) * (gap.form == "phrase")
        less += _ENDED * (gap.draft.kind == "ending")
        less += _NO_MILESTONE * (gap.draft.kind == "date" and not _MILESTONE.search(gap.draft.stem))
        unlisted = self.document.terms and bare(gap.draft.topic) not in self.document.key_terms
        less += _UNLISTED_SAID * (gap.draft.kind == "description" and bool(unlisted))
        less += _ASIDE_OF_A_LIST * (bool(self.document.terms) and gap.form == "number")
        less += _GOES_ON_WORTH * goes_on(gap.draft.stem)
        less += _IN_A_LONG_TEXT.get(gap.draft.kind, 0.0) * self._long
        less *= gap.draft.kind != "number" or gap.draft.stem.startswith("Complete")
        if term is None:
            return _lowered(gap, less)
        less += _WORTH_LESS.get(gap.draft.kind, 0.0)
        less += _AMBIGUOUS if gap.draft.kind == "cloze" and not term.name else 0.0
        known = term.name or term.size > 1 or term.genus or term.count >= _OFTEN
        sort = self.vocabulary.sort_of(term) if term.name else "term"
        less += _ONE_OF_MANY * (_ONE_OF.search(gap.draft.stem) is not None)
        less += _UNSORTED * (not sort) + _GAP_OF_A_NAME * (term.name and gap.draft.kind == "cloze")
        pointed = term.size == 1 and not term.name and not term.genus and 2 * term.definite > term.count
        listed = term.low in self.document.key_terms
        unlisted = bool(self.document.terms) and not listed and not term.name
        less += _UNLISTED * (unlisted and gap.draft.kind in _OF_TERMS)
        topical = term.low in self.document.heading_words
        less += 0.0 if topical or (known and not pointed) else _PASSING
        return _lowered(gap, less) if less else gap

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
            described = gap.pool in DESCRIBED.values()
            draft = replace(draft, score=draft.score - (_UNSURE_SAID if described else _UNSURE))
        vetted = number in self.vetted
        if vetted and gap.draft.kind in _OF_TERMS:
            draft = replace(draft, score=draft.score + _VETTED)
        return Made(draft, options, vetted or gap.form == "listed")

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
        if gap.form == "term" and self._is_vetted(self.vocabulary.terms[gap.term], fit):
            self.vetted.add(number)
        self.options[number] = wrong
        self.keys[answer] = self.keys.get(answer, 0) + 1
        return True

    def _is_vetted(self, term: Term, fit: Fit) -> bool:
        return wordnet.is_person(term.text) if term.name else not fit.any_kind

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
        fitting = replace(fit, named=named, sure=not (term.name or fit.any_kind))
        found = self.distractors.for_term(term, sentence, gap.draft.stem, fitting)
        return term_options(gap.draft.answer, found)


def _lowered(gap: Gap, less: float) -> Gap:
    return replace(gap, draft=replace(gap.draft, score=gap.draft.score - less))
