"""Whose turn it is, and how a job is taken.

The statements are built once: building them took longer than running them, and a claim is most of the wait
for a worker.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from backend.adapters.sql.job_rows import now
from backend.adapters.sql.prepared import Prepared
from backend.adapters.sql.tables import jobs
from backend.models.documents import JobState
from backend.models.jobs import Priority

SUSPECT = 8
"""From so many dead workers on, a job waits until no other of its priority does."""

_FIRST = -1
"""Before every priority: what was interrupted goes on at once, else those who come meanwhile pass it, and
where processes die often it would be taken last and lost again each time."""

LONGEST_LEASE_S = 600.0
"""A lease that ends later than this from now was taken before the clock was set back: it has run out."""

# Where the pace of a job is measured from.
PACE: dict[str, Any] = {"pace_at": now(), "pace_done": jobs.c.done, "pace_fraction": jobs.c.fraction}


def _ran_out() -> ColumnElement[bool]:
    beyond = or_(jobs.c.lease_until < now(), jobs.c.lease_until > now() + LONGEST_LEASE_S)
    return and_(jobs.c.state == JobState.STARTED.value, beyond)


def due() -> ColumnElement[bool]:
    """Jobs that a worker could take now."""
    return or_(jobs.c.state == JobState.QUEUED.value, _ran_out())


def _turn(*, of_queues: bool) -> Select[Any]:
    """The job whose turn it is, for parameters ``most_long`` and, where given, ``queues``."""
    running = jobs.alias("running")
    leased = and_(running.c.state == JobState.STARTED.value, running.c.lease_until >= now())
    long_ones = select(func.count()).where(leased, running.c.priority >= Priority.LONG).scalar_subquery()
    where = [or_(jobs.c.priority < Priority.LONG, long_ones < bindparam("most_long"))]
    if of_queues:
        # A JSON array: the text of the statement is the same however many there are.
        where.append(
            jobs.c.queue.in_(select(func.json_each(bindparam("queues")).table_valued("value").c.value))
        )
    # The oldest of each tenant, from the index alone: there may be thousands in the queue.
    suspect = (jobs.c.tries >= SUSPECT).label("suspect")
    oldest = select(jobs.c.priority, suspect, jobs.c.tenant, func.min(jobs.c.number).label("number"))
    oldest = oldest.group_by(jobs.c.priority, suspect, jobs.c.tenant)
    queued = oldest.where(jobs.c.state == JobState.QUEUED.value, *where)
    at_once = and_(jobs.c.tries < SUSPECT, jobs.c.priority < Priority.LATER)
    rank = case((at_once, _FIRST), else_=jobs.c.priority).label("priority")
    lost = select(rank, suspect, jobs.c.tenant, func.min(jobs.c.number).label("number"))
    lost = lost.where(_ran_out(), *where).group_by(rank, suspect, jobs.c.tenant)
    first = union_all(queued, lost).subquery()
    shares = select(running.c.tenant, func.count().label("held")).where(leased).group_by(running.c.tenant)
    share = shares.subquery()
    turn = (
        select(first.c.number)
        .join_from(first, share, share.c.tenant == first.c.tenant, isouter=True)
        .order_by(first.c.priority, first.c.suspect, func.coalesce(share.c.held, 0), first.c.number)
        .limit(1)
    )
    known = select(jobs.c.number, jobs.c.parent, jobs.c.tries, jobs.c.breaks)
    return known.where(jobs.c.number == turn.scalar_subquery())


def _taking() -> ReturningUpdate[Any]:
    """Lease job ``row`` to ``by`` for ``seconds``."""
    values = {
        "state": JobState.STARTED.value,
        "owner": bindparam("by"),
        "attempt": jobs.c.attempt + 1,
        "tries": jobs.c.tries + 1,
        "lease_until": now() + bindparam("seconds"),
        "heartbeat_at": now(),
        "started_at": func.coalesce(jobs.c.started_at, now()),
        **PACE,
    }
    return update(jobs).where(jobs.c.number == bindparam("row")).values(values).returning(jobs)


_TURN, _TURN_OF_QUEUES = Prepared(_turn(of_queues=False)), Prepared(_turn(of_queues=True))
TAKE = Prepared(_taking())


def next_job(connection: Connection, queues: Sequence[str] | None, most_long: int) -> Any:  # noqa: ANN401 - a row
    """Number, parent, tries and breaks of the job whose turn it is, or None."""
    if queues is None:
        return _TURN.first(connection, most_long=most_long)
    return _TURN_OF_QUEUES.first(connection, most_long=most_long, queues=json.dumps(list(queues)))
