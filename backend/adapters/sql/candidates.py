"""Question candidates in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import Connection, select, update

from backend.adapters.sql import job_rows, tables
from backend.adapters.sql.database import Database, driver_of
from backend.errors import Stopped
from backend.models.documents import Document, chunk_key
from backend.models.jobs import Job
from backend.models.questions import Candidate, Mode, Question, Source
from backend.utils.clock import utc_now

_COLUMNS = (
    "key, mode, place, document_number, section, turn, score, kind, difficulty, bloom, stem, answer, "
    "options, quote, rubric"
)
_INSERT = f"INSERT INTO question_candidates ({_COLUMNS}) VALUES ({', '.join('?' * 15)})"  # noqa: S608 - our own names
# Only published documents of the tenant, whatever the caller names.
_SELECT = (
    "SELECT c.key, c.mode, c.section, c.turn, c.score, c.kind, c.difficulty, c.bloom, c.stem, c.answer, "
    "c.options, c.quote, c.rubric, d.id, d.filename, k.page, k.heading "
    "FROM question_candidates c JOIN documents d ON d.number = c.document_number "
    "JOIN chunks k ON k.key = c.key "
    "WHERE d.tenant = ? AND d.published_at IS NOT NULL AND d.mined_at IS NOT NULL AND c.mode = ? "
)
_MOST_NAMES = 500
"""Of keys or numbers in one statement."""


class SqlCandidates:
    """Implements the CandidateStore port, on the driver itself: a request reads hundreds of rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(
        self, document: Document, first: int, last: int, candidates: Sequence[Candidate], job: Job
    ) -> None:
        """See the port."""
        low, high = chunk_key(document.number, first), chunk_key(document.number, last)
        rows = _rows(document, candidates)

        def change(connection: Connection) -> None:
            if not job_rows.is_held(connection, job):
                raise Stopped("The job was taken over, stopped or deleted.")
            driver = driver_of(connection)
            driver.execute("DELETE FROM question_candidates WHERE key BETWEEN ? AND ?", (low, high))
            driver.executemany(_INSERT, rows)

        await self._database.write(change, durable=False)

    async def settle(self, document: Document, job: Job) -> None:
        """See the port."""
        mined = (
            update(tables.documents)
            .where(tables.documents.c.number == document.number)
            .values(mined_at=utc_now().replace(tzinfo=None))
        )

        def change(connection: Connection) -> None:
            if not job_rows.is_held(connection, job):
                raise Stopped("The job was taken over, stopped or deleted.")
            connection.execute(mined)

        await self._database.write(change)

    async def unmined(self, tenant: str, documents: Sequence[Document]) -> list[Document]:
        """See the port."""
        rows = tables.documents
        query = select(rows.c.number).where(rows.c.tenant == tenant, rows.c.mined_at.is_(None))
        numbers = await self._database.read(lambda c: {row.number for row in c.execute(query)})
        return [d for d in documents if d.number in numbers]

    async def best(
        self, tenant: str, mode: Mode, documents: Sequence[Document], turns: int
    ) -> list[Candidate]:
        """See the port."""
        numbers = sorted(d.number for d in documents)
        extra = "AND c.document_number IN ({}) AND c.turn < ? ORDER BY c.key, c.place"
        return await self._database.read(
            lambda c: [
                candidate
                for part in _parts(numbers)
                for candidate in _found(c, extra, part, (tenant, mode.value), (turns,))
            ]
        )

    async def of_chunks(self, tenant: str, mode: Mode, keys: Sequence[int]) -> list[Candidate]:
        """See the port."""
        extra = "AND c.key IN ({}) ORDER BY c.key, c.place"
        return await self._database.read(
            lambda c: [
                candidate
                for part in _parts(sorted(keys))
                for candidate in _found(c, extra, part, (tenant, mode.value), ())
            ]
        )


def _parts(names: Sequence[int]) -> list[Sequence[int]]:
    return [names[i : i + _MOST_NAMES] for i in range(0, len(names), _MOST_NAMES)]


def _found(
    connection: Connection,
    extra: str,
    names: Sequence[int],
    before: tuple[str, ...],
    after: tuple[int, ...],
) -> list[Candidate]:
    statement = _SELECT + extra.format(",".join("?" * len(names)))
    return [_candidate(row) for row in driver_of(connection).execute(statement, (*before, *names, *after))]


def _candidate(row: tuple[object, ...]) -> Candidate:
    (key, mode, section, turn, score, kind, difficulty, bloom) = row[:8]
    (stem, answer, options, quote, rubric, document, filename, page, heading) = row[8:]
    number = int(str(key))
    source = Source(
        str(document),
        str(filename),
        f"{number:x}",
        str(quote),
        page if isinstance(page, int) else None,
        heading if isinstance(heading, str) else None,
    )
    question = Question(
        stem=str(stem),
        answer=str(answer),
        source=source,
        kind=str(kind),
        difficulty=str(difficulty),
        options=tuple(json.loads(str(options))),
        explanation=str(quote),
        bloom=str(bloom),
        rubric=tuple(json.loads(str(rubric))),
    )
    return Candidate(question, Mode(str(mode)), number, float(str(score)), int(str(section)), int(str(turn)))


def _rows(document: Document, candidates: Sequence[Candidate]) -> list[tuple[object, ...]]:
    ordered = sorted(candidates, key=lambda c: (c.chunk, c.mode.value, -c.score, c.question.stem))
    rows: list[tuple[object, ...]] = []
    for (chunk, mode), group in groupby(ordered, key=lambda c: (c.chunk, c.mode.value)):
        for place, c in enumerate(group):
            q = c.question
            row = (chunk, mode, place, document.number, c.section, c.turn, c.score, q.kind, q.difficulty)
            texts = (q.bloom, q.stem, q.answer, _json(q.options), q.source.quote, _json(q.rubric))
            rows.append((*row, *texts))
    return rows


def _json(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)
