"""Jobs that nobody asks for: they keep the store small, fast and free of leftovers."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from backend.models.jobs import Job
from backend.ports.job_table import JobTable
from backend.ports.question_store import QuestionStore
from backend.ports.store_audit import StoreAudit
from backend.ports.upkeep import Upkeep
from backend.ports.vector_store import VectorStore
from backend.services.ingestion import Ingestion
from backend.services.integrity import ABANDONED_S

OPTIMISE = "optimise"
SETTLE = "settle"
SWEEP = "sweep"
EXPIRE = "expire"
WARM = "warm"
MAINTENANCE_QUEUE = "maintenance"

SYSTEM = "*"
"""The tenant of jobs that belong to nobody, so that no listing shows them."""

_OWN_KINDS = (OPTIMISE, SETTLE, SWEEP, EXPIRE, WARM)
_OWN_KEPT_S = 2 * 86_400.0
"""Longer than any period: the id of an ended job is what keeps a period from being worked twice."""

logger = logging.getLogger(__name__)


class Maintenance:
    """Each method is the run of one kind of job, and harmless when repeated."""

    def __init__(
        self,
        *,
        upkeep: Upkeep,
        audit: StoreAudit,
        ingestion: Ingestion,
        jobs: JobTable,
        vectors: VectorStore,
        question_store: QuestionStore,
        sets_kept_s: float,
        expiring: Sequence[str],
        results_kept_s: float,
    ) -> None:
        self._upkeep = upkeep
        self._audit = audit
        self._ingestion = ingestion
        self._jobs = jobs
        self._vectors = vectors
        self._question_store = question_store
        self._sets_kept_s = sets_kept_s
        self._expiring = expiring
        self._results_kept_s = results_kept_s

    async def optimise(self, _job: Job) -> None:
        """Job: keep the indexes fast and the file small."""
        await self._upkeep.optimise()
        for tenant in await self._audit.findable():
            await self._vectors.optimise(tenant)

    async def settle(self, _job: Job) -> None:
        """Job: write into the indexes what searches hold in memory."""
        for tenant in await self._audit.findable():
            await self._vectors.settle(tenant)

    async def sweep(self, _job: Job) -> None:
        """Job: remove files and rows that no document needs."""
        files = await self._ingestion.sweep(ABANDONED_S)
        rows = await self._upkeep.remove_orphans()
        logger.info("swept %d files and %d rows", files, rows)

    async def expire(self, _job: Job) -> None:
        """Job: forget results and question sets that were kept for long enough."""
        gone = await self._jobs.expire(self._expiring, self._results_kept_s)
        gone += await self._jobs.expire(_OWN_KINDS, _OWN_KEPT_S)
        sets = await self._question_store.expire(self._sets_kept_s)
        logger.info("%d ended jobs and %d question sets expired", gone, sets)

    async def warm(self, job: Job) -> None:
        """Job: open the index of one tenant (the subject), or of all, before somebody searches."""
        tenants = [job.subject] if job.subject != SYSTEM else list(await self._audit.findable())
        for tenant in tenants:
            await self._vectors.warm(tenant)
