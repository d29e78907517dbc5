"""The jobs table in SQL: leases on database time, writes fenced by attempt and owner."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, and_, func, or_, select, text, update

from backend.adapters.sql import job_rows
from backend.adapters.sql.database import Database
from backend.adapters.sql.tables import jobs
from backend.errors import JobNotFound
from backend.models.documents import JobState, Problem, Progress
from backend.models.jobs import Job
from backend.utils.clock import utc_now

MAX_TRIES = 3


class SqlJobTable:
    """Implements the JobTable port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, owner: str, lease_s: float) -> Job | None:
        """See the port."""
        if not await self._database.read(_is_work):
            return None  # most polls end here and write nothing
        return await self._database.write(lambda c: _claim(c, owner, lease_s))

    async def renew(self, job: Job, lease_s: float) -> bool:
        """See the port."""
        return await self._change(job, lease_until=_now() + lease_s)

    async def report(self, job: Job, progress: Progress, checkpoint: int) -> bool:
        """See the port."""
        return await self._change(
            job,
            stage=progress.stage,
            done=progress.done,
            total=progress.total,
            fraction=progress.fraction,
            checkpoint=checkpoint,
        )

    async def finish(self, job: Job) -> None:
        """See the port."""
        await self._change(job, stage="ready", fraction=1.0, **_ended(JobState.FINISHED))

    async def fail(self, job: Job, problem: Problem) -> None:
        """See the port."""
        await self._change(
            job, error_code=problem.code, error_message=problem.message, **_ended(JobState.FAILED)
        )

    async def release(self, job: Job, *, count_attempt: bool) -> None:
        """See the port."""
        tries = jobs.c.tries if count_attempt else jobs.c.tries - 1
        await self._change(
            job, state=JobState.QUEUED.value, stage="waiting", owner=None, lease_until=None, tries=tries
        )

    async def job(self, tenant: str, job_id: str) -> Job:
        """See the port."""
        query = select(jobs).where(jobs.c.tenant == tenant, jobs.c.id == job_id)
        row = await self._database.read(lambda c: c.execute(query).first())
        if row is None:
            raise JobNotFound(f"There is no job {job_id!r}.")
        return job_rows.job(row)

    async def _change(self, job: Job, **values: Any) -> bool:  # noqa: ANN401 - column values
        """Write only while the caller's lease is the newest one."""
        fence = and_(
            jobs.c.id == job.id, jobs.c.attempt == job.attempt, jobs.c.state == JobState.STARTED.value
        )
        change = update(jobs).where(fence).values(values)
        return await self._database.write(lambda c: c.execute(change).rowcount == 1)


def _now() -> ColumnElement[float]:
    """Unix time by the database's clock, so that workers on several machines agree."""
    return (func.julianday("now") - 2440587.5) * 86400.0


def _due() -> ColumnElement[bool]:
    return or_(
        jobs.c.state == JobState.QUEUED.value,
        and_(jobs.c.state == JobState.STARTED.value, jobs.c.lease_until < _now()),
    )


def _is_work(connection: Connection) -> bool:
    return connection.execute(select(jobs.c.number).where(_due()).limit(1)).first() is not None


def _claim(connection: Connection, owner: str, lease_s: float) -> Job | None:
    while row := connection.execute(select(jobs).where(_due()).order_by(jobs.c.number).limit(1)).first():
        if row.tries >= MAX_TRIES:
            connection.execute(_give_up(row.number))
            continue
        connection.execute(
            update(jobs)
            .where(jobs.c.number == row.number)
            .values(
                state=JobState.STARTED.value,
                owner=owner,
                attempt=jobs.c.attempt + 1,
                tries=jobs.c.tries + 1,
                lease_until=_now() + lease_s,
                started_at=func.coalesce(jobs.c.started_at, text("CURRENT_TIMESTAMP")),
            )
        )
        claimed = connection.execute(select(jobs).where(jobs.c.number == row.number)).one()
        return job_rows.job(claimed)
    return None


def _give_up(number: int) -> Update:
    problem = Problem(
        "gave_up",
        f"The work was started {MAX_TRIES} times and broke off unexpectedly each time. "
        "Try another copy of the file; the server's log says more.",
    )
    return (
        update(jobs)
        .where(jobs.c.number == number)
        .values(error_code=problem.code, error_message=problem.message, **_ended(JobState.FAILED))
    )


def _ended(state: JobState) -> dict[str, Any]:
    ended_at = utc_now().replace(tzinfo=None)
    return {"state": state.value, "ended_at": ended_at, "owner": None, "lease_until": None}
