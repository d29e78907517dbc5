"""Which language a text is in, by its most common words."""

from __future__ import annotations

import re

from .lexicon import words

_STOP_WORDS: dict[str, frozenset[str]] = {
    "en": words(
        """
    the of and to in is that for it as with are was this on by be or an from which at not have you we
    """,
    ),
    "de": words(
        """
    der die und das ist von den mit für des dem nicht ein eine auf im sich auch wird als sind zu es bei
    """,
    ),
    "fr": words(
        """
    le la les des est une dans que pour qui sur du pas plus par ce sont avec au et un il nous vous
    """,
    ),
    "es": words(
        """
    el los las que del una por con para es se su como más al lo pero y en un la son este fue
    """,
    ),
    "it": words(
        """
    il che di la della per una con del non sono gli anche dei le nel si è alla ma un più come
    """,
    ),
    "pt": words(
        """
    o que do da em um para com não uma os no se na por mais as dos ao e é como são foi
    """,
    ),
    "nl": words(
        """
    de het een van en is dat die op te zijn met voor niet aan er ook als bij door wordt naar om
    """,
    ),
}
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 6000
_LEAST_SHARE = 0.12


def language_of(text: str) -> str | None:
    """ISO 639-1 code of a text in one of seven languages; None where the common words of none stand out."""
    words = [w.lower() for w in _WORD.findall(text[:_SAMPLE])]
    if len(words) < 8:
        return None
    counts = {code: sum(w in stops for w in words) for code, stops in _STOP_WORDS.items()}
    best = max(counts, key=lambda code: (counts[code], code))
    return best if counts[best] >= _LEAST_SHARE * len(words) else None


def is_stop_word(word: str, code: str) -> bool:
    """Whether a lower-case word is one of the language's common words."""
    return word in _STOP_WORDS[code]
