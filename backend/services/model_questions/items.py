"""Items read out of a model's JSON while it is being written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backend.models.questions import LETTERS
from backend.utils.unicode_text import without_surrogates

_LETTER = re.compile(r"\s*\(?([A-Da-d])[).:]\s+")
_WRONG = 3


@dataclass(frozen=True, slots=True)
class Written:
    """An item as the model wrote it; nothing in it is checked yet."""

    stem: str
    answer: str
    quote: str = ""
    kind: str = ""
    difficulty: str = ""
    bloom: str = ""
    wrong: tuple[str, ...] = ()
    explanation: str = ""
    rubric: tuple[str, ...] = ()


class ItemReader:
    """Finds each finished object of a JSON array in text that arrives piece by piece.

    What stands around the JSON (a code fence, a sentence) is passed over; an object that is no JSON is
    left out, and so is one that never ends.
    """

    def __init__(self) -> None:
        self._text = ""
        self._position = 0
        self._open: list[tuple[str, int]] = []
        self._quoted = False
        self._escaped = False
        self.whole = False
        """Whether a JSON value has been read to its end."""

    def feed(self, text: str) -> list[dict[str, Any]]:
        """The objects that ``text`` finishes."""
        self._text += text
        found: list[dict[str, Any]] = []
        while self._position < len(self._text):
            ended = self._step(self._text[self._position])
            self._position += 1
            if ended is not None and (item := self._object(ended)) is not None:
                found.append(item)
        return found

    def _step(self, character: str) -> int | None:
        """Take one character; where it ends an object, where that began."""
        if self._quoted:
            self._in_string(character)
        elif character == '"':
            self._quoted = bool(self._open)
        elif character in "{[":
            self._open.append((character, self._position))
        elif character in "}]" and self._open:
            kind, start = self._open.pop()
            self.whole = self.whole or not self._open
            return start if kind == "{" and character == "}" else None
        return None

    def _in_string(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._quoted = False

    def _object(self, start: int) -> dict[str, Any] | None:
        if self._open and self._open[-1][0] == "{":
            return None  # a part of an item
        try:
            value = json.loads(self._text[start : self._position], strict=False)
        except ValueError:
            return None
        return value if _first(value, ("question", "stem")) else None


def written(item: dict[str, Any]) -> Written | None:
    """The item, whichever of the usual names its fields have; None without question or answer."""
    options = _texts(item.get("options") or item.get("choices"))
    stem = _text(_first(item, ("question", "stem")))
    answer = _answer(_first(item, ("answer", "correct_answer", "correctAnswer", "correct")), options)
    if not stem or not answer:
        return None
    wrong = _texts(_first(item, ("wrong_options", "distractors"))) or _others(options, answer)
    return Written(
        stem=stem,
        answer=answer,
        quote=_text(_first(item, ("quote", "evidence", "source"))),
        kind=_text(_first(item, ("kind", "type"))).lower(),
        difficulty=_text(item.get("difficulty")).lower(),
        bloom=_text(item.get("bloom")).lower(),
        wrong=tuple(wrong),
        explanation=_text(item.get("explanation")),
        rubric=tuple(_texts(item.get("rubric"))),
    )


def _first(item: dict[str, Any], names: Iterable[str]) -> Any:  # noqa: ANN401 - JSON
    return next((item[name] for name in names if item.get(name) not in (None, "")), None)


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(without_surrogates(str(value)).replace("\0", "").split())


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """The texts of a list or of an object A..D, letters before them taken off where all have one."""
    if isinstance(value, dict):
        value = [value[letter] for letter in sorted(value)]
    texts = [text for text in map(_text, value) if text] if isinstance(value, list) else []
    if texts and all(_LETTER.match(text) for text in texts):
        texts = [_LETTER.sub("", text, count=1) for text in texts]
    return texts


def _answer(value: Any, options: list[str]) -> str:  # noqa: ANN401 - JSON
    """The right option, where it is given by letter or by position, else the text."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(options):
        return options[value]
    text = _text(value)
    if text.upper() in LETTERS and len(text) == 1 and LETTERS.index(text.upper()) < len(options):
        return options[LETTERS.index(text.upper())]
    return _LETTER.sub("", text, count=1) if options else text


def _others(options: list[str], answer: str) -> list[str]:
    others = [option for option in options if option.casefold() != answer.casefold()]
    return others if len(others) == _WRONG and len(options) == len(LETTERS) else []
