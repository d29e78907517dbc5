"""Measures the questions that this installation makes, document by document and mode by mode."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from backend.models.documents import Chunk, Document
from backend.models.questions import Mode, Question, QuestionSet
from backend.ports.catalog import Catalog
from backend.ports.embedder import Embedder
from backend.services.generation import QuestionGeneration, QuestionRequest
from backend.services.item_flaws import Item, flaws
from backend.services.question_metrics import form_of, guessed, with_random_options
from backend.services.retrieval import Retriever

FOUND = 5
"""Among so many chunks the source of a question should be found."""

_LEAST_SECTION = 400
"""Characters from which a run of text under one heading counts as a section."""


class QuestionEvaluation:
    """Makes questions and measures them; nothing is stored."""

    def __init__(
        self, *, generation: QuestionGeneration, retriever: Retriever, catalog: Catalog, embedder: Embedder
    ) -> None:
        self._generation = generation
        self._retriever = retriever
        self._catalog = catalog
        self._embedder = embedder

    async def of_documents(
        self, tenant: str, documents: Sequence[Document], count: int, *, items: bool = False
    ) -> dict[str, Any]:
        """Figures for each document and mode, and for all documents of a mode together."""
        report: dict[str, Any] = {"documents": {}, "modes": {}}
        for mode in Mode:
            made = [(d, await self._set(tenant, d, mode, count)) for d in documents]
            everything = [_item(q) for _, s in made for q in s.questions]
            each = {name_of(d, documents): await self._figures(tenant, d, s) for d, s in made}
            for name, figures in each.items():
                report["documents"].setdefault(name, {})[mode.value] = figures
            report["modes"][mode.value] = form_of(everything) | {
                "guessed": await guessed(everything, self._embedder),
                "guessed_with_random_options": await guessed(with_random_options(everything), self._embedder),
                **_means(list(each.values())),
                # Across documents the same may rightly be asked of two texts.
                "duplicates": sum(figures["duplicates"] for figures in each.values()),
            }
            if items:
                report.setdefault("items", {})[mode.value] = [
                    _listed(q) for _, s in made for q in s.questions
                ]
        return report

    async def of_items(self, items: Sequence[Item]) -> dict[str, Any]:
        """Figures of items whose documents are not at hand."""
        return form_of(items) | {
            "guessed": await guessed(items, self._embedder),
            "guessed_with_random_options": await guessed(with_random_options(items), self._embedder),
        }

    async def _set(self, tenant: str, document: Document, mode: Mode, count: int) -> QuestionSet:
        return await self._generation.generate(
            tenant, QuestionRequest(mode, count, document_ids=(document.id,))
        )

    async def _figures(self, tenant: str, document: Document, made: QuestionSet) -> dict[str, Any]:
        items = [_item(q) for q in made.questions]
        chunks = await self._catalog.chunk_range(document, 0, document.chunks)
        return {
            "requested": made.requested,
            "delivered": len(items),
            "delivered_or_declared": len(items) == made.requested or made.shortfall is not None,
            "words": sum(len(c.text.split()) for c in chunks),
            "answer_in_cited_span": _share([_cited(q, chunks) for q in made.questions]),
            "source_in_top_5": _share([await self._leads_home(tenant, q) for q in made.questions]),
            **_coverage(made.questions, chunks),
            **form_of(items),
            "guessed": await guessed(items, self._embedder),
        }

    async def _leads_home(self, tenant: str, question: Question) -> bool:
        """Whether a search for the stem finds a chunk that the cited span stands in."""
        found = await self._retriever.search(tenant, question.stem, FOUND)
        keys = {p.found.key for p in found.passages}
        source = int(question.source.chunk_id, 16)
        here = next((p.found for p in found.passages if p.found.key == source + 1), None)
        goes_on = here is not None and _plain(here.text)[:40] in _plain(question.source.quote)
        return source in keys or goes_on


def name_of(document: Document, others: Sequence[Document]) -> str:
    """The file's name, with its id where several have that name."""
    same = sum(d.filename == document.filename for d in others)
    return document.filename if same == 1 else f"{document.filename} {document.id[:8]}"


def _means(each: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = ("answer_in_cited_span", "source_in_top_5", "sections_touched")
    known = {n: [f[n] for f in each if f["delivered"] and f.get(n) is not None] for n in names}
    return {
        "requested": sum(f["requested"] for f in each),
        "delivered": sum(f["delivered"] for f in each),
        "delivered_or_declared": _share([f["delivered_or_declared"] for f in each]),
        **{name: round(fmean(values), 3) if values else None for name, values in known.items()},
    }


def _item(question: Question) -> Item:
    return Item(question.stem, question.answer, question.options)


def _listed(question: Question) -> dict[str, Any]:
    return {
        "question": question.stem,
        "options": question.options,
        "answer": question.answer,
        "kind": question.kind,
        "difficulty": question.difficulty,
        "bloom": question.bloom,
        "quote": question.source.quote,
        "document": question.source.filename,
        "heading": question.source.heading,
        "flaws": flaws(_item(question)),
    }


def _cited(question: Question, chunks: Sequence[Chunk]) -> bool:
    """Whether the answer stands in the quote, and the quote in the text from the cited chunk on."""
    if _plain(question.answer) not in _plain(question.source.quote):
        return False
    at = next((n for n, c in enumerate(chunks) if c.id == question.source.chunk_id), None)
    if at is None:
        return False
    near = "".join(_plain(c.text).replace(" ", "") for c in chunks[at : at + 4])
    return _plain(question.source.quote).replace(" ", "") in near


def _coverage(questions: Sequence[Question], chunks: Sequence[Chunk]) -> dict[str, Any]:
    """Sections (runs of text under one heading) that a question comes from; None without headings."""
    runs: list[tuple[str | None, int, set[str]]] = []
    for chunk in chunks:
        if not runs or runs[-1][0] != chunk.heading:
            runs.append((chunk.heading, 0, set()))
        heading, size, ids = runs[-1]
        runs[-1] = (heading, size + len(chunk.text), ids | {chunk.id})
    counted = [ids for _, size, ids in runs if size >= _LEAST_SECTION]
    cited = {q.source.chunk_id for q in questions}
    touched = sum(not ids.isdisjoint(cited) for ids in counted)
    most = min(len(counted), max(1, len(questions)))
    return {
        "sections": len(counted),
        "sections_touched": round(min(1.0, touched / most), 3) if len(counted) > 1 else None,
    }


def _plain(text: str) -> str:
    return " ".join(text.split())


def _share(kept: Sequence[bool]) -> float:
    return round(fmean(kept), 3) if kept else 1.0
