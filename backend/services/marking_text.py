"""What the words of an answer tell: its key terms, its clauses, and whether it is an answer at all."""

from __future__ import annotations

import re

from backend.utils.likeness import normalised
from backend.utils.sentences import spans
from backend.utils.words import query_terms

LONGEST_MARKED = 6_000
"""Characters of an answer that count: about a thousand words."""

_LEAST_TERMS = 2
_EXACT = 4
"""Words up to this length, and numbers, match only themselves; longer ones whatever their ending."""

_JOIN = r"(?:and|but|because|which|while|whereas|although|so that|therefore|thus)\s+"
_CLAUSE = re.compile(rf"\s*[;:,()—–]\s*(?:{_JOIN})?|\s+{_JOIN}", re.IGNORECASE)  # noqa: RUF001 - dashes
_NOT_KNOWN = re.compile(
    r"^(?:(?:sorry|um+|hm+|well)\W+)*(?:i\s*(?:really\s+|just\s+|honestly\s+)?(?:do\s*n.?t|do\s+not)\s+(?:know|remember|have)"
    r"|i\s*(?:have|.ve)\s+no\s+(?:idea|clue)|no\s+(?:idea|clue|answer)|not\s+sure|idk|dunno|pass|skip|n/?a|none|unknown|no\s+sé"
    r"|ich\s+wei(?:ß|ss)\s+(?:es\s+)?nicht|keine\s+ahnung|je\s+ne\s+sais\s+pas|non\s+lo\s+so|não\s+sei)\b",
    re.IGNORECASE,
)
_NOT_KNOWN_WORDS = 12
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,60}\b(?:instructions?|prompts?|rules?|rubric)\b"
    r"|\b(?:give|award|grant|assign)\s+(?:me|us|this|it|my|the|full|maximum)\b.{0,40}\b(?:points?|marks?|scores?|grades?)\b"
    r"|\b(?:score|mark|grade|rate)\s+(?:me|this|it|my)\b.{0,40}\b(?:10|ten|full|correct|highest|100)\b"
    r"|^\W*(?:system|assistant|developer)\s*(?:prompt|message)?\s*:"
    r"|\byou are (?:now|an?)\b.{0,40}\b(?:ai|grader|assistant|language model)\b",
    re.IGNORECASE,
)
_COMMON = {
    "English": "the a an is are was were of and to in that it for with as by on because this they be which",
    "German": "der die das und ist sind nicht ein eine den dem von zu mit auf für weil wird werden sich im",
    "French": "le la les des est sont et une un dans pour que qui avec sur par ne pas du au ce elle il",
    "Spanish": "el la los las es son y una un en para que con por no se del al lo como su porque",
    "Italian": "il lo la gli le è sono e una un di che per con non si del della nel come perché",
    "Portuguese": "o a os as é são e uma um de que para com não se do da em no na por como",
    "Dutch": "de het een en is zijn van niet in dat op met voor te door die wordt worden als om",
}
_LANGUAGES = {name: frozenset(words.split()) for name, words in _COMMON.items()}
_LEAST_COMMON, _LEAST_WORDS = 2, 5
_LATIN_END, _HAN = 0x250, (0x3040, 0xA000)
"""Code points: Latin letters end, Chinese and Japanese begin and end."""


def key_terms(text: str) -> list[str]:
    """Distinct telling words; function words where there are no others."""
    return query_terms(text, most=400)


def holds(term: str, words: frozenset[str], beginnings: frozenset[str]) -> bool:
    """Whether a text has the term: as it is, or with another ending where it is long enough for one."""
    return term in words or (len(term) > _EXACT and not term.isdigit() and stem(term) in beginnings)


def stem(word: str) -> str:
    """What inflections of a word begin with, roughly."""
    return word[: max(_EXACT, len(word) - 3)] if len(word) > _EXACT else word


def word_sets(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """All words of a text in lower case, and the beginnings by which longer ones are compared."""
    words = frozenset(query_terms(text, most=5000)) | frozenset(normalised(text).split())
    return words, frozenset(w[:n] for w in words if len(w) > _EXACT for n in range(_EXACT, len(w) + 1))


def clauses(text: str) -> list[str]:
    """Pieces of a text that say one thing each, none without two telling words where it can be helped."""
    found: list[str] = []
    for sentence in sentences(text):
        own: list[str] = []
        begun = ""
        for piece in _CLAUSE.split(sentence):
            begun = f"{begun} {piece}".strip()
            if len(key_terms(begun)) >= _LEAST_TERMS:
                own.append(begun)
                begun = ""
        if begun and own:
            own[-1] = f"{own[-1]} {begun}"
        elif begun:
            own.append(begun)
        found += own
    return found


def sentences(text: str) -> list[str]:
    """Sentences with single spaces."""
    return [" ".join(text[start:end].split()) for start, end in spans(text)]


def is_given_up(answer: str) -> bool:
    """Whether it only says that the person does not know."""
    words = answer.split()
    return len(words) <= _NOT_KNOWN_WORDS and _NOT_KNOWN.match(answer.strip()) is not None


def without_orders(answer: str) -> str:
    """The answer without sentences that tell the marker what to do: they are no part of what is marked."""
    return " ".join(s for s in sentences(answer) if not _ORDER.search(s))


def language(text: str) -> str | None:
    """The language of a text in Latin letters by its commonest words, or None where they do not tell."""
    words = normalised(text).split()
    counts = {name: sum(word in common for word in words) for name, common in _LANGUAGES.items()}
    best = max(counts, key=lambda name: counts[name])
    others = max(count for name, count in counts.items() if name != best)
    return best if counts[best] >= max(_LEAST_COMMON, others + 1) else None


def in_another_language(answer: str, text: str) -> bool:
    """Whether an answer is in another script or language than the text that it is compared with."""
    if len(answer.split()) < _LEAST_WORDS and _script(answer) == _script(text):
        return False
    one, two = language(answer), language(text)
    return _script(answer) != _script(text) or (one is not None and two is not None and one != two)


def _script(text: str) -> str:
    """latin, or the block that most letters are in."""
    blocks: dict[str, int] = {}
    for letter in filter(str.isalpha, text[:LONGEST_MARKED]):
        block = _block(ord(letter))
        blocks[block] = blocks.get(block, 0) + 1
    return max(blocks, key=lambda b: blocks[b], default="latin")


def _block(code: int) -> str:
    if code < _LATIN_END:
        return "latin"
    return "han" if _HAN[0] <= code < _HAN[1] else hex(code >> 8)
