"""Wrong options by meaning: none that says what the key says, and not only ones far from the stem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np
import numpy.typing as npt

from backend.ports.embedder import Embedder

from .finishing import Item

_WRONG = 3
_UNLIKE, _UNLIKE_NAME = 0.28, 0.25
"""Cosines below which an option is of another world than the key; names tell little of what they name."""
_SAME, _SAME_OF_A_KIND = 0.74, 0.95
"""Cosines from which two options say the same; terms with one last word are near without being one."""
_CONSIDERED = 15
_TERM_WORDS = 4
_GIVEN_AWAY = 0.3
_LAST = 0.6
"""What an item loses where an option is of another world: it is one of the last that are taken."""
_HEADS, _HEADS_WEIGHT = 0.33, 1.4
"""Last words of terms that are this near name things of one kind; what the farthest option lacks costs."""
_RELATED, _UNRELATED = 0.3, 0.3
"""Mean cosine below which three statements are of other matters than the key, and what the item loses."""
_PLACE = 0.03
"""How much nearer in kind an option must be to stand before one that the document's use of words favours."""
_LEAST_KIN = 0.37
"""Mean cosine of key and options below which three of four items that were read would not be kept."""
_KIN, _KIN_WEIGHT, _KIN_WEIGHT_OF_NAMES = 0.5, 1.2, 0.4
"""Options that are this near to the key in the mean are its kind; what is missing costs, less for names, and
for what is said of things: four meanings are alike in kind however far apart what they mean is."""
_Vector = npt.NDArray[np.float32]


async def sharpened(items: Sequence[Item], embedder: Embedder) -> list[Item]:
    """Each item with its three best wrong options; items that lose them are left out.

    An item whose key is the option nearest to the stem is worth less: who knows nothing would pick it.
    """
    texts = sorted({t for i in items if _worded(i) for t in _texts(i)})
    if not texts:
        return [replace(i, options=i.options[:_WRONG]) for i in items]
    vectors = dict(zip(texts, await embedder.embed(texts), strict=True))
    made = [_sharpened(i, vectors) if _worded(i) else replace(i, options=i.options[:_WRONG]) for i in items]
    return [i for i in made if i is not None]


def _worded(item: Item) -> bool:
    """Whether meaning may choose among the options: not among numbers, nor words of another language."""
    return len(item.options) >= _WRONG and not item.settled and not item.draft.answer[:1].isdigit()


def _texts(item: Item) -> tuple[str, ...]:
    key, options = item.draft.answer, item.options
    heads = [_head(t) for t in (key, *options)] if _is_term(key) else []
    return (item.draft.stem, key, *options, *heads)


def _is_term(key: str) -> bool:
    """Whether the key is a term of lower-case words, whose last one tells its kind."""
    return len(key.split()) <= _TERM_WORDS and key[1:].islower()


def _head(text: str) -> str:
    return text.rsplit(maxsplit=1)[-1].lower()


def _sharpened(item: Item, vectors: dict[str, _Vector]) -> Item | None:
    key, asked = item.draft.answer, vectors[item.draft.stem]
    apart = [o for o in item.options if not _same(key, o, vectors)]
    if len(apart) < _WRONG:
        return None
    strange = set() if item.vetted else {o for o in apart if _strange(key, o, vectors)}
    kindred = [o for o in apart if o not in strange]
    # A text that has no three of a kind gives the item all the same, as one of its last.
    apart = kindred if len(kindred) >= _WRONG else (kindred + [o for o in apart if o in strange])[:_WRONG]
    apart = apart if item.vetted else _most_akin(key, apart, vectors)
    nearness = {t: float(vectors[t] @ asked) for t in (key, *apart)}
    chosen = apart[:_WRONG]
    if all(nearness[o] < nearness[key] for o in chosen):
        nearer = [o for o in apart[_WRONG:_CONSIDERED] if nearness[o] >= nearness[key]]
        _put(chosen, nearer, nearness)
    if all(len(o) < len(key) for o in chosen):
        farthest = {o: float(nearness[o]) for o in chosen}
        _put(chosen, [o for o in apart[_WRONG:] if len(o) >= len(key)], farthest)
    given_away = all(nearness[o] < nearness[key] for o in chosen)
    if item.vetted:
        score = item.draft.score - _GIVEN_AWAY * given_away
        return replace(item, draft=replace(item.draft, score=score), options=tuple(chosen))
    kinship = fmean(float(vectors[key] @ vectors[o]) for o in chosen)
    alien = len(key.split()) <= _TERM_WORDS and kinship < _LEAST_KIN
    lost = _LAST * (alien or bool(strange.intersection(chosen)))
    described = item.draft.kind == "description"
    lost += _UNRELATED * (len(key.split()) > _TERM_WORDS and kinship < _RELATED and not described)
    named = not _is_term(key) and len(key.split()) <= _TERM_WORDS
    weight = _KIN_WEIGHT_OF_NAMES if named or described else _KIN_WEIGHT
    score = item.draft.score - lost - _GIVEN_AWAY * given_away - weight * max(0.0, _KIN - kinship)
    if _is_term(key):
        heads = min(float(vectors[_head(key)] @ vectors[_head(o)]) for o in chosen)
        score -= _HEADS_WEIGHT * max(0.0, _HEADS - heads)
    return replace(item, draft=replace(item.draft, score=score), options=tuple(chosen))


def _most_akin(key: str, options: list[str], vectors: dict[str, _Vector]) -> list[str]:
    """Terms in order of kind: as the document uses them, and as their last words mean."""
    if len(key.split()) > _TERM_WORDS:
        return options
    if not _is_term(key):
        return sorted(options, key=lambda o: _PLACE * options.index(o) - float(vectors[key] @ vectors[o]))
    worth = {
        o: float(vectors[_head(key)] @ vectors[_head(o)] + vectors[key] @ vectors[o]) / 2 - _PLACE * i
        for i, o in enumerate(options)
    }
    return sorted(options, key=lambda o: -worth[o])


def _same(key: str, option: str, vectors: dict[str, _Vector]) -> bool:
    kindred = key.rsplit(maxsplit=1)[-1].lower() == option.rsplit(maxsplit=1)[-1].lower()
    return float(vectors[key] @ vectors[option]) > (_SAME_OF_A_KIND if kindred else _SAME)


def _strange(key: str, option: str, vectors: dict[str, _Vector]) -> bool:
    if len(key.split()) > _TERM_WORDS:
        return False
    least = _UNLIKE if key[1:].islower() else _UNLIKE_NAME
    return float(vectors[key] @ vectors[option]) < least


def _put(chosen: list[str], better: Sequence[str], nearness: dict[str, float]) -> None:
    """Puts the first better option in the place of the one that is farthest from the stem."""
    if better:
        chosen[min(range(_WRONG), key=lambda i: nearness[chosen[i]])] = better[0]
