"""The jobs table in SQL: leases on database time, writes fenced by attempt."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from backend.adapters.sql import job_rows
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_rows import now
from backend.adapters.sql.job_turns import PACE, TAKE, due, next_job
from backend.adapters.sql.prepared import Prepared
from backend.adapters.sql.tables import jobs
from backend.errors import JobNotFound, JobNotRetryable
from backend.models.documents import JobState, Problem, Progress
from backend.models.jobs import Job, NewJob
from backend.models.listing import Listing
from backend.models.work import HELD_S
from backend.ports.job_table import READING_SHARE

MAX_BREAKS = 3
"""Failures without a known cause after which a job is given up."""

MAX_LOST = 25
"""Workers that may die over a job before it is given up: many, since a machine that is switched off or a
neighbour in the same process can be the cause. Every checkpoint begins a new count."""

_ENDED = [state.value for state in JobState if state.ended]


class SqlJobTable:
    """Implements the JobTable port. Only what a client was told must survive a power cut is durable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._busy = False  # the last claim found work, so that the next one need not look first

    async def add(self, new: NewJob) -> Job:
        """See the port."""

        def change(connection: Connection) -> Row[Any]:
            job_rows.insert_job(connection, new)
            return connection.execute(select(jobs).where(jobs.c.id == new.id)).one()

        return job_rows.job(await self._database.write(change))

    async def claim(
        self,
        owner: str,
        lease_s: float,
        *,
        queues: Sequence[str] | None = None,
        most_long: int = 1_000_000,
        rung: bool = False,
    ) -> Job | None:
        """See the port."""
        expected = rung or self._busy
        if not expected and not await self._database.read(lambda c: next_job(c, queues, most_long)):
            return None  # most polls end here and write nothing
        job = await self._database.write(
            lambda c: _claim(c, owner, lease_s, queues, most_long), durable=False
        )
        self._busy = job is not None
        return job

    async def renew(self, job: Job, lease_s: float) -> bool:
        """See the port."""

        def change(connection: Connection) -> bool:
            held = _fenced(connection, job, lease_until=now() + lease_s, heartbeat_at=now())
            if held and job.parent:
                parent = update(jobs).where(jobs.c.id == job.parent).values(heartbeat_at=now())
                connection.execute(parent)
            return held

        return await self._database.write(change, durable=False)

    async def report(self, job: Job, progress: Progress, checkpoint: int) -> bool:
        """See the port."""
        values = {
            "stage": progress.stage,
            "done": progress.done,
            "total": progress.total,
            "unit": progress.unit,
            # A rerun begins at its checkpoint but reports from the start: the share never falls.
            "fraction": case((jobs.c.fraction > progress.fraction, jobs.c.fraction), else_=progress.fraction),
            "checkpoint": checkpoint,
            "tries": case((jobs.c.checkpoint < checkpoint, 1), else_=jobs.c.tries),
            "breaks": case((jobs.c.checkpoint < checkpoint, 0), else_=jobs.c.breaks),
        }
        return await self._database.write(lambda c: _fenced(c, job, **values), durable=False)

    async def spawn(self, job: Job, children: Sequence[NewJob]) -> bool:
        """See the port."""

        def change(connection: Connection) -> bool:
            if not _fenced(connection, job, heartbeat_at=now()):
                return False
            for child in children:
                job_rows.insert_job(connection, child, parent=job.id)
            return True

        return await self._database.write(change, durable=False)

    async def wait(self, job: Job, phase: str, total: int) -> bool:
        """See the port."""

        def change(connection: Connection) -> bool:
            values = {"phase": phase, "owner": None, "lease_until": None, "tries": 0, "breaks": 0}
            values |= {"stage": "embedding", "unit": "passages", "total": total}
            held = _fenced(connection, job, **values)
            if held:
                _advance(connection, job.id)
                connection.execute(update(jobs).where(jobs.c.id == job.id).values(PACE))
            return held

        return await self._database.write(change, durable=False)

    async def finish(self, job: Job, result: Mapping[str, Any] | None = None) -> Job | None:
        """See the port."""
        kept = None if result is None else json.dumps(result, ensure_ascii=False)

        def change(connection: Connection) -> Row[Any] | None:
            held = _FINISH.run(connection, job_id=job.id, token=job.attempt, kept=kept) == 1
            if not held or job.parent is None:
                return None
            return _advance(connection, job.parent)

        woken = await self._database.write(change, durable=result is not None)
        return None if woken is None else job_rows.job(woken)

    async def fail(self, job: Job, problem: Problem) -> None:
        """See the port."""

        def change(connection: Connection) -> None:
            if _fenced(connection, job, **_failed(problem)) and job.parent:
                _fail_family(connection, job.parent, problem)

        await self._database.write(change, durable=False)

    async def release(self, job: Job, *, count_attempt: bool) -> None:
        """See the port."""
        counted = {"breaks": jobs.c.breaks + 1} if count_attempt else {"tries": jobs.c.tries - 1}
        values = {"state": JobState.QUEUED.value, "owner": None, "lease_until": None, **counted}
        await self._database.write(lambda c: _fenced(c, job, **values), durable=False)

    async def release_lost(self, is_gone: Callable[[str], bool]) -> int:
        """See the port."""
        leased = and_(jobs.c.state == JobState.STARTED.value, jobs.c.owner.is_not(None))
        owners = select(jobs.c.owner).where(leased).distinct()
        gone = [
            name
            for name in await self._database.read(lambda c: c.execute(owners).scalars().all())
            if is_gone(name)
        ]
        if not gone:
            return 0
        lost = update(jobs).where(leased, jobs.c.owner.in_(gone)).values(lease_until=now() - 1)
        return await self._database.write(lambda c: c.execute(lost).rowcount, durable=False)

    async def stop(self, tenant: str, job_id: str) -> Job:
        """See the port."""

        def change(connection: Connection) -> None:
            family = or_(jobs.c.id == job_id, jobs.c.parent == job_id)
            going = and_(jobs.c.tenant == tenant, family, jobs.c.state.not_in(_ENDED))
            connection.execute(update(jobs).where(going).values(_ended(JobState.STOPPED)))

        await self._database.write(change)
        return await self.job(tenant, job_id)

    async def retry(self, tenant: str, job_id: str) -> Job:
        """See the port."""
        job = await self.job(tenant, job_id)
        if job.state not in {JobState.FAILED, JobState.STOPPED}:
            raise JobNotRetryable(
                f"The job is {job.state.value}; only a failed or stopped one can be retried."
            )

        def change(connection: Connection) -> None:
            connection.execute(delete(jobs).where(jobs.c.parent == job_id))
            again = and_(jobs.c.id == job_id, jobs.c.state.in_(["failed", "stopped"]))
            connection.execute(update(jobs).where(again).values(_FRESH))

        await self._database.write(change)
        return await self.job(tenant, job_id)

    async def job(self, tenant: str, job_id: str) -> Job:
        """See the port."""
        query = _seen().where(jobs.c.tenant == tenant, jobs.c.id == job_id)
        row = await self._database.read(lambda c: c.execute(query).first())
        if row is None:
            raise JobNotFound(f"There is no job {job_id[:64]!r}. It may have expired or been deleted.")
        return job_rows.job(row)

    async def jobs(
        self, tenant: str, *, offset: int, limit: int, state: JobState | None = None
    ) -> Listing[Job]:
        """See the port."""
        where = [jobs.c.tenant == tenant, jobs.c.parent.is_(None)]
        if state is not None:
            where.append(jobs.c.state == state.value)

        def query(connection: Connection) -> Listing[Job]:
            total = connection.execute(select(func.count()).select_from(jobs).where(*where)).scalar_one()
            page = _seen().where(*where).order_by(jobs.c.number.desc()).offset(offset).limit(limit)
            return Listing(tuple(map(job_rows.job, connection.execute(page))), total, offset, limit)

        return await self._database.read(query)

    async def due(self, limit: int, *, queues: Sequence[str] | None = None) -> list[Job]:
        """See the port."""
        query = select(jobs).where(due()).order_by(jobs.c.number).limit(limit)
        if queues is not None:
            query = query.where(jobs.c.queue.in_(queues))
        return await self._database.read(lambda c: list(map(job_rows.job, c.execute(query))))

    async def expire(self, kinds: Sequence[str], older_than_s: float) -> int:
        """See the port."""
        gone = delete(jobs).where(
            jobs.c.kind.in_(kinds), jobs.c.state.in_(_ENDED), jobs.c.ended_at < now() - older_than_s
        )
        return await self._database.write(lambda c: c.execute(gone).rowcount, durable=False)


def _seen() -> Select[Any]:
    """Jobs and the moment they are looked at."""
    return select(jobs, now().label("as_of"))


def _claim(
    connection: Connection, owner: str, lease_s: float, queues: Sequence[str] | None, most_long: int
) -> Job | None:
    while row := next_job(connection, queues, most_long):
        if row.breaks >= MAX_BREAKS or row.tries >= MAX_LOST:
            _give_up(connection, row)
            continue
        taken = TAKE.first(connection, row=row.number, by=owner, seconds=lease_s)
        if taken.parent:
            _hear(connection, taken.parent)
        return job_rows.job(taken)
    return None


def _hear(connection: Connection, parent: str) -> None:
    """Note that a part was taken; after a rest the pace is measured from here."""
    waits = and_(jobs.c.id == parent, jobs.c.owner.is_(None))
    rested = and_(waits, jobs.c.heartbeat_at < now() - HELD_S)
    connection.execute(update(jobs).where(rested).values(PACE))
    connection.execute(update(jobs).where(waits).values(heartbeat_at=now()))


def _fenced(connection: Connection, job: Job, **values: Any) -> bool:  # noqa: ANN401 - column values
    """Write only while the caller's lease is the newest one and nobody stopped the job."""
    fence = job_rows.fence(job)
    return connection.execute(update(jobs).where(fence).values(values)).rowcount == 1


def _advance(connection: Connection, parent: str) -> Row[Any] | None:
    """Count what the children of a waiting job have done; where that is all, queue it and return it."""
    waiting = and_(jobs.c.id == parent, jobs.c.state == JobState.STARTED.value, jobs.c.owner.is_(None))
    row = connection.execute(select(jobs).where(waiting)).first()
    if row is None:
        return None  # still at work itself, or ended
    going = and_(jobs.c.parent == parent, jobs.c.state != JobState.FINISHED.value)
    left, missing = connection.execute(
        select(func.count(), func.coalesce(func.sum(jobs.c.units), 0)).where(going)
    ).one()
    done = row.total - missing
    share = done / row.total if row.total else 1.0
    fraction = READING_SHARE + (0.98 - READING_SHARE) * share
    values: dict[str, Any] = {"done": done, "fraction": fraction, "heartbeat_at": now()}
    if left == 0:
        values["state"] = JobState.QUEUED.value
    connection.execute(update(jobs).where(waiting).values(values))
    return None if left else connection.execute(select(jobs).where(jobs.c.id == parent)).one()


def _give_up(connection: Connection, row: Row[Any]) -> None:
    problem = Problem(
        "gave_up",
        f"The work was started {row.tries} times and broke off unexpectedly each time. "
        "The server's log says more; where it reads a file, try another copy.",
    )
    connection.execute(update(jobs).where(jobs.c.number == row.number).values(_failed(problem)))
    if row.parent:
        _fail_family(connection, row.parent, problem)


def _fail_family(connection: Connection, parent: str, problem: Problem) -> None:
    """A part that cannot be done makes the whole fail; its other parts need not be done."""
    going = jobs.c.state.not_in(_ENDED)
    connection.execute(update(jobs).where(jobs.c.id == parent, going).values(_failed(problem)))
    connection.execute(update(jobs).where(jobs.c.parent == parent, going).values(_ended(JobState.STOPPED)))


def _failed(problem: Problem) -> dict[str, Any]:
    return _ended(JobState.FAILED) | {"error_code": problem.code, "error_message": problem.message}


def _ended(state: JobState) -> dict[str, Any]:
    return {"state": state.value, "ended_at": now(), "owner": None, "lease_until": None}


_FINISH = Prepared(
    update(jobs)
    .where(job_rows.held(bindparam("job_id"), bindparam("token")))
    .values(stage="ready", fraction=1.0, result=bindparam("kept"), **_ended(JobState.FINISHED))
)

_FRESH: dict[str, Any] = {
    "state": JobState.QUEUED.value,
    "phase": "",
    "tries": 0,
    "breaks": 0,
    "checkpoint": 0,
    "stage": "waiting",
    "done": 0,
    "total": 0,
    "unit": "",
    "fraction": 0.0,
    "result": None,
    "error_code": None,
    "error_message": None,
    "started_at": None,
    "ended_at": None,
    "heartbeat_at": None,
    "pace_at": None,
    "pace_done": 0,
    "pace_fraction": 0.0,
}
