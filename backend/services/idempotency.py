"""A request that is sent again with its key is answered again, not done again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from backend.errors import InvalidRequest, KeyReused
from backend.ports.answers import Answers

logger = logging.getLogger(__name__)

KEEP_S = 24 * 3600.0
"""How long an answer is given again."""

HELD_S = 15.0
"""Whoever works and was not heard of for so long has died: the next one does the work."""
BEAT_S = 3.0
"""How often to say that the work goes on."""
_LOOK_S = 0.1

LONGEST_KEY = 255


class Idempotency:
    """Does the work of each key once.

    Of many requests at once, in whatever processes, one works and the others wait for its answer. Where its
    process dies another one works after some seconds, so the work must be harmless when repeated. A
    request that fails is forgotten: sent again, it is done again.
    """

    def __init__(self, answers: Answers, keep_s: float = KEEP_S, held_s: float = HELD_S) -> None:
        self._answers = answers
        self._held_s = held_s
        self._keep_s = keep_s
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def once(self, tenant: str, key: str, fingerprint: str, work: Callable[[], Awaitable[str]]) -> str:
        """The answer of ``work``, or the one of the first request with this key.

        ``fingerprint`` tells requests apart. Raises KeyReused where the key stands for another one,
        InvalidRequest where it is none.
        """
        if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
            raise InvalidRequest(f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters.")
        turn = self._turns.setdefault((tenant, key), asyncio.Lock())
        async with turn:
            answered = await self._answered(tenant, key, fingerprint)
            if answered is not None:
                return answered
            holding = asyncio.create_task(self._hold(tenant, key))
            try:
                answer = await work()
            except BaseException:
                await self._answers.release(tenant, key)
                raise
            finally:
                holding.cancel()
            return await self._answers.keep(tenant, key, answer)

    async def _answered(self, tenant: str, key: str, fingerprint: str) -> str | None:
        """What was answered, perhaps by another process that works on it now; None where we are to work."""
        while True:
            claim = await self._answers.claim(
                tenant, key, fingerprint, keep_s=self._keep_s, held_s=self._held_s
            )
            if claim.fingerprint != fingerprint:
                raise KeyReused("This Idempotency-Key was used for another request. Send a new one.")
            if claim.ours or claim.answer is not None:
                return claim.answer
            await asyncio.sleep(_LOOK_S)

    async def _hold(self, tenant: str, key: str) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self._answers.hold(tenant, key)
            except Exception:  # noqa: BLE001 - e.g. a full disk; the claim lasts for several more beats
                logger.warning("an Idempotency-Key could not be held")
