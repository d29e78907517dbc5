"""Two names of one thing, as sentences give them: "A, also called B", "A (or B)", "A is a kind of B"."""

from __future__ import annotations

import re

_CALLED = r"(?:called|known as|termed|named|referred to as)"
_FAR = 60
"""Characters between two names of one thing."""
_ALSO = re.compile(rf"\b(?:{_CALLED}|or)\W+(?:the |an? )?$")
_IS = re.compile(r"\b(?:is|are|was|were|as|(?:type|kind|form|example)s? of) (?:an? |the )?(?:[\w-]+ )?$")
"""What stands between a thing and what it is."""
_BEHIND = re.compile(
    rf"\s*[,;:(—–]\s*(?:and |the latter )?(?:is )?(?:also|sometimes|often)(?: (?:is|are))? ?"
    rf"(?:{_CALLED}|known|,).*$",
    re.IGNORECASE | re.DOTALL,
)


def of_one_thing(text: str, one: str, two: str) -> bool:
    """Whether a text gives both as names of one thing, or one as what the other is; all in lower case.

    "The cell (or plasma) membrane", "plane joints are classified as multiaxial joints".
    """
    begun = {text.find(one): one, text.find(two): two}
    first, second = min(begun), max(begun)
    if first < 0 or first == second:
        return False
    between = text[first + len(begun[first]) : second][-_FAR:]
    return bool(_ALSO.search(between) or _IS.search(between))


def without_other_names(said: str) -> str:
    """A definition without ", also called ..." at its end."""
    return _BEHIND.sub("", said)
