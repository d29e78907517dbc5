"""Answers that are being streamed: written once, read by whoever follows, also after a lost connection."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing

from backend.errors import AnswerNotFound, QuaestioError, TooManyStreams
from backend.models.answers import AnswerEvent, Failed, SourcesFound, Token
from backend.services.answering.told import ToldEvents
from backend.utils.ids import new_id

BATCH_S = 0.04
"""Pieces of an answer that come within so short a time are one event."""

LEFT_S = 0.6
"""How long an answer goes on after its last reader has left: long enough to connect again at once."""

KEPT_S = 60.0
"""How long an answer that has ended can be read again."""

_BURST, _BURST_S, _BURST_MOST_S = 16, 0.05, 1.0
"""So many starts within so short a time are a burst; a model is asked at most so much later for it."""

_MOST_KEPT = 2000
_LONGEST_BUFFER = 4_000_000
"""Characters of one answer that are kept to be read again: more than any answer has."""

logger = logging.getLogger(__name__)

_STOPPED = Failed("stopped", "The answer was stopped.", retryable=True)
_TOO_LONG = Failed("model_unavailable", "The answer took too long. Try again.", retryable=True)
_SILENT = Failed("model_unavailable", "The answer did not go on for too long. Try again.", retryable=True)

Events = AsyncGenerator[AnswerEvent]


class RunningAnswer:
    """The events of one answer so far, numbered from 1."""

    __slots__ = ("_size", "_task", "_waiting", "ended", "events", "id", "readers", "tenant")

    def __init__(self, tenant: str) -> None:
        self.id = new_id()
        self.tenant = tenant
        self.events = ToldEvents()
        self.ended = False
        self.readers = 0
        self._waiting: list[asyncio.Future[bool]] = []
        self._task: asyncio.Task[None] | None = None
        self._size = 0

    async def more(self, seen: int, patience_s: float) -> bool:
        """Wait until there are more than ``seen`` events or it has ended; False after ``patience_s``."""
        if len(self.events) > seen or self.ended:
            return True
        loop = asyncio.get_running_loop()
        news: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(news)
        patience = loop.call_later(patience_s, _settle, news, False)
        try:
            return await news
        finally:
            patience.cancel()
            if news in self._waiting:
                self._waiting.remove(news)

    def begin(self, work: Coroutine[None, None, None], ended: Callable[[], None]) -> None:
        """Have it written by ``work``, which ``stop`` ends; then, whatever happened, ``ended`` is called."""
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(lambda _task: ended())

    def stop(self) -> None:
        """End it early; what was said so far stays readable for a while."""
        if self._task is not None:
            self._task.cancel()

    async def stopped(self) -> None:
        """Wait until its writer has ended."""
        if self._task is not None:
            await asyncio.wait({self._task})

    def add(self, event: AnswerEvent) -> None:
        """Tell an event."""
        if isinstance(event, Token):
            self._size += len(event.text)
            if self._size > _LONGEST_BUFFER:
                raise QuaestioError("The answer is longer than any should be.")
        self.events.append(event)
        self._wake()

    def end(self) -> None:
        """Tell that nothing follows."""
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for news in waiting:
            _settle(news, True)


def _settle(news: asyncio.Future[bool], there_is: bool) -> None:
    if not news.done():
        news.set_result(there_is)


class RunningAnswers:
    """Starts answers and finds them again; of one process.

    An answer that nobody reads any more is stopped after 0.6 s, and with it the call to its model.
    """

    def __init__(
        self, *, most_per_tenant: int, total_s: float, idle_s: float, batch_s: float = BATCH_S
    ) -> None:
        """``total_s``: longest time of an answer; ``idle_s``: longest time in which nothing of it comes."""
        self._most = most_per_tenant
        self._total_s, self._idle_s = total_s, idle_s
        self._batch_s = batch_s
        self._running: Counter[str] = Counter()
        self._starts: deque[float] = deque([0.0] * _BURST, maxlen=_BURST)
        self._answers: OrderedDict[str, RunningAnswer] = OrderedDict()

    @property
    def count(self) -> int:
        """Answers that are being written."""
        return self._running.total()

    async def start(self, tenant: str, prepare: Callable[[], Awaitable[Events]]) -> RunningAnswer:
        """Begin an answer; what ``prepare`` refuses, and TooManyStreams, comes before its first event.

        The caller is its first reader and must ``leave`` it.
        """
        if self._running[tenant] >= self._most:
            raise TooManyStreams(f"{self._most} answers are being streamed already. Try again shortly.")
        self._running[tenant] += 1
        try:
            events = await prepare()
        except BaseException:
            self._release(tenant)
            raise
        answer = RunningAnswer(tenant)
        answer.readers = 1
        self._answers[answer.id] = answer
        if len(self._answers) > _MOST_KEPT:
            self._forget_oldest()
        self._starts.append(asyncio.get_running_loop().time())
        answer.begin(self._write(answer, events), lambda: self._ended(answer))
        return answer

    def find(self, tenant: str, answer_id: str) -> RunningAnswer:
        """An answer that runs or has just ended, with one reader more; raises AnswerNotFound."""
        answer = self._answers.get(answer_id)
        if answer is None or answer.tenant != tenant:
            raise AnswerNotFound("This answer is over and no longer kept. Ask again.")
        answer.readers += 1
        return answer

    def leave(self, answer: RunningAnswer) -> None:
        """One reader less."""
        answer.readers -= 1
        if answer.readers:
            return
        if answer.ended:
            answer.events.pack()
        else:
            asyncio.get_running_loop().call_later(LEFT_S, self._stop_unread, answer)

    async def close(self) -> None:
        """Stop every answer."""
        for answer in self._answers.values():
            answer.stop()
        for answer in list(self._answers.values()):
            await answer.stopped()

    @staticmethod
    def _stop_unread(answer: RunningAnswer) -> None:
        if not answer.readers and not answer.ended:
            answer.stop()

    async def _write(self, answer: RunningAnswer, events: Events) -> None:
        batch = _Batch(answer, self._batch_s)
        patience = _Patience(answer, self._total_s, self._idle_s)
        try:
            async with aclosing(events):
                async for event in events:
                    patience.heard()
                    batch.add(event)
                    if isinstance(event, SourcesFound):
                        await self._after_burst()
        except asyncio.CancelledError:
            batch.flush()
            answer.add(patience.ran_out or _STOPPED)
        except QuaestioError as error:
            batch.flush()
            answer.add(Failed(error.code, error.message, error.retryable))
        except Exception:
            logger.exception("an answer broke off")
            batch.flush()
            answer.add(Failed(QuaestioError.code, "Something went wrong here. Try again."))
        finally:
            patience.end()
        batch.flush()

    def _ended(self, answer: RunningAnswer) -> None:
        if not answer.events:  # stopped before it began
            answer.add(_STOPPED)
        answer.end()
        if not answer.readers:
            answer.events.pack()
        self._release(answer.tenant)
        asyncio.get_running_loop().call_later(KEPT_S, self._answers.pop, answer.id, None)

    async def _after_burst(self) -> None:
        """While very many answers begin at once, let each tell its sources before models are asked."""
        loop = asyncio.get_running_loop()
        latest = loop.time() + _BURST_MOST_S
        while loop.time() - self._starts[0] < _BURST_S and loop.time() < latest:  # noqa: ASYNC110 - time is awaited
            await asyncio.sleep(_BURST_S)

    def _release(self, tenant: str) -> None:
        self._running[tenant] -= 1
        if not self._running[tenant]:
            del self._running[tenant]

    def _forget_oldest(self) -> None:
        oldest = next((a.id for a in self._answers.values() if a.ended), None)
        if oldest is not None:
            del self._answers[oldest]


class _Batch:
    """Joins pieces that come close together; the first one of an answer does not wait."""

    __slots__ = ("_answer", "_loop", "_pieces", "_seconds", "_timer", "_told_at")

    def __init__(self, answer: RunningAnswer, seconds: float) -> None:
        self._answer = answer
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._pieces: list[str] = []
        self._told_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, event: AnswerEvent) -> None:
        if not isinstance(event, Token):
            self.flush()
            self._answer.add(event)
            return
        self._pieces.append(event.text)
        wait = self._told_at + self._seconds - self._loop.time()
        if wait <= 0:
            self.flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(wait, self.flush)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pieces:
            text = "".join(self._pieces)
            self._pieces.clear()
            self._told_at = self._loop.time()
            self._answer.add(Token(text))


class _Patience:
    """Stops an answer that takes too long, or that does not go on; one timer, set again when it rings."""

    __slots__ = ("_answer", "_ends", "_heard", "_idle_s", "_loop", "_timer", "ran_out")

    def __init__(self, answer: RunningAnswer, total_s: float, idle_s: float) -> None:
        self._answer = answer
        self._idle_s = idle_s
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._ends = self._heard + total_s
        self.ran_out: Failed | None = None
        """What to say, once it has."""
        self._timer = self._loop.call_at(self._due(), self._look)

    def heard(self) -> None:
        """Something has come."""
        self._heard = self._loop.time()

    def end(self) -> None:
        """Nothing is waited for any more."""
        self._timer.cancel()

    def _due(self) -> float:
        return min(self._heard + self._idle_s, self._ends)

    def _look(self) -> None:
        now, due = self._loop.time(), self._due()
        if now < due:
            self._timer = self._loop.call_at(due, self._look)
            return
        self.ran_out = _TOO_LONG if due == self._ends else _SILENT
        self._answer.stop()
