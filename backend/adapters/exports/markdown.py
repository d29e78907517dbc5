"""Markdown: the questions to print, and the key on a page of its own at the end."""

from __future__ import annotations

import re

from backend.adapters.exports.words import key, lettered, one_line, place
from backend.models.question_sets import StoredSet
from backend.models.questions import Question

_MARKS = re.compile(r"[\\`*_{}\[\]()#+\-!.]")
_ENTITIES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "~": "&#126;", ":": "&#58;"}
)


class MarkdownExport:
    """CommonMark in UTF-8."""

    media_type = "text/markdown; charset=utf-8"
    extension = ".md"

    def write(self, stored: StoredSet) -> bytes:
        """See the port."""
        lines = [f"# {_text(stored.summary.title)}", ""]
        for number, question in enumerate(stored.questions, 1):
            lines += [f"{number}. {_text(question.stem)}", ""]
            lines += [f"    - {letter}) {_text(option)}" for letter, option in lettered(question)]
            lines += [""] if question.options else []
        lines += ["## Answers", ""]
        for number, question in enumerate(stored.questions, 1):
            lines += [f"{number}. {_answer(question)}", ""]
        return "\n".join(lines).encode()


def _answer(question: Question) -> str:
    letter = f"{key(question)}) " if question.options else ""
    return f"**{letter}{_text(question.answer)}** ({_text(place(question))})"


def _text(text: str) -> str:
    """Text that Markdown shows as it is; signs that no renderer agrees on become entities."""
    return _MARKS.sub(r"\\\g<0>", one_line(text).translate(_ENTITIES).replace("&#", "&\0")).replace(
        "&\0", "&#"
    )
