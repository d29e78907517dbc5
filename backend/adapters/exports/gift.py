"""GIFT: the text format of Moodle's question bank."""

from __future__ import annotations

import re

from backend.adapters.exports.words import clean, one_line, place
from backend.models.question_sets import StoredSet
from backend.models.questions import Question

_SIGNS = re.compile(r"[~=#{}:\\]")


class GiftExport:
    """UTF-8; every text is marked as plain, so that Moodle shows it as it is."""

    media_type = "text/plain; charset=utf-8"
    extension = ".gift.txt"

    def write(self, stored: StoredSet) -> bytes:
        """See the port; an open question is an essay with its model answer as feedback."""
        items = [_item(number, question) for number, question in enumerate(stored.questions, 1)]
        return "\n\n".join([f"// {one_line(stored.summary.title)}", *items, ""]).encode()


def _item(number: int, question: Question) -> str:
    head = f"::Q{number:03}::[plain]{_text(question.stem)} "
    feedback = _text(f"{question.explanation or question.answer} ({place(question)})")
    if not question.options:
        return f"{head}{{####{_text(question.answer)} ({_text(place(question))})}}"
    options = [("=" if o == question.answer else "~") + _text(o) for o in question.options]
    return "\n".join([head + "{", *(f"\t{option}" for option in options), f"\t####{feedback}", "}"])


def _text(text: str) -> str:
    return (
        _SIGNS.sub(r"\\\g<0>", clean(text).strip())
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\n", r"\n")
    )
