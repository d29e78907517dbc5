"""Item-writing flaws: what a teacher strikes out in a question before looking at its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

BLANK = "_____"
_FRAME = re.compile(r"^(?:complete the sentence:|which \w+ is missing:)\s*[“\"]?", re.IGNORECASE)
_ALL_OR_NONE = re.compile(
    r"\b(?:all|none|both|neither|any) of (?:the|these) (?:above|options)\b|^both [a-d]\b", re.IGNORECASE
)
_NEGATIVE = re.compile(r"\b(?:not|except|least likely|false|incorrect|never)\b", re.IGNORECASE)
_POINTER = re.compile(
    r"\b(?:this|these|those(?! (?:who|of|that|which|in|with))|the (?:former|latter|above|passage|text)|"
    r"aforementioned|we|our|us|here)\b",
    re.IGNORECASE,
)
_OPENS_WITH_PRONOUN = re.compile(r"^(?:\W*\w+\W+){0,2}(?:it|they|he|she|its|their|his|her)\b", re.IGNORECASE)
_ARTICLE_AT_END = re.compile(r"\b(an?)\s*(?:_{3,}|$)", re.IGNORECASE)
_NUMBER = re.compile(r"\d")
_SENTENCE = re.compile(r"[.!?]\s+[A-Z]")
_WORD = re.compile(r"[^\W\d_]{4,}")
_LEAST_WORDS = 4
_LEAST_CLOZE_WORDS = 6
_MOST_ANSWER_WORDS = 45
_MOST_STEM_WORDS = 45
_LENGTHS_UNLIKE = 2.5
_LETTERS_UNLIKE = 15
_NOTICEABLY, _LETTERS_MORE = 1.15, 3


@dataclass(frozen=True, slots=True)
class Item:
    """A question as a reader meets it; ``options`` is empty for open ones."""

    stem: str
    answer: str
    options: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[str, ...]:
        """The options that are not the key."""
        return tuple(o for o in self.options if o != self.answer)


def flaws(item: Item) -> list[str]:
    """Names of the flaws that the item has, in the order of ``FLAWS``."""
    return [name for name, has in FLAWS if has(item)]


def structure_is_valid(item: Item) -> bool:
    """A stem and an answer; for a quiz four distinct options, one of which is the answer."""
    if not item.stem.strip() or not item.answer.strip():
        return False
    if not item.options:
        return True
    apart = {o.strip().lower() for o in item.options}
    return len(item.options) == len(apart) == 4 and item.options.count(item.answer) == 1  # noqa: PLR2004


def key_is_longest(item: Item) -> bool:
    """Whether no other option is as long as the key."""
    return bool(item.wrong) and all(len(item.answer) > len(o) for o in item.wrong)


def _longest(item: Item) -> bool:
    longest = max((len(o) for o in item.wrong), default=0)
    return 0 < longest < len(item.answer) - _LETTERS_MORE and len(item.answer) > _NOTICEABLY * longest


def _unlike_lengths(item: Item) -> bool:
    sizes = sorted(map(len, item.options))
    return bool(sizes) and sizes[-1] > _LENGTHS_UNLIKE * sizes[0] and sizes[-1] - sizes[0] > _LETTERS_UNLIKE


def _unlike_kinds(item: Item) -> bool:
    """The key alone has a number, a capital or an article in front, or alone has none."""
    looks: tuple[Callable[[str], bool], ...] = (
        lambda o: bool(_NUMBER.search(o)),
        lambda o: o[:1].isupper(),
        lambda o: o.lower().startswith(("a ", "an ", "the ")),
        lambda o: o.lower().split(" ")[0] in {"because", "by", "to", "when", "if"},
    )
    return bool(item.wrong) and any(
        {look(item.answer)}.isdisjoint({look(o) for o in item.wrong}) for look in looks
    )


def _all_or_none(item: Item) -> bool:
    return any(_ALL_OR_NONE.search(o) for o in item.options)


def _leak(item: Item) -> bool:
    """The stem says the answer, or shares a rare word with the key alone."""
    stem = item.stem.lower()
    if len(item.answer) > 1 and re.search(rf"(?<!\w){re.escape(item.answer.lower())}(?!\w)", stem):
        return True
    if not item.options:
        return False
    shared = _stems(item.answer) & _stems(stem)
    return bool(shared) and not any(shared & _stems(o) for o in item.wrong)


def _negative(item: Item) -> bool:
    return not item.stem.startswith(("Complete", "Which term")) and bool(_NEGATIVE.search(item.stem))


def _pointer(item: Item) -> bool:
    stem = _FRAME.sub("", item.stem)
    return bool(_POINTER.search(stem) or _OPENS_WITH_PRONOUN.search(stem))


def _blank_first(item: Item) -> bool:
    return _FRAME.sub("", item.stem).lstrip("“\"' ").startswith((BLANK, "…"))


def _short(item: Item) -> bool:
    least = _LEAST_CLOZE_WORDS if BLANK in item.stem else _LEAST_WORDS
    words = len(_FRAME.sub("", item.stem).split())
    # "What is osmosis?" asks for all that is said of it.
    return words < least and not (words == _LEAST_WORDS - 1 and item.stem.lower().startswith(("what", "who")))


def _long(item: Item) -> bool:
    return len(item.stem.split()) > _MOST_STEM_WORDS or len(item.answer.split()) > _MOST_ANSWER_WORDS


def _article_cue(item: Item) -> bool:
    found = _ARTICLE_AT_END.search(item.stem.rstrip(" .?:"))
    if not found or not item.options:
        return False
    fits = [(o[:1].lower() in "aeiou") == (found.group(1).lower() == "an") for o in item.options]
    return not all(fits)


def _stems(text: str) -> set[str]:
    return {w[:6] for w in _WORD.findall(text.lower())}


FLAWS: Sequence[tuple[str, Callable[[Item], bool]]] = (
    ("longest option is the key", _longest),
    ("lengths of options unlike", _unlike_lengths),
    ("kinds of options unlike", _unlike_kinds),
    ("all or none of the above", _all_or_none),
    ("stem gives the answer away", _leak),
    ("negative stem", _negative),
    ("points at something not said", _pointer),
    ("blank at the start", _blank_first),
    ("stem too short", _short),
    ("stem or answer too long", _long),
    ("article tells the answer", _article_cue),
)
