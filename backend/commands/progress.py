"""How far a document is, in words for a line of the terminal."""

from __future__ import annotations

from backend.models.documents import Document

_STAGES = {"extracting": "reading", "embedding": "embedding", "indexing": "adding to the index"}
_MINUTE = 60
_LONG_S = 90 * _MINUTE


def progress_words(document: Document) -> str:
    """Stage, units and time left, e.g. "embedding 320 of 960 passages, about 12 s left"."""
    if document.waiting:
        return "waiting for a worker"
    progress = document.progress
    words = _STAGES.get(progress.stage, "starting")
    if progress.total and progress.unit == "bytes":
        words += f" {100 * progress.done / progress.total:.0f} %"
    elif progress.total:
        words += f" {progress.done:,} of {progress.total:,} {progress.unit}"
    left = document.work.seconds_left(progress.fraction) if document.work else None
    return words if left is None else f"{words}, about {_time(left)} left"


def _time(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{max(1, round(seconds))} s"
    if seconds < _LONG_S:
        return f"{round(seconds / _MINUTE)} min"
    return f"{round(seconds / _MINUTE / _MINUTE)} h"
