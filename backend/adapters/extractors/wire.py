"""What crosses the pipe between child and server: one JSON object a line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from backend.errors import DamagedFile, QuaestioError, UnreadableFile
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary, Segment
from backend.models.failures import error_classes

MAX_LINE = 1 << 20
"""Bytes; the child cuts segments so that no line comes near it."""

SEGMENT_CHARS = 32_000
"""Longest text of one segment: at most 6 bytes a character as JSON, far below ``MAX_LINE``."""

_KINDS: dict[str, type[Extracted]] = {"summary": FileSummary, "segment": Segment, "end": ExtractionEnd}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_ERRORS = {error.code: error for error in error_classes()}


def write_item(item: Extracted) -> bytes:
    """One line for a summary, segment or end."""
    return _line({"kind": _NAMES[type(item)], **asdict(item)})


def write_error(error: QuaestioError) -> bytes:
    """One line for the error that ended the extraction."""
    return _line({"kind": "error", "code": error.code, "message": error.message})


def read_line(line: bytes) -> Extracted:
    """The item of a line; raises the error that the line carries, DamagedFile for a broken line."""
    try:
        fields: dict[str, Any] = json.loads(line)
        kind = fields.pop("kind")
    except (ValueError, KeyError, AttributeError) as error:
        raise DamagedFile(
            "The file could not be read to its end. Try to save or download it again."
        ) from error
    if kind == "error":
        raise _ERRORS.get(fields["code"], UnreadableFile)(fields["message"])
    if kind == "summary":
        fields["metadata"] = DocumentMetadata(**fields["metadata"])
    return _KINDS[kind](**fields)


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
