"""Fill-in items for languages whose grammar the writer does not know: a sentence with one term left out.

The frame around the sentence is in the sentence's own language; other languages get no items.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from backend.models.documents import Passage

from .asking import Draft
from .language import is_stop_word
from .sentences import Sentence, read

_FRAMES = {
    "de": "Welches Wort fehlt: „{}“?",
    "fr": "Quel mot manque : « {} » ?",
    "es": "¿Qué palabra falta: «{}»?",
    "it": "Quale parola manca: «{}»?",
    "pt": "Que palavra falta: «{}»?",
    "nl": "Welk woord ontbreekt: „{}”?",
}
_POINTERS = {
    "de": "er sie es dies diese dieser dieses diesem diesen dort hier daher dabei damit dadurch jedoch sein seine ihr ihre wir ich",
    "fr": "il elle ils elles ce cette ces cela ceci celui celle ceux ici son sa ses leur leurs nous je on y en",
    "es": "él ella ellos ellas este esta estos estas esto ese esa eso aquí su sus nosotros yo lo",
    "it": "egli lui lei essi esse questo questa questi queste ciò qui suo sua loro noi io esso essa",
    "pt": "ele ela eles elas este esta estes estas isto esse essa isso aqui seu sua seus suas nós eu",
    "nl": "hij zij ze het dit deze die dat hier daar zijn haar hun wij ik",
}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LEAST_LETTERS = 6
LANGUAGES = frozenset(_FRAMES)


@dataclass(frozen=True, slots=True)
class Blank:
    """A sentence with a term left out, and the three other terms that may stand as options."""

    draft: Draft
    options: tuple[str, ...]


def blanks(passages: Sequence[Passage], language: str) -> list[Blank]:
    """Items over the sentences of passages that are all in one of ``LANGUAGES``."""
    sentences, _ = read(passages)
    counts = Counter(w.lower() for s in sentences for w in _WORD.findall(s.text))
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        for match in list(_WORD.finditer(sentence.text))[1:]:
            written[match.group().lower()][match.group()] += 1
    found = [_blank(s, language, counts, written) for s in sentences]
    return [b for b in found if b is not None]


def _blank(sentence: Sentence, language: str, counts: Counter[str], written: dict[str, Counter[str]]) -> Blank | None:
    words = list(_WORD.finditer(sentence.text))
    pointing = set(_POINTERS[language].split())
    if not 9 <= len(words) <= 28 or words[0].group().lower() in pointing or words[1].group().lower() in pointing:
        return None
    candidates = [m for m in words[2:] if _is_term(m.group(), language, counts, written)]
    if not candidates:
        return None
    key = max(candidates, key=lambda m: (counts[m.group().lower()], len(m.group()), -m.start()))
    stem = _FRAMES[language].format(sentence.text[: key.start()] + "_____" + sentence.text[key.end() :])
    if re.search(rf"(?i)\b{re.escape(key.group())}", stem):
        return None
    options = _others(key.group(), sentence.text.lower(), counts, written, language)
    score = 0.7 + 0.02 * min(8, counts[key.group().lower()]) - 0.004 * len(words)
    draft = Draft(stem, key.group(), "cloze", score, key.group().lower(), sentence)
    return Blank(draft, tuple(options))


def _is_term(word: str, language: str, counts: Counter[str], written: dict[str, Counter[str]]) -> bool:
    """A long, repeated word that is not one of the language's common ones (in German: a noun)."""
    low = word.lower()
    if len(low) < _LEAST_LETTERS or counts[low] < 2 or is_stop_word(low, language) or word.isupper():
        return False
    return language != "de" or (word[0].isupper() and written[low].most_common(1)[0][0][0].isupper())


def _others(key: str, sentence: str, counts: Counter[str], written: dict[str, Counter[str]], language: str) -> list[str]:
    """Three terms with the key's ending, capital and about its length that are not in the sentence."""
    ranked = []
    for low, forms in written.items():
        form = forms.most_common(1)[0][0]
        if low in sentence or not _is_term(form, language, counts, written) or form[0].isupper() != key[0].isupper():
            continue
        if low[:5] == key.lower()[:5] or abs(len(low) - len(key)) > 6:
            continue
        alike = (low[-1] == key[-1].lower()) + (low[-2:] == key[-2:].lower()) + (low[-3:] == key[-3:].lower())
        ranked.append((-2 * alike - min(counts[low], 6) / 3 + 0.3 * abs(len(low) - len(key)), form))
    chosen: list[str] = []
    for _, form in sorted(ranked):
        if all(form.lower()[:5] != other.lower()[:5] for other in chosen):
            chosen.append(form)
    return chosen[:3]
