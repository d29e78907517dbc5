"""From a store of another product to documents of this one: looked at, taken over, verified."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from backend.errors import Conflict, InvalidRequest, JobNotFound, NotFound, OtherModel, QuaestioError, Stopped
from backend.models.documents import Progress
from backend.models.jobs import Job, NewJob, Priority
from backend.models.migration import FoundStore, MigrationReport, ModelMatch, Verification
from backend.ports.embedder import Embedder
from backend.ports.foreign_store import ForeignStore, ForeignStores
from backend.ports.job_table import JobTable
from backend.ports.task_queue import TaskQueue
from backend.ports.transfers import Piece, Transfers
from backend.services.keeping import Keeping
from backend.services.maintenance import MAINTENANCE_QUEUE
from backend.services.migration_report import could_move, report_of, ways
from backend.services.model_match import model_match
from backend.services.transfer_check import TransferCheck

MIGRATE = "migrate"
PRODUCT = "llamaindex"

BATCH = 256
"""Nodes of one transaction, which other writes wait for: a tenth of a second."""

_READ, _STORED = 0.3, 0.9
"""Shares of the whole at which reading and storing end."""

_TELL_S = 0.3
_MOST_RUNS = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done with a store."""

    folder: Path
    reembed: bool = False
    """Whether vectors are made anew by the model in use."""
    delete_source: bool = False
    """Whether the source is deleted once everything is verified."""
    keep: bool = False
    """Whether vectors of another model than the one in use become an index of their own."""

    def payload(self) -> dict[str, Any]:
        """For a job."""
        return {
            "folder": str(self.folder),
            "reembed": self.reembed,
            "delete_source": self.delete_source,
            "keep": self.keep,
        }

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Wanted:
        """Of a job."""
        folder, keep = Path(payload["folder"]), bool(payload.get("keep"))
        return cls(folder, bool(payload["reembed"]), bool(payload["delete_source"]), keep)


class Migration:
    """Looks at stores, and takes them over as jobs.

    ``roots`` are folders that may hold some; what a start finds there becomes ``tenant``'s.
    """

    def __init__(
        self,
        *,
        stores: ForeignStores,
        transfers: Transfers,
        check: TransferCheck,
        keeping: Keeping,
        embedder: Embedder,
        jobs: JobTable,
        queue: TaskQueue,
        roots: Sequence[Path],
        tenant: str,
    ) -> None:
        self._stores = stores
        self._transfers = transfers
        self._check = check
        self._keeping = keeping
        self._embedder = embedder
        self._jobs = jobs
        self._queue = queue
        self._roots = roots
        self._tenant = tenant

    async def found(self) -> list[FoundStore]:
        """Stores below the folders that are looked through, each folder once."""
        stores = [s for root in self._roots for s in await asyncio.to_thread(self._stores.below, root)]
        return list({store.folder.resolve(): store for store in reversed(stores)}.values())[::-1]

    def at(self, folder: Path) -> FoundStore | None:
        """The store in a folder, not read; looks at the folder, so for the command line only."""
        return self._stores.at(folder)

    async def named(self, name: str) -> FoundStore:
        """The found store that a client names; raises NotFound, so no other folder is ever read."""
        for store in await self.found():
            if store.name == name:
                return store
        raise NotFound(
            "There is no such LlamaIndex store below the data folder or LLAMAINDEX_DIR. "
            "GET /api/migrations lists those there are."
        )

    async def look(self, tenant: str, wanted: Wanted, tell: Callable[[Progress], None]) -> MigrationReport:
        """Read a store whole and say what a migration would do; nothing is written."""
        began = time.monotonic()

        async def hear(progress: Progress) -> None:
            tell(progress)

        async with self._opened(wanted, hear) as store:
            model = await model_match(store, self._embedder)
            arrived = await self._transfers.arrived(tenant, [d.sha256 for d in store.documents])
            here = sum(one.published for one in arrived.values())
            report = self._report(wanted, store, model, here, began)
        decided = model.same or wanted.reembed or wanted.keep
        notes = report.notes if decided else (*report.notes, ways(model))
        return replace(report, dry_run=True, notes=notes)

    async def begin(self, tenant: str, wanted: Wanted) -> Job:
        """Queue a migration; one of the same folder that has not ended is returned instead.

        Raises NotFound where there is no store, Conflict where one with other options goes on.
        """
        folder = wanted.folder.resolve()
        if wanted.reembed and wanted.keep:
            raise InvalidRequest("Vectors are either made anew (reembed) or kept (keep), not both.")
        if await asyncio.to_thread(self._stores.at, folder) is None:
            raise NotFound(
                f"There is no LlamaIndex store in {wanted.folder.name or wanted.folder}: neither "
                "docstore.json nor a file that ends in vector_store.json."
            )
        wanted = replace(wanted, folder=folder)
        for run in range(_MOST_RUNS):
            known = await self._job(tenant, _job_id(tenant, folder, run))
            if known is None:
                return await self._queued(tenant, wanted, run)
            if not known.state.ended:
                if Wanted.of(known.payload) != wanted:
                    raise Conflict(
                        f"This folder is being moved over with other options by the job {known.id}. "
                        "Wait for it, or stop it first."
                    )
                return known
        raise Conflict("This folder was moved over too often.")

    async def begin_found(self, tenant: str) -> list[Job]:
        """Queue a migration of every found store that never had one; what came of an earlier one stays."""
        queued = []
        for store in await self.found():
            folder = store.folder.resolve()
            if await self._job(tenant, _job_id(tenant, folder, 0)) is None:
                logger.info(
                    "found a LlamaIndex store in %s (%.1f MB, %s): it moves over in the background, once, "
                    "and takes about %.0f s; the folder stays as it is",
                    store.folder,
                    store.size / 1e6,
                    store.layout,
                    store.seconds,
                )
                queued.append(await self._queued(tenant, Wanted(folder), 0))
        return queued

    async def watch(self) -> None:
        """At a start: as ``begin_found``; a failure is logged and keeps nobody from serving."""
        try:
            await self.begin_found(self._tenant)
        except Exception:
            logger.exception("stores of other products could not be looked for")

    async def run(self, job: Job) -> Mapping[str, Any]:
        """Job: take a store over. Goes on where an earlier attempt stopped; harmless when repeated."""
        wanted, began = Wanted.of(job.payload), time.monotonic()
        known = await asyncio.to_thread(self._stores.at, wanted.folder)
        if known is not None:
            logger.info(
                "moving %s over (%.1f MB): this happens once and takes about %.0f s%s",
                known.folder,
                known.size / 1e6,
                known.seconds,
                ", and longer for making vectors anew" if wanted.reembed else "",
            )
        try:
            report = await self._run(job, wanted, began)
        except QuaestioError as error:
            logger.warning("%s did not move over: %s", wanted.folder, error)
            raise
        logger.info(
            "moved %s over: %d documents, %d nodes, %d vectors, %d skipped, in %.1f s",
            wanted.folder,
            report.documents,
            report.nodes,
            report.vectors,
            report.skipped,
            report.seconds,
        )
        return report.as_json()

    async def _run(self, job: Job, wanted: Wanted, began: float) -> MigrationReport:
        async with self._opened(wanted, lambda progress: self._tell(job, progress)) as store:
            model = await model_match(store, self._embedder)
            if model.same or wanted.reembed or not could_move(store):
                whole, checked = await self._as_documents(job, wanted, store)
                report = self._report(wanted, store, model, whole, began)
            elif wanted.keep and store.nodes:
                kept = await self._keeping.run(
                    job.tenant, wanted.folder.name, store, partial(self._stored, job, store)
                )
                checked = kept.verification
                report = self._report(wanted, store, model, 0, began)
                report = replace(report, kept_index=kept.name, notes=(*report.notes, *kept.notes))
            else:
                raise OtherModel(ways(model))
        deleted = wanted.delete_source and checked.passed
        if deleted:
            await asyncio.to_thread(self._stores.remove, wanted.folder)
        notes = list(report.notes)
        if not checked.passed:
            logger.error("what moved over differs from the source: %s", "; ".join(checked.faults))
        if wanted.delete_source and not deleted:
            notes.append("The source was not deleted, since the verification did not pass.")
        return replace(
            report,
            verification=checked,
            source_deleted=deleted,
            notes=tuple(notes),
            seconds=time.monotonic() - began,
        )

    async def _as_documents(self, job: Job, wanted: Wanted, store: ForeignStore) -> tuple[int, Verification]:
        """How many documents were here before, and what comparing them all with the source says."""
        arrived = await self._transfers.arrived(job.tenant, [d.sha256 for d in store.documents])
        whole = {sha256 for sha256, one in arrived.items() if one.published}
        await self._take_over(job, wanted, store, whole)
        done = Progress("verifying", store.nodes, store.nodes, _STORED, "nodes")
        await self._tell(job, done, store.nodes)
        return len(whole), await self._check.run(job.tenant, store, whole, same_bits=not wanted.reembed)

    async def _take_over(self, job: Job, wanted: Wanted, store: ForeignStore, whole: set[str]) -> None:
        stored = 0
        for parts in _batches(store):
            missing = [part for part in parts if store.documents[part.document].sha256 not in whole]
            if missing:
                pieces = await asyncio.to_thread(_read, store, missing)
                if wanted.reembed:
                    pieces = [await self._embedded(piece) for piece in pieces]
                await self._transfers.take(PRODUCT, pieces, job)
            stored += sum(part.last - part.first + 1 for part in parts)
            await self._stored(job, store, stored)

    async def _stored(self, job: Job, store: ForeignStore, stored: int) -> None:
        share = _READ + (_STORED - _READ) * stored / store.nodes
        await self._tell(job, Progress("storing", stored, store.nodes, share, "nodes"), stored)

    async def _embedded(self, piece: Piece) -> Piece:
        return replace(piece, vectors=await self._embedder.embed([node.text for node in piece.nodes]))

    @asynccontextmanager
    async def _opened(self, wanted: Wanted, tell: Callable[[Progress], Any]) -> AsyncIterator[ForeignStore]:
        """Read the store on a thread, whose progress is told from here; leaving early ends the thread."""
        done, ended = [0, 0], False

        def hear(behind: int, total: int) -> None:
            done[:] = behind, total
            if ended:
                raise Stopped("The migration was stopped.")

        reading = asyncio.ensure_future(
            asyncio.to_thread(self._stores.open, wanted.folder, without_vectors=wanted.reembed, tell=hear)
        )
        try:
            while not (await asyncio.wait([reading], timeout=_TELL_S))[0]:
                behind, total = done
                share = _READ * behind / total if total else 0.0
                await tell(Progress("reading", behind, total, share, "bytes"))
        except BaseException:
            ended = True
            reading.add_done_callback(_close)
            raise
        store = reading.result()
        try:
            yield store
        finally:
            await asyncio.to_thread(store.close)

    def _report(
        self, wanted: Wanted, store: ForeignStore, model: ModelMatch, here: int, began: float
    ) -> MigrationReport:
        dimension = self._embedder.dimension if wanted.reembed else store.dimension
        return report_of(wanted.folder.resolve().name, store, model, here, began, dimension, wanted.reembed)

    async def _tell(self, job: Job, progress: Progress, checkpoint: int | None = None) -> None:
        if not await self._jobs.report(job, progress, max(checkpoint or 0, job.checkpoint)):
            raise Stopped("The migration was taken over, stopped or deleted.")

    async def _queued(self, tenant: str, wanted: Wanted, run: int) -> Job:
        new = NewJob(
            tenant,
            MIGRATE,
            wanted.folder.name[:64],
            MAINTENANCE_QUEUE,
            Priority.LONG,
            payload=wanted.payload(),
            id=_job_id(tenant, wanted.folder, run),
        )
        job = await self._jobs.add(new)
        await self._queue.ring(MAINTENANCE_QUEUE, job.id)
        return job

    async def _job(self, tenant: str, job_id: str) -> Job | None:
        try:
            return await self._jobs.job(tenant, job_id)
        except JobNotFound:
            return None


def _job_id(tenant: str, folder: Path, run: int) -> str:
    """Follows from the folder, so that one that two processes find is moved once."""
    digest = hashlib.sha256(f"{tenant}\n{folder}".encode("utf-8", "surrogateescape")).hexdigest()
    return f"{digest[:24]}{run:04}"


@dataclass(frozen=True, slots=True)
class _Part:
    """Positions ``first`` to ``last`` of a document, by its place in the store."""

    document: int
    first: int
    last: int


def _batches(store: ForeignStore) -> Iterator[list[_Part]]:
    """All nodes in order, at most BATCH of them at a time; short documents share a batch."""
    batch: list[_Part] = []
    room = BATCH
    for place, document in enumerate(store.documents):
        first = 0
        while first < document.nodes:
            last = min(first + room, document.nodes) - 1
            batch.append(_Part(place, first, last))
            room -= last - first + 1
            first = last + 1
            if room == 0:
                yield batch
                batch, room = [], BATCH
    if batch:
        yield batch


def _read(store: ForeignStore, parts: Sequence[_Part]) -> list[Piece]:
    pieces = []
    for part in parts:
        document = store.documents[part.document]
        first, last = document.first + part.first, document.first + part.last
        pieces.append(Piece(document, part.first, store.read(first, last), store.matrix(first, last)))
    return pieces


def _close(reading: asyncio.Future[ForeignStore]) -> None:
    if not reading.cancelled() and reading.exception() is None:
        reading.result().close()
