"""Fill-in items for languages whose grammar the writer does not know: a sentence with one term left out.

The frame around the sentence is in the sentence's own language; other languages get no items.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from backend.models.documents import Passage
from backend.utils.languages import is_stop_word

from .asking import Draft
from .cloze_facts import facts
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
    "de": "er sie es dies diese dieser dieses diesem diesen dort hier daher dabei damit jedoch wir ich",
    "fr": "il elle ils elles ce cette ces cela ceci celui celle ici son sa ses leur leurs nous je on",
    "es": "él ella ellos ellas este esta estos estas esto ese esa eso aquí su sus nosotros yo lo",
    "it": "egli lui lei essi esse questo questa questi queste ciò qui suo sua loro noi io esso essa",
    "pt": "ele ela eles elas este esta estes estas isto esse essa isso aqui seu sua seus suas nós eu",
    "nl": "hij zij ze het dit deze die dat hier daar zijn haar hun wij ik",
}
_ARTICLES = {
    "de": "der die das den dem des ein eine einen einem einer eines",
    "fr": "le la les un une des du l d au aux",
    "es": "el la los las un una unos unas del al",
    "it": "il lo la i gli le un uno una del della dei delle dello al alla nel nella",
    "pt": "o a os as um uma do da dos das no na ao",
    "nl": "de het een",
}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LEAST_LETTERS = 6
_LONG_WORD = 8
"""Letters from which a word used once may be left out too."""
_FEWEST, _MOST = 9, 34
LANGUAGES = frozenset(_FRAMES)


@dataclass(frozen=True, slots=True)
class Blank:
    """A sentence with a term left out, and the three other terms that may stand as options."""

    draft: Draft
    options: tuple[str, ...]


class _Nouns:
    """Words that stand after articles: how often, after which, and how they are written."""

    def __init__(self, sentences: Sequence[Sentence], language: str) -> None:
        self.language = language
        self.articles = frozenset(_ARTICLES[language].split())
        self.after: dict[str, Counter[str]] = defaultdict(Counter)
        self.counts: Counter[str] = Counter()
        for sentence in sentences:
            words = _WORD.findall(sentence.text)
            self.counts.update(words)
            for article, word in pairwise(words):
                if article.lower() in self.articles and self._may_be_noun(word):
                    self.after[word][article.lower()] += 1

    def _may_be_noun(self, word: str) -> bool:
        long = (
            len(word) >= _LEAST_LETTERS
            and not is_stop_word(word.lower(), self.language)
            and not word.isupper()
        )
        return long and (self.language != "de" or word[0].isupper())

    def is_term(self, word: str, article: str) -> bool:
        """Whether the word stands after this article here and is used more than once, or long."""
        often = self.counts[word] > 1 or len(word) >= _LONG_WORD
        return word in self.after and often and article in self.articles

    def beside(self, key: str, article: str, sentence: str) -> tuple[str, ...]:
        """Three other nouns seen after the same article, most like the key in length, not in the sentence."""
        near = [
            w
            for w, seen in self.after.items()
            if article in seen and w.lower() not in sentence and _unlike(w, key)
        ]
        near = [w for w in near if w[0].isupper() == key[0].isupper()]
        near.sort(key=lambda w: (abs(len(w) - len(key)) - 2 * min(self.counts[w], 4), w))
        chosen: list[str] = []
        for word in near:
            if all(_unlike(word, other) for other in chosen):
                chosen.append(word)
        return tuple(chosen[:3])


def _unlike(one: str, two: str) -> bool:
    return one.lower()[:5] != two.lower()[:5]


def blanks(passages: Sequence[Passage], language: str) -> list[Blank]:
    """Items over the sentences of passages that are all in one of ``LANGUAGES``."""
    sentences = read(passages).sentences
    nouns = _Nouns(sentences, language)
    found = [_blank(s, nouns) for s in sentences]
    pointers = frozenset(_POINTERS[language].split())
    told = [Blank(d, ()) for s in sentences for d in facts(s, language, pointers)]
    return told + [b for b in found if b is not None]


def _ends_phrase(text: str, words: Sequence[re.Match[str]], index: int, language: str) -> bool:
    """Whether a mark or a small word follows, so that the word is no adjective before its noun.

    German nouns are known by their capital.
    """
    if language == "de" or index + 1 >= len(words):
        return True
    between = text[words[index].end() : words[index + 1].start()]
    return between != " " or is_stop_word(words[index + 1].group().lower(), language)


def _blank(sentence: Sentence, nouns: _Nouns) -> Blank | None:
    words = list(_WORD.finditer(sentence.text))
    lows = [w.group().lower() for w in words]
    if not _FEWEST <= len(words) <= _MOST or set(_POINTERS[nouns.language].split()) & set(lows[:6]):
        return None
    pairs = [
        (lows[i - 1], words[i])
        for i in range(2, len(words))
        if nouns.is_term(words[i].group(), lows[i - 1])
        and _ends_phrase(sentence.text, words, i, nouns.language)
    ]
    pairs = [(a, m) for a, m in pairs if lows.count(m.group().lower()) == 1]
    if not pairs:
        return None
    article, key = max(pairs, key=lambda p: (nouns.counts[p[1].group()], len(p[1].group()), -p[1].start()))
    stem = _FRAMES[nouns.language].format(sentence.text[: key.start()] + "_____" + sentence.text[key.end() :])
    if key.group()[:5].lower() in stem.lower():
        return None
    score = 0.7 + 0.02 * min(8, nouns.counts[key.group()]) - 0.004 * len(words)
    draft = Draft(stem, key.group(), "cloze", score, key.group().lower(), sentence)
    return Blank(draft, nouns.beside(key.group(), article, sentence.text.lower()))
