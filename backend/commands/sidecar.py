"""``metadata.csv`` beside files: titles and addresses that the files themselves do not hold."""

from __future__ import annotations

import csv
from pathlib import Path

from backend.models.documents import DocumentMetadata

SIDECAR = "metadata.csv"
_FIELDS = ("title", "author", "url")


def read_sidecar(path: Path) -> dict[Path, DocumentMetadata] | None:
    """What a table with the columns file (relative to it) and title, author or url says of each file.

    None where it is no such table, and so a document like others.
    """
    found: dict[Path, DocumentMetadata] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream)
            columns = set(table.fieldnames or ())
            if "file" not in columns or not columns & set(_FIELDS):
                return None
            for row in table:
                said = {name: (row.get(name) or "").strip() or None for name in _FIELDS}
                if row["file"]:
                    found[(path.parent / row["file"]).resolve()] = DocumentMetadata(**said)
    except (OSError, ValueError, csv.Error):
        return None
    return found
