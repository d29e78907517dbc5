"""Question sets: made once for the same request, kept, and changed by a person item by item."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from backend.errors import DocumentNotFound, InvalidRequest, NoOtherQuestion, QuestionSetNotFound
from backend.models.documents import Passage
from backend.models.question_sets import Asked, CacheKey, SetItem, SetSummary, StoredSet
from backend.models.questions import Mode, Order, Question, QuestionSet
from backend.ports.catalog import Catalog
from backend.ports.question_store import QuestionStore
from backend.services.generation import Plan, QuestionGeneration, QuestionRequest
from backend.services.retrieval import Retriever
from backend.services.single_flight import SingleFlight
from backend.utils.clock import utc_now
from backend.utils.ids import new_id
from backend.utils.likeness import Wordings, normalised

_MOST_AVOIDED = 400
"""Stems of earlier sets that a fresh one keeps away from."""

_WIDER = 25
"""Chunks on each side where the passage itself carries no other question."""


@dataclass(frozen=True, slots=True)
class Made:
    """A set, and whether it is the one that an earlier request got."""

    stored: StoredSet
    cached: bool


class QuestionBank:
    """Makes and keeps sets. The same request about the same library gives the same set for a while."""

    def __init__(
        self,
        *,
        generation: QuestionGeneration,
        store: QuestionStore,
        catalog: Catalog,
        retriever: Retriever,
        models: Sequence[str],
        max_age_s: float,
    ) -> None:
        self._generation = generation
        self._store = store
        self._catalog = catalog
        self._retriever = retriever
        self._models = tuple(models)
        self._max_age_s = max_age_s
        self._making: SingleFlight[StoredSet] = SingleFlight()

    async def make(self, tenant: str, request: QuestionRequest, *, fresh: bool = False) -> Made:
        """The set that there is, or a new one; ``fresh``: a new one without the questions of earlier ones.

        Raises as ``QuestionGeneration.prepare`` does.
        """
        key = await self._key(tenant, request)
        if not fresh and (known := await self._store.cached(tenant, key, self._max_age_s)):
            return Made(known, cached=True)

        async def work() -> StoredSet:
            request_now = await self._avoiding(tenant, key, request) if fresh else request
            return await self._keep(
                tenant, request, key, await self._generation.generate(tenant, request_now)
            )

        return Made(await self._making.do((tenant, key, fresh), work), cached=False)

    async def stream(
        self, tenant: str, request: QuestionRequest, *, fresh: bool = False
    ) -> AsyncGenerator[SetItem | Made]:
        """Each item as soon as it is verified, at last the set; what can be refused is refused before.

        Closing the iterator stops the work, and nothing is kept.
        """
        key = await self._key(tenant, request)
        if not fresh and (known := await self._store.cached(tenant, key, self._max_age_s)):
            for item in known.items:
                yield item
            yield Made(known, cached=True)
            return
        wanted = await self._avoiding(tenant, key, request) if fresh else request
        items: list[SetItem] = []
        async with aclosing(self._generation.stream(tenant, wanted)) as made:
            async for one in made:
                if isinstance(one, Question):
                    items.append(SetItem(new_id(), one))
                    yield items[-1]
                else:
                    yield Made(await self._keep(tenant, request, key, one, items), cached=False)

    async def edit(self, tenant: str, set_id: str, item_id: str, changed: Question) -> StoredSet:
        """Put a person's wording in the place of an item; raises InvalidRequest where it cannot stand."""
        stored = await self._store.question_set(tenant, set_id)
        _check(changed, stored, item_id)
        return await self._store.replace(tenant, set_id, SetItem(item_id, changed, edited=True))

    async def regenerate(self, tenant: str, set_id: str, item_id: str) -> StoredSet:
        """Another question of the same kind from the same place, in the place of an item.

        Where there is none of its kind another kind is taken. Raises NoOtherQuestion where the place
        carries no further question or its document is gone.
        """
        stored = await self._store.question_set(tenant, set_id)
        old = item_in(stored, item_id).question
        found = await self._other(tenant, stored, old)
        if found is None:
            raise NoOtherQuestion(
                "The text around this question carries no other one. Keep it, edit it, or drop it."
            )
        return await self._store.replace(tenant, set_id, SetItem(item_id, found))

    async def _other(self, tenant: str, stored: StoredSet, old: Question) -> Question | None:
        near = await self._place(tenant, old)
        wide = await self._wider(tenant, near)
        avoid = tuple(q.stem for q in stored.questions)
        for passage, kinds in ((near, (old.kind,)), (wide, (old.kind,)), (near, ()), (wide, ())):
            order = Order(stored.summary.mode, 1, kinds=kinds, avoid=avoid)
            async with aclosing(self._generation.deliver(Plan((passage,), order, ""))) as made:
                async for one in made:
                    if isinstance(one, Question):
                        return one
        return None

    async def _place(self, tenant: str, question: Question) -> Passage:
        source = question.source
        passage = await self._retriever.passage(tenant, source.document_id, source.chunk_id)
        if passage is None:
            raise NoOtherQuestion(
                f"{source.filename} is no longer in the library, so no other question can come from it."
            )
        return passage

    async def _wider(self, tenant: str, near: Passage) -> Passage:
        try:
            document = await self._catalog.document(tenant, near.document_id)
        except DocumentNotFound:
            return near
        at = near.found.position
        chunks = await self._catalog.chunk_range(document, at - _WIDER, at + _WIDER)
        return replace(near, chunks=tuple(chunks), hit=0) if chunks else near

    async def _key(self, tenant: str, request: QuestionRequest) -> CacheKey:
        ids = request.document_ids
        said = [
            request.mode.value,
            request.count,
            normalised(request.topic or ""),
            None if ids is None else sorted(set(ids)),
            request.difficulty,
            sorted(set(request.kinds)),
            self._models,
        ]
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        return CacheKey(digest, await self._catalog.version(tenant))

    async def _avoiding(self, tenant: str, key: CacheKey, request: QuestionRequest) -> QuestionRequest:
        before = await self._store.asked_before(tenant, key.request, _MOST_AVOIDED)
        return replace(request, avoid=(*request.avoid, *before))

    async def _keep(
        self,
        tenant: str,
        request: QuestionRequest,
        key: CacheKey,
        made: QuestionSet,
        items: Sequence[SetItem] | None = None,
    ) -> StoredSet:
        if items is None:
            items = [SetItem(new_id(), question) for question in made.questions]
        asked = Asked(
            (request.topic or "").strip(), request.document_ids, request.difficulty, tuple(request.kinds)
        )
        summary = SetSummary(
            id=new_id(),
            title=await self._title(tenant, asked),
            mode=made.mode,
            model=made.model,
            requested=made.requested,
            delivered=len(items),
            shortfall=made.shortfall,
            asked=asked,
            created_at=utc_now(),
            kept=False,
            fallback_used=made.fallback_used,
        )
        stored = StoredSet(summary, tuple(items))
        first_choice = self._models[0] in made.model.split(" + ")
        await self._store.add(tenant, stored, key if first_choice else replace(key, library_version=None))
        return stored

    async def _title(self, tenant: str, asked: Asked) -> str:
        if asked.topic:
            return asked.topic
        if asked.document_ids is None:
            return "All documents"
        if len(asked.document_ids) > 1:
            return f"{len(asked.document_ids)} documents"
        try:
            return (await self._catalog.document(tenant, asked.document_ids[0])).filename
        except DocumentNotFound:
            return "A document"


def item_in(stored: StoredSet, item_id: str) -> SetItem:
    """One item of a set; raises QuestionSetNotFound."""
    for item in stored.items:
        if item.id == item_id:
            return item
    raise QuestionSetNotFound(f"There is no question {item_id[:64]!r} in this set. It may have been dropped.")


def _check(changed: Question, stored: StoredSet, item_id: str) -> None:
    """A quiz item has exactly one right option, and no question stands twice in a set."""
    item_in(stored, item_id)
    if stored.summary.mode is Mode.QUIZ:
        distinct = {option.strip().casefold() for option in changed.options}
        if len(changed.options) != len(distinct) or changed.answer not in changed.options:
            raise InvalidRequest("The options must be four different texts, and one of them the answer.")
    others = Wordings(item.question.stem for item in stored.items if item.id != item_id)
    if changed.stem in others:
        raise InvalidRequest("This set has that question already. Word it differently.")
