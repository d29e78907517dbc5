"""Carries out frames that come over the line from the API, and over connections that it has handed over."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import faiss

from backend.adapters.faiss_sessions import frames, joined
from backend.adapters.faiss_sessions.frames import BrokenFrame, Frame
from backend.adapters.faiss_sessions.gate import Gate
from backend.adapters.faiss_sessions.joined import ProductForBatches
from backend.adapters.faiss_sessions.objects import NoSuchHandle, Session
from backend.adapters.faiss_sessions.operations import CORES, Operations, is_small
from backend.adapters.faiss_sessions.queries import JoinedQueries, Question

ASKED = struct.Struct("<IIQ")
"""Number of the question, session, length of the frame."""
ANSWERED = struct.Struct("<IIQ")
"""Number of the question, HTTP status, length of the body."""
FORGET = 0xFFFF_FFFF
"""Length of a frame that says: free the whole session."""

_SHORT = 64_000
_AT_A_TIME = CORES + 2
"""Calls that run beside each other."""
_OWN_ERRORS = {NoSuchHandle: (404, "handle_not_found"), BrokenFrame: (400, "broken_frame")}


@dataclass
class Desk:
    """Answers frames. ``serve`` reads those of the line until its other end is closed; others bring theirs.

    A thread that has read a question answers it itself, so a single caller waits for no hand-over. Queries on
    an index that is being searched wait and are joined; ``count_joined`` is told how many one batch answered.
    ``forgotten`` is told of sessions that are freed.
    """

    line: socket.socket
    operations: Operations
    max_handles: int
    count_joined: Callable[[int], None]
    forgotten: Callable[[int], None] = lambda _session: None
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _sessions: dict[int, Session] = field(default_factory=dict)
    _process: Gate = field(default_factory=Gate)
    _product: ProductForBatches = field(default_factory=ProductForBatches)
    _slowly: threading.Lock = field(default_factory=threading.Lock)
    _turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_AT_A_TIME))
    _local: threading.local = field(default_factory=threading.local)

    def __post_init__(self) -> None:
        """Begin to wait for queries that come together."""
        self._queries = JoinedQueries(self._answer, self._search_joined, CORES)
        self._queries.start()

    def serve(self) -> None:
        """Answer until the line ends."""
        for _ in range(_AT_A_TIME - 1):
            threading.Thread(target=self._work, daemon=True).start()
        self._work()

    def take(self, session: int, body: bytearray, answer: Callable[[int, Sequence[bytes]], None]) -> None:
        """Answer one frame now, or with the next batch."""
        try:
            question = Question(session, frames.decode(body), answer)
        except BrokenFrame as error:
            answer(*_said(error))
            return
        key = joined.key_of(session, question.frame)
        if key is None:
            self._answer(question)
        else:
            self._queries.ask(key, question)

    def _work(self) -> None:
        while True:
            with self._reading:
                asked = self._read()
            if asked is None:
                return
            number, session, body = asked
            self.take(session, body, self._sender(number))

    def _sender(self, number: int) -> Callable[[int, Sequence[bytes]], None]:
        def send(status: int, pieces: Sequence[bytes]) -> None:
            head = ANSWERED.pack(number, status, sum(map(len, pieces)))
            with self._writing:
                self.line.sendall(b"".join([head, *pieces]))

        return send

    def _read(self) -> tuple[int, int, bytearray] | None:
        while True:
            head = self._receive(ASKED.size)
            if head is None:
                return None
            number, session, length = ASKED.unpack(head)
            if length == FORGET:
                with self._mutex:
                    self._sessions.pop(session, None)
                self.forgotten(session)
                self._sender(number)(200, [b""])
                continue
            body = self._receive(length)
            return None if body is None else (number, session, body)

    def _receive(self, length: int) -> bytearray | None:
        body = bytearray(length)
        view = memoryview(body)
        while view:
            got = self.line.recv_into(view)
            if not got:
                return None
            view = view[got:]
        return body

    def _session(self, number: int) -> Session:
        with self._mutex:
            if number not in self._sessions:
                self._sessions[number] = Session(self.max_handles, CORES)
            return self._sessions[number]

    def _answer(self, question: Question) -> None:
        session, header = self._session(question.session), question.frame.header
        reads = self.operations.reads_only(question.frame)
        request = None if reads else header.get("id")
        try:
            with (
                self._turns,
                self._process.reading(),
                session.gate.reading() if reads else session.gate.writing(),
            ):
                if isinstance(request, str) and request in session.answered:
                    pieces = session.answered[request]
                else:
                    pieces = self._run(session, question.frame)
                    if isinstance(request, str) and sum(map(len, pieces)) < _SHORT:
                        session.remember(request, pieces)
        except Exception as error:  # noqa: BLE001  whatever FAISS raises is the answer
            question.answer(*_said(error))
        else:
            question.answer(200, pieces)

    def _run(self, session: Session, frame: Frame) -> list[bytes]:
        session.free(frame.header.get("free"))
        session.operations += 1
        self._set_threads(1 if is_small(session, frame) else session.threads)
        header, arrays = self.operations.run(session, frame)
        return [bytes(piece) for piece in frames.encode(header, arrays)]

    def _set_threads(self, number: int) -> None:
        """OpenMP counts threads for each thread of ours."""
        if getattr(self._local, "threads", None) != number:
            faiss.omp_set_num_threads(number)
            self._local.threads = number

    def _search_joined(self, questions: list[Question]) -> None:
        """Answer all as one batch, and alone those for which a batch has no answer."""
        try:
            found = self._found(questions) if len(questions) > 1 else [None]
        except Exception:  # noqa: BLE001  each is asked alone, and gets an error of its own
            found = [None] * len(questions)
        if joined_ones := sum(results is not None for results in found):
            with self._mutex:
                self.count_joined(joined_ones)
        for question, results in zip(questions, found, strict=True):
            if results is None:
                self._answer(question)
                continue
            pieces = frames.encode({"value": {"t": [{"a": 0}, {"a": 1}]}}, results)
            question.answer(200, list(map(bytes, pieces)))

    def _found(self, questions: list[Question]) -> list[joined.Found]:
        session = self._session(questions[0].session)
        asked = [question.frame for question in questions]
        with session.gate.reading():
            for frame in asked:
                session.free(frame.header.get("free"))
            session.operations += len(asked)
            if joined.is_product(session, asked):
                return self._product_of(session, asked)
            return self._one_by_one(session, asked)

    def _product_of(self, session: Session, asked: list[Frame]) -> list[joined.Found]:
        found = self._shared(session, asked)
        if found is None:
            with self._slowly:  # one batch at a time, or two would keep each other from a product for ever
                found = self._shared(session, asked) or self._one_by_one(session, asked)
        return found

    def _shared(self, session: Session, asked: list[Frame]) -> list[joined.Found] | None:
        with self._process.sharing() as shared:
            if not shared:
                return None
            self._set_threads(1)  # one batch a core costs less than threads that wait for each other
            with self._product:
                return joined.search_together(session, asked, product=True)

    def _one_by_one(self, session: Session, asked: list[Frame]) -> list[joined.Found]:
        with self._process.reading():
            self._set_threads(session.threads)
            return joined.search_together(session, asked, product=False)


def _said(error: Exception) -> tuple[int, list[bytes]]:
    """Status and body of an error, in the form of the API's own."""
    status, code = _OWN_ERRORS.get(type(error), (422, "faiss_error"))
    kind = next(each.__name__ for each in type(error).__mro__ if each.__module__ == "builtins")
    detail = [{"type": kind, "loc": [], "msg": str(error)}]
    return status, [json.dumps({"message": str(error), "code": code, "detail": detail}).encode()]
