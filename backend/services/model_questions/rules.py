"""What makes an item unfit, each rule by the name that is counted in the log."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend.services.model_questions.items import Written
from backend.services.model_questions.quotes import folded, folded_text
from backend.utils.stems import content_stems

_LONGEST_STEM = 320
_FEWEST_WORDS = 4
_KEY_STANDS_OUT = 1.35
_SHORT_OPTION = 16
"""Characters under which lengths tell nothing."""
_TELLING = 3
_PROPORTION = 3.0
"""Between the lengths of two options, in words and in characters."""

_POINTS_AT_TEXT = re.compile(
    r"\b(?:according to|in|from|by|of|does|do|as|per)\s+(?:the|this|these|that|our|your)\s+"
    r"(?:(?:above|following|given|provided|first|second|same|present)\s+)?(?:passages?|text|excerpts?|paragraphs?|"
    r"documents?|authors?|sections?|chapters?|articles?|source|quote|reading|extract|snippet)\b|"
    r"\b(?:the|this)\s+(?:passage|excerpt|paragraph|author|text)\b|"
    r"\b(?:mentioned|described|shown|stated|listed|discussed|given|provided)\s+(?:above|below|here|earlier|"
    r"previously)\b|\b(?:figure|fig\.|table|equation|exercise|page)\s+\d",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"\b(?:it|its|itself|they|them|their|themselves|he|him|his|she|her|this|these|"
    r"those(?! (?:who|that|which|of)))\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|be|makes?|made) it (?:\w+ ){1,2}(?:to|that|for|when|if)\b", re.IGNORECASE
)
_NAMES_NOTHING = frozenset(
    """what which when where whose does have been were that with from into about many much most some
    following best describes statement true false correct answer question would could should will happen
    happens happened used make made most main explain describe compare why how""".split()
)
_LUMPS = re.compile(
    r"^(?:all|none|both|neither|some|any|either)\b.*\b(?:above|below|these|options?|answers?|choices?|"
    r"of them)\b|^(?:both|neither)\b.*\b(?:and|nor)\b|^(?:[A-D](?:,| and| or|&)\s*)+[A-D]$|"
    r"^(?:all|none) of (?:the above|these|them)\b|^(?:i do ?n.t know|not (?:given|stated|mentioned))",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:ignor|disregard|forget|overrid|bypass)\w*\b.{0,40}\b(?:instruction|prompt|rule|command|above|previous|"
    r"prior|earlier)|\b(?:system|developer|initial|original|previous) (?:prompt|message|instruction)s?\b|"
    r"\bas an? (?:ai|language model|assistant)\b|\b(?:i am|i'm) (?:an? )?(?:ai|unable|sorry|not able)\b|"
    r"\b(?:these|the|my|your|following) instructions?\b|\bprompt injection\b|\bjailbreak",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+\.\w+|<\s*/?\s*(?:script|img|a|iframe)\b|!?\[[^\]]*\]\(", re.IGNORECASE
)


def fault_of_stem(item: Written, quote: str, around: str) -> str | None:
    """Why the question cannot be asked; ``around`` is the whole passage."""
    stem = item.stem
    if len(stem.split()) < _FEWEST_WORDS or len(stem) > _LONGEST_STEM or not re.search(r"[^\W\d_]{3}", stem):
        return "length"
    if _POINTS_AT_TEXT.search(stem):
        return "points at the text"
    if _points_nowhere(stem):
        return "pronoun without context"
    if not content_stems(stem) & content_stems(f"{quote} {around}"):
        return "not about the passage"
    return None


def _points_nowhere(stem: str) -> bool:
    """Whether a pronoun stands before anything that it can mean."""
    for found in _POINTER.finditer(_EXPLETIVE.sub("", stem)):
        before = _EXPLETIVE.sub("", stem)[: found.start()]
        named = [w for w in re.findall(r"[^\W\d_]{4,}|[A-Z]{2,}", before) if w.lower() not in _NAMES_NOTHING]
        if not named:
            return True
    return False


def fault_of_content(item: Written, quote: str, around: str) -> str | None:
    """Why the item may come from orders in the document, or lead out of it."""
    said = " ".join((item.stem, item.answer, *item.wrong))
    if _ORDERS.search(said) or _ORDERS.search(quote):
        return "orders"
    if any(link not in around for link in _OUTSIDE.findall(f"{said} {item.explanation}")):
        return "links"
    return None


def leaks(stem: str, answer: str) -> bool:
    """Whether the question says its answer, or all of it that matters."""
    if folded(stem).find(answer):
        return True
    said = content_stems(answer)
    return bool(said) and said <= content_stems(stem)


def fault_of_options(item: Written, quote: str) -> str | None:
    """Why the four options are no fair choice; the answer and three wrong ones are expected."""
    texts = (item.answer, *item.wrong)
    plain = [folded_text(text) for text in texts]
    if len(item.wrong) != 3 or len(set(plain)) != 4 or not all(plain):  # noqa: PLR2004 - four in all
        return "not four options"
    if any(_LUMPS.search(text) for text in texts):
        return "all or none of the above"
    if any(
        _is_part(plain[0], other) or folded(quote).find(wrong)
        for wrong, other in zip(item.wrong, plain[1:], strict=True)
    ):
        return "more than one right"
    if not _alike(texts):
        return "options unlike each other"
    if _clue(item):
        return "word of the question in the key alone"
    return None


def _is_part(one: str, two: str) -> bool:
    """Whether one says the other and more ("oxygen", "oxygen gas"); letters and numbers stand in much."""
    if min(len(one), len(two)) < _TELLING or one.isdigit() or two.isdigit():
        return False
    return one in two or two in one


def _alike(texts: Sequence[str]) -> bool:
    """Whether all are numbers or none is, all begin in one way, and none is far longer than another."""
    if len({bool(re.search(r"\d", text)) for text in texts}) > 1:
        return False
    words = sorted(len(text.split()) for text in texts)
    lengths = sorted(map(len, texts))
    if words[-1] > _PROPORTION * max(2, words[0]) or lengths[-1] > _PROPORTION * max(
        _SHORT_OPTION, lengths[0]
    ):
        return False
    longest = max(map(len, texts[1:]))
    return len(texts[0]) <= max(_SHORT_OPTION, _KEY_STANDS_OUT * longest)


def _clue(item: Written) -> bool:
    """Whether most of the key's words stand in the question, and no wrong option shares one with it."""
    asked, key = content_stems(item.stem), content_stems(item.answer)
    if not key or len(asked & key) < len(key) / 2:
        return False
    return not any(asked & content_stems(wrong) for wrong in item.wrong)


def written_alike(answer: str, wrong: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Options with the same full stop and the same capital: where the key has none, none has one.

    A wrong option in capitals throughout ("DNA") and a name keep theirs: only a first letter that the key
    writes large is made large.
    """
    stopped = [
        text.rstrip(" .;") if not re.search(r"\b[A-Z]\.$", text) else text for text in (answer, *wrong)
    ]
    if any(text[:1].isupper() for text in stopped):
        stopped = [text[:1].upper() + text[1:] for text in stopped]
    return stopped[0], tuple(stopped[1:])
