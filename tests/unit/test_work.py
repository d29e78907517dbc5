from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.models.documents import JobState, Progress
from backend.models.library import DocumentView
from backend.models.work import Work
from tests.support.documents import new_document

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def work(*, held: bool, beat: float | None) -> Work:
    return Work(held=held, heartbeat_at=None if beat is None else ago(beat), as_of=NOW)


@pytest.mark.parametrize(
    ("held", "beat", "rests"),
    [
        (False, None, True),
        (True, 0.5, False),
        (True, 14, False),
        (True, 16, True),  # its worker died
        (False, 4, False),  # a part of it is worked on
        (False, 6, True),
    ],
)
def test_work_rests_while_nobody_is_heard_of(held: bool, beat: float | None, rests: bool) -> None:
    assert work(held=held, beat=beat).rests is rests


def test_the_pace_is_measured_from_where_the_stage_began() -> None:
    going = replace(work(held=True, beat=0), pace_at=ago(10), pace_done=100, pace_fraction=0.2)
    assert going.rate(150) == pytest.approx(5.0)
    assert going.seconds_left(0.4) == pytest.approx(30.0)


def test_nothing_is_said_of_a_pace_that_is_not_known() -> None:
    going = replace(work(held=True, beat=0), pace_at=ago(10), pace_done=100, pace_fraction=0.2)
    assert (going.rate(100), going.seconds_left(0.2)) == (None, None)
    assert (going.rate(20), going.seconds_left(0.1)) == (None, None)
    for other in (replace(going, pace_at=ago(0.5)), replace(going, heartbeat_at=ago(20))):
        assert (other.rate(150), other.seconds_left(0.4)) == (None, None)


def test_a_view_of_what_has_ended_neither_waits_nor_goes_on() -> None:
    going = replace(work(held=False, beat=60), pace_at=ago(100))
    ended = replace(
        new_document(), state=JobState.FINISHED, progress=Progress("ready", 9, 9, 1.0, "pages"), work=going
    )
    view = DocumentView.of(ended)
    assert (view.waiting, view.rate, view.seconds_left) == (False, None, None)
    assert (view.unit, view.heartbeat_at) == ("pages", ago(60))
    queued = DocumentView.of(replace(ended, state=JobState.QUEUED))
    assert queued.waiting
