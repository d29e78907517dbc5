"""Questions made ahead of requests: a job that reads a published document once, part by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from backend.errors import Stopped
from backend.models.documents import Chunk, Document, Passage, Progress
from backend.models.jobs import Job, NewJob, Priority, mine_job_id
from backend.models.questions import Candidate, Mode
from backend.ports.candidate_store import CandidateStore
from backend.ports.catalog import Catalog
from backend.ports.embedder import Embedder
from backend.ports.job_table import JobTable
from backend.ports.question_miner import QuestionMiner
from backend.ports.vector_store import VectorStore
from backend.services.item_flaws import Item, flaws

MINE = "mine"
PART = 640
"""Chunks read together (about 130,000 characters, a chapter): options come from the same part."""
MOST_PARTS = 2
"""How many parts are read as one where a chapter ends, or the document, before they do: the terms that
its authors list at the end of a chapter then stand beside its text."""

_SECTION = 24
"""Most chunks of a section, about 5,000 characters: what has no headings is cut by length."""
_FOUND = 5
_FIRST, _HARDLY_FOUND = 3, 0.15
"""What a question is worth less whose source is not among the first hits: other documents hide it."""
_FLAW = 0.1
"""What an item-writing flaw takes from a question's worth; with two it is not kept."""
_PER_CHUNK = 1.5
_AT_LEAST = 150
_WORTHLESS = {Mode.PRACTICE: 0.2, Mode.QUIZ: 0.25}
_OF_A_SHORT_TEXT, _SHORT = -1.0, 150
"""Score up to which a candidate is not kept: a declared shortfall is better than its place filled with it. A
text of few chunks has few things of a kind, so that its questions seldom score high."""
_LOST = "The job was taken over, stopped or deleted."


def mine_job(document: Document, queue: str) -> NewJob:
    """The job that mines a document; behind everything that people wait for."""
    return NewJob(document.tenant, MINE, document.id, queue, Priority.LATER, id=mine_job_id(document))


class Mining:
    """Finds, ranks and stores the questions that a document is good for."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        jobs: JobTable,
        miner: QuestionMiner,
        candidates: CandidateStore,
        embedder: Embedder,
        vectors: VectorStore,
    ) -> None:
        self._catalog = catalog
        self._jobs = jobs
        self._miner = miner
        self._candidates = candidates
        self._embedder = embedder
        self._vectors = vectors

    async def run(self, job: Job) -> None:
        """Job: mine a document; resumes behind its checkpoint and is harmless when repeated."""
        document = await self._catalog.document(job.tenant, job.subject)
        first = job.checkpoint
        while first < document.chunks:
            ahead = min(first + MOST_PARTS * PART, document.chunks) - 1
            following = await self._catalog.chunk_range(document, first, ahead)
            size = part_of(following, ends=ahead + 1 == document.chunks)
            last, chunks = first + size - 1, following[:size]
            found = await self._mined(document, chunks)
            await self._candidates.keep(document, first, last, found, job)
            await self._report(job, document, last + 1)
            first = last + 1
        await self._candidates.settle(document, job)

    async def _report(self, job: Job, document: Document, done: int) -> None:
        share = done / max(1, document.chunks)
        progress = Progress("mining", done, document.chunks, share, "passages")
        if not await self._jobs.report(job, progress, done):
            raise Stopped(_LOST)

    async def _mined(self, document: Document, chunks: Sequence[Chunk]) -> list[Candidate]:
        if not chunks:
            return []
        passage = Passage(document.id, document.filename, tuple(chunks))
        found: list[Candidate] = []
        for mode in Mode:
            sound = [c for c in await self._miner.mine([passage], mode) if len(_flaws(c)) <= 1]
            best = sound[: _most(len(chunks))]
            # The same question may have two sources, of which a search may find but one.
            by_stem = {c.question.stem: c for c in reversed(await self._weighed(document, best))}
            weighed = list(by_stem.values())
            least = _WORTHLESS[mode] if len(chunks) >= _SHORT else _OF_A_SHORT_TEXT
            found += ranked([c for c in weighed if c.score > least], chunks)
        return found

    async def _weighed(self, document: Document, found: list[Candidate]) -> list[Candidate]:
        """Those that lead who asks them to where they come from, worth less for each flaw."""
        vectors = await self._embedder.embed([c.question.stem for c in found])
        weighed = []
        for candidate, vector in zip(found, vectors, strict=True):
            hits = await self._vectors.search(document.tenant, vector, _FOUND, [document])
            found_at = [hit.key - candidate.chunk for hit in hits]
            if not {0, 1}.isdisjoint(found_at):
                score = candidate.score - _FLAW * len(_flaws(candidate))
                score -= _HARDLY_FOUND * (0 not in found_at[:_FIRST]) + _HARDLY_FOUND * (0 not in found_at)
                weighed.append(replace(candidate, score=score))
        return weighed


def part_of(following: Sequence[Chunk], *, ends: bool) -> int:
    """How many of the chunks make the next part: ``PART``, or more where a chapter ends behind that.

    ``ends``: the document ends with these chunks.
    """
    for number in range(PART, len(following)):
        if _chapter(following[number]) != _chapter(following[number - 1]):
            return number
    return len(following) if ends or len(following) < PART else PART


def _chapter(chunk: Chunk) -> str:
    """The outermost heading over a chunk."""
    return (chunk.heading or "").split(" > ", 1)[0]


def _flaws(candidate: Candidate) -> list[str]:
    question = candidate.question
    return flaws(Item(question.stem, question.answer, question.options))


def _most(chunks: int) -> int:
    return max(_AT_LEAST, round(_PER_CHUNK * chunks))


def sections(chunks: Sequence[Chunk]) -> dict[int, int]:
    """The section of each chunk, both by key: chunks under one heading, cut where they are many."""
    found: dict[int, int] = {}
    first: Chunk | None = None
    for chunk in chunks:
        if first is None or chunk.heading != first.heading or chunk.key >= first.key + _SECTION:
            first = chunk
        found[chunk.key] = first.key
    return found


def ranked(found: Sequence[Candidate], chunks: Sequence[Chunk]) -> list[Candidate]:
    """Candidates of one mode with their section and their turn in it: best first, kinds taking turns."""
    section_of = sections(chunks)
    turns: Counter[int] = Counter()
    ordered = []
    for candidate in sorted(found, key=lambda c: (-c.score, c.question.stem)):
        section = section_of[candidate.chunk]
        ordered.append(replace(candidate, section=section, turn=turns[section]))
        turns[section] += 1
    return ordered
