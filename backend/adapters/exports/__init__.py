"""Question sets in the formats of other programs, one file each."""

from __future__ import annotations

from collections.abc import Mapping

from backend.adapters.exports.anki import AnkiExport
from backend.adapters.exports.gift import GiftExport
from backend.adapters.exports.json_form import JsonExport
from backend.adapters.exports.markdown import MarkdownExport
from backend.adapters.exports.qti import QtiExport
from backend.adapters.exports.spreadsheet import CsvExport
from backend.ports.question_exporter import QuestionExporter

EXPORTS: Mapping[str, QuestionExporter] = {
    "json": JsonExport(),
    "csv": CsvExport(),
    "markdown": MarkdownExport(),
    "gift": GiftExport(),
    "qti": QtiExport(),
    "anki": AnkiExport(),
}
"""By the name that a request gives."""

__all__ = ["EXPORTS"]
