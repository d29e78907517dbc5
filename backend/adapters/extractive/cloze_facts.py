"""Names and years left out, in languages whose grammar the writer does not know.

Each needs another name or a number beside it, so that one answer is right. German writes every noun with
a capital: there only years are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .asking import Draft
from .sentences import Sentence

_CAPITAL = "A-ZÀ-ÖØ-Þ"
_NAME = re.compile(
    rf"(?<![\w«“\"-])[{_CAPITAL}][\w’'-]+"
    rf"(?: (?:(?:de la|de|del|du|des|da|do|di|van|von) )?[{_CAPITAL}][\w’'-]+)*"
)
_CUT = re.compile(r"(?:\b(?:on|upon|of|the)|\d) $")
"""Before a name that goes on around it: "ABC on Demand"."""
_YEAR = re.compile(r"(?<=\b[ei][nm] )(?:1\d{3}|20[0-4]\d)(?![\w–-])", re.IGNORECASE)
_FEWEST_LETTERS, _FEWEST_WORDS, _MOST_WORDS = 4, 10, 34
_NAMED, _DATED = 0.86, 0.84
_WHOLE, _LONG = 0.04, 0.004
"""What a name of several words is worth more, and each word of the frame less."""
_NAME_FRAMES = {
    "es": "¿Qué nombre falta: «{}»?",
    "fr": "Quel nom manque : « {} » ?",
    "it": "Quale nome manca: «{}»?",
    "pt": "Que nome falta: «{}»?",
    "nl": "Welke naam ontbreekt: „{}”?",
}
_YEAR_FRAMES = {
    "de": "Welches Jahr fehlt: „{}“?",
    "es": "¿Qué año falta: «{}»?",
    "fr": "Quelle année manque : « {} » ?",
    "it": "Quale anno manca: «{}»?",
    "pt": "Que ano falta: «{}»?",
    "nl": "Welk jaar ontbreekt: „{}”?",
}


def facts(sentence: Sentence, language: str, pointers: frozenset[str]) -> Iterator[Draft]:
    """The best name and the only year of a sentence that does not begin by pointing back."""
    words = re.findall(r"[^\W\d_]+", sentence.text.lower())
    if pointers & set(words[:6]) or not _FEWEST_WORDS <= len(words) <= _MOST_WORDS:
        return
    names = [m for m in _NAME.finditer(sentence.text) if m.start() > 0]
    years = list(_YEAR.finditer(sentence.text))
    long = _LONG * len(words)
    if len(years) == 1 and names:
        yield _gap(sentence, years[0], _YEAR_FRAMES[language], "date", _DATED - long)
    frame = _NAME_FRAMES.get(language)
    anchored = len(names) > 1 or any(c.isdigit() for c in sentence.text)
    name = next((m for m in names if _is_whole(sentence.text, m)), None)
    if frame and anchored and name is not None:
        yield _gap(sentence, name, frame, "cloze", _NAMED + _WHOLE * (" " in name.group()) - long)


def _is_whole(text: str, at: re.Match[str]) -> bool:
    """Whether a name stands once and alone, and is no abbreviation."""
    name = at.group()
    alone = text.count(name) == 1 and _CUT.search(text[: at.start()]) is None
    return alone and len(name) >= _FEWEST_LETTERS and not name.isupper()


def _gap(sentence: Sentence, at: re.Match[str], frame: str, kind: str, score: float) -> Draft:
    stem = frame.format(f"{sentence.text[: at.start()]}_____{sentence.text[at.end() :]}")
    return Draft(stem, at.group(), kind, score, at.group().lower(), sentence)
