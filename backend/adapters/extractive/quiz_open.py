"""Open questions whose answer is a name, a year or a number: they serve with options too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .asking import Draft
from .terms import Vocabulary

_ARTICLE = re.compile(r"^(?:the|an?) ", re.IGNORECASE)
_YEAR = re.compile(r"^(?:in )?(1\d{3}|20\d{2})$")
_NUMBER = re.compile(r"^\d[\d,.]*$")
_LESS = 0.05
"""What such a question is worth less than with its whole answer asked for."""
_TOO_LITTLE = 5
"""Words of a stem below which it may be true of several."""


def asked_openly(vocabulary: Vocabulary, drafts: Sequence[Draft]) -> Iterator[tuple[Draft, str]]:
    """Each draft with its answer cut to what options stand beside, and the term it is; "" for numbers."""
    for draft in drafts:
        answer = _ARTICLE.sub("", draft.answer)
        term = vocabulary.terms.get(answer.lower())
        number = _YEAR.match(answer) or _NUMBER.match(answer)
        if len(draft.stem.split()) < _TOO_LITTLE:
            continue
        if number is not None:
            found = number.group(number.lastindex or 0)
            yield replace(draft, answer=found, score=draft.score - _LESS), ""
        elif term is not None and term.name and not term.ends_in_name:
            yield replace(draft, answer=answer, topic=term.low, score=draft.score - _LESS), term.low
