from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from backend.commands.progress import progress_words
from backend.models.documents import Document, JobState, Progress
from backend.models.work import Work
from backend.utils.clock import utc_now
from tests.support.documents import new_document


def going(progress: Progress, seconds: float) -> Document:
    """A document that got so far in so many seconds."""
    now = utc_now()
    work = Work(held=True, heartbeat_at=now, as_of=now, pace_at=now - timedelta(seconds=seconds))
    return replace(new_document(), state=JobState.STARTED, progress=progress, work=work)


@pytest.mark.parametrize(
    ("progress", "seconds", "words"),
    [
        (Progress("waiting"), 0.1, "starting"),
        (Progress("extracting", 11, 1117, 0.1, "pages"), 0.1, "reading 11 of 1,117 pages"),
        (Progress("extracting", 50, 100, 0.25, "bytes"), 10, "reading 50 %, about 30 s left"),
        (
            Progress("embedding", 320, 960, 0.5, "passages"),
            120,
            "embedding 320 of 960 passages, about 2 min left",
        ),
        (Progress("embedding", 1, 960, 0.001, "passages"), 20, "embedding 1 of 960 passages, about 6 h left"),
        (Progress("indexing", fraction=0.99), 10, "adding to the index, about 1 s left"),
    ],
)
def test_progress_reads_as_words(progress: Progress, seconds: float, words: str) -> None:
    assert progress_words(going(progress, seconds)) == words


def test_what_nobody_has_taken_waits() -> None:
    assert progress_words(new_document()) == "waiting for a worker"
