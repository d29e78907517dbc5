"""Which language a text is in, by its script and its most common words."""

from __future__ import annotations

import re

_STOP_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(
        """
    the of and to in is that for it as with are was this on by be or an from which at not have you we
    """.split(),
    ),
    "de": frozenset(
        """
    der die und das ist von den mit für des dem nicht ein eine auf im sich auch wird als sind zu es bei
    """.split(),
    ),
    "fr": frozenset(
        """
    le la les des est une dans que pour qui sur du pas plus par ce sont avec au et un il nous vous
    """.split(),
    ),
    "es": frozenset(
        """
    el los las que del una por con para es se su como más al lo pero y en un la son este fue
    """.split(),
    ),
    "it": frozenset(
        """
    il che di la della per una con del non sono gli anche dei le nel si è alla ma un più come
    """.split(),
    ),
    "pt": frozenset(
        """
    o que do da em um para com não uma os no se na por mais as dos ao e é como são foi
    """.split(),
    ),
    "nl": frozenset(
        """
    de het een van en is dat die op te zijn met voor niet aan er ook als bij door wordt naar om
    """.split(),
    ),
}
_WORD = re.compile(r"[^\W\d_]+")
SAMPLE = 6000
"""Characters that are looked at."""

_LEAST_SHARE = 0.12
_LEAST_LETTERS = _LEAST_WORDS = 8
_MOST_OF = 0.5
_SCRIPTS = {
    "ja": re.compile("[\u3040-\u30ff]"),
    "ko": re.compile("[\uac00-\ud7af]"),
    "zh": re.compile("[\u3400-\u9fff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
}


def language_of(text: str) -> str | None:
    """ISO 639-1 code of a text; None where neither its script nor the common words of one stand out."""
    script = _by_script(text[:SAMPLE])
    if script is not None:
        return script
    words = [w.lower() for w in _WORD.findall(text[:SAMPLE])]
    if len(words) < _LEAST_WORDS:
        return None
    counts = {code: sum(w in stops for w in words) for code, stops in _STOP_WORDS.items()}
    best = max(counts, key=lambda code: (counts[code], code))
    return best if counts[best] >= _LEAST_SHARE * len(words) else None


def _by_script(text: str) -> str | None:
    """The language of a script that (nearly) one language is written in; Japanese mixes three of them."""
    letters = sum(c.isalpha() for c in text)
    if letters < _LEAST_LETTERS:
        return None
    counts = {code: len(pattern.findall(text)) for code, pattern in _SCRIPTS.items()}
    if counts["ja"] >= _LEAST_SHARE * letters:
        return "ja"
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] >= _MOST_OF * letters else None


def is_stop_word(word: str, code: str) -> bool:
    """Whether a lower-case word is one of the language's common words."""
    return word in _STOP_WORDS.get(code, frozenset())
