"""A request that is sent again with its key is answered again, not done again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from backend.errors import InvalidRequest, KeyReused
from backend.ports.answers import Answers

KEEP_S = 24 * 3600.0
"""How long an answer is given again."""

LONGEST_KEY = 255


class Idempotency:
    """Does the work of each key once.

    Requests of one key take turns in this process. In two processes both may work, so the work itself
    must be harmless when repeated; all of them answer what was kept first. A request that fails is
    forgotten: sent again, it is done again.
    """

    def __init__(self, answers: Answers, keep_s: float = KEEP_S) -> None:
        self._answers = answers
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
            claim = await self._answers.claim(tenant, key, fingerprint, self._keep_s)
            if claim.fingerprint != fingerprint:
                raise KeyReused("This Idempotency-Key was used for another request. Send a new one.")
            if claim.answer is not None:
                return claim.answer
            try:
                answer = await work()
            except BaseException:
                await self._answers.release(tenant, key)
                raise
            return await self._answers.keep(tenant, key, answer)
