"""CSV: one row for each question, for any spreadsheet."""

from __future__ import annotations

import csv
import io

from backend.adapters.exports.words import clean, key
from backend.models.question_sets import StoredSet
from backend.models.questions import LETTERS, Question

_COLUMNS = (
    "number question A B C D key answer explanation type difficulty bloom filename page heading quote"
).split()
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full-width signs count too


class CsvExport:
    """RFC 4180 in UTF-8 with a mark by which spreadsheets know it."""

    media_type = "text/csv; charset=utf-8"
    extension = ".csv"

    def write(self, stored: StoredSet) -> bytes:
        """See the port; what a spreadsheet would take for a formula gets an apostrophe in front."""
        table = io.StringIO(newline="")
        rows = csv.writer(table)
        rows.writerow(_COLUMNS)
        for number, question in enumerate(stored.questions, 1):
            rows.writerow([number, *map(_text, _cells(question))])
        return table.getvalue().encode("utf-8-sig")


def _cells(question: Question) -> list[str]:
    source = question.source
    options = [*question.options, *[""] * len(LETTERS)][: len(LETTERS)]
    return [
        question.stem,
        *options,
        key(question),
        question.answer,
        question.explanation,
        question.kind,
        question.difficulty,
        question.bloom,
        source.filename,
        "" if source.page is None else str(source.page),
        source.heading or "",
        source.quote,
    ]


def _text(cell: str) -> str:
    cell = clean(cell)
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
