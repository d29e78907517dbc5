"""An Anki package: one note for each question, the same note whenever the set is exported again."""

from __future__ import annotations

import hashlib
import html
import io

import genanki

from backend.adapters.exports.words import clean, lettered, one_line, place
from backend.models.question_sets import SetItem, StoredSet

_MODEL_ID = 1_732_160_401
"""Of the note type: fixed, so that a second import adds no second type."""

_FIELDS = ("Question", "Options", "Answer", "Explanation", "Source")
_FRONT = "{{Question}}{{#Options}}<br>{{Options}}{{/Options}}"
_BACK = "{{FrontSide}}<hr id=answer><b>{{Answer}}</b><p>{{Explanation}}</p><small>{{Source}}</small>"
_MOST_ID = 1 << 40


class AnkiExport:
    """An ``.apkg`` that Anki, AnkiDroid and AnkiMobile open."""

    media_type = "application/apkg"
    extension = ".apkg"

    def write(self, stored: StoredSet) -> bytes:
        """See the port; the deck has the set's title."""
        model = genanki.Model(
            _MODEL_ID,
            "Quaestio",
            fields=[{"name": name} for name in _FIELDS],
            templates=[{"name": "Question", "qfmt": _FRONT, "afmt": _BACK}],
        )
        number = int(hashlib.sha256(stored.id.encode()).hexdigest(), 16) % _MOST_ID
        # Two colons would make a deck inside a deck.
        deck = genanki.Deck(number, one_line(stored.summary.title).replace("::", ": ") or "Questions")
        for item in stored.items:
            deck.add_note(genanki.Note(model=model, fields=_fields(item), guid=item.id))
        package = io.BytesIO()
        genanki.Package(deck).write_to_file(package)
        return package.getvalue()


def _fields(item: SetItem) -> list[str]:
    question = item.question
    options = "<br>".join(f"{letter}) {_text(option)}" for letter, option in lettered(question))
    letter = f"{question.key}) " if question.options else ""
    explanation = question.explanation or question.source.quote
    return [
        _text(question.stem),
        options,
        letter + _text(question.answer),
        _text(explanation),
        _text(place(question)),
    ]


def _text(text: str) -> str:
    """HTML that shows the text as it is; braces would begin a template, a slash in brackets a sound."""
    shown = html.escape(clean(text)).replace("\n", "<br>")
    return shown.replace("{", "&#123;").replace("}", "&#125;").replace("[", "&#91;").replace("\\", "&#92;")
