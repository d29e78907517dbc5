"""Answers quoted from the documents: no language model is needed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backend.models.answers import Citation, Source
from backend.ports.embedder import Embedder
from backend.services.answering.evidence import Evidence
from backend.services.answering.forms import Form
from backend.services.sentence_choice import Candidate, by_words, candidates, chosen, with_meant

_REFERENCE = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Quotation:
    """The best sentences, each with a marker of its source."""

    text: str
    sources: tuple[Source, ...]
    citations: tuple[Citation, ...]


async def quotation(embedder: Embedder, form: Form, evidence: Evidence) -> Quotation | None:
    """The sentences that answer best by words, form and meaning; None where there is no sentence at all."""
    scored = by_words(form, candidates(evidence.passages, evidence.documents))
    ranked = scored[: form.size.compared]
    if not ranked:
        return None
    vectors = await embedder.embed([candidate.meant for candidate in ranked])
    best = with_meant(scored, chosen(form, ranked, (vectors @ evidence.query).tolist()))
    ordered = _in_order(best)
    # A number in brackets that stands in the document itself would look like a marker of ours.
    texts = [_REFERENCE.sub(r"(\1)", c.text) for c in ordered]
    return Quotation(
        text=" ".join(f"{text} [{c.passage + 1}]" for text, c in zip(texts, ordered, strict=True)),
        sources=_sources(evidence, best),
        citations=tuple(_citation(evidence, candidate) for candidate in ordered),
    )


def _in_order(best: Sequence[Candidate]) -> list[Candidate]:
    """Best source first, each source in reading order."""
    first = [candidate.passage for candidate in best]
    return sorted(best, key=lambda c: (first.index(c.passage), c.offset))


def _sources(evidence: Evidence, best: Sequence[Candidate]) -> tuple[Source, ...]:
    """One source for each passage; where it is cited, its chunk is the one that is quoted first."""
    quoted = {candidate.passage: candidate for candidate in reversed(best)}
    return tuple(
        Source(
            document=evidence.documents[passage.document_id],
            passage=passage,
            chunk=passage.chunk_at(quoted[number].offset) if number in quoted else passage.found,
        )
        for number, passage in enumerate(evidence.passages)
    )


def _citation(evidence: Evidence, candidate: Candidate) -> Citation:
    passage = evidence.passages[candidate.passage]
    return Citation(
        number=candidate.passage + 1,
        chunk=passage.chunk_at(candidate.offset),
        quote=candidate.text,
        start=passage.place_of(candidate.offset),
        end=passage.place_of(candidate.end - 1) + 1,
        start_seconds=passage.second_of(candidate.offset),
    )
