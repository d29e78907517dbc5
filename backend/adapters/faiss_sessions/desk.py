"""Carries out frames that come over a socket, by a few threads that take turns at reading it."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

import faiss

from backend.adapters.faiss_sessions import frames, joined
from backend.adapters.faiss_sessions.frames import BrokenFrame, Frame
from backend.adapters.faiss_sessions.gate import Gate
from backend.adapters.faiss_sessions.objects import NoSuchHandle, Session
from backend.adapters.faiss_sessions.operations import CORES, Operations, is_small

ASKED = struct.Struct("<IIQ")
"""Number of the question, session, length of the frame."""
ANSWERED = struct.Struct("<IIQ")
"""Number of the question, HTTP status, length of the body."""
FORGET = 0xFFFF_FFFF
"""Length of a frame that says: free the whole session."""

_SHORT = 64_000
_COMING_BACK_S = 0.004
"""How long callers who were answered together have to send their next query, to be joined again."""
_OWN_ERRORS = {NoSuchHandle: (404, "handle_not_found"), BrokenFrame: (400, "broken_frame")}


@dataclass(frozen=True, slots=True)
class Question:
    """One frame that waits for its answer."""

    number: int
    session: int
    frame: Frame


@dataclass
class Desk:
    """Reads questions from ``line`` and answers them; ``serve`` returns when the other end is closed.

    A thread that has read a question answers it itself and leaves reading to the next one, so a single
    caller waits for no hand-over. Queries on an index that is being searched wait and are joined.
    """

    line: socket.socket
    operations: Operations
    max_handles: int
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _waiting: dict[joined.Key, list[Question]] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _sessions: dict[int, Session] = field(default_factory=dict)
    _process: Gate = field(default_factory=Gate)
    _local: threading.local = field(default_factory=threading.local)

    def serve(self, threads: int) -> None:
        """Answer with so many threads until the line ends."""
        others = [threading.Thread(target=self._work, daemon=True) for _ in range(threads - 1)]
        for each in others:
            each.start()
        self._work()

    def _work(self) -> None:
        while True:
            with self._reading:
                question, key = self._next()
            if question is None:
                return
            if key is None:
                self._answer(question)
            else:
                self._search(key, [question])

    def _next(self) -> tuple[Question | None, joined.Key | None]:
        """The next question that nobody else answers already."""
        while True:
            asked = self._read()
            if asked is None:
                return None, None
            number, session, body = asked
            try:
                question = Question(number, session, frames.decode(body))
            except BrokenFrame as error:
                self._fail(number, error)
                continue
            key = joined.key_of(session, question.frame)
            if key is None:
                return question, None
            with self._mutex:
                if key not in self._waiting:
                    self._waiting[key] = []
                    return question, key
                self._waiting[key].append(question)

    def _read(self) -> tuple[int, int, bytearray] | None:
        while True:
            head = self._receive(ASKED.size)
            if head is None:
                return None
            number, session, length = ASKED.unpack(head)
            if length == FORGET:
                with self._mutex:
                    self._sessions.pop(session, None)
                self._send(number, 200, [b""])
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
            with self._process.reading(), session.gate.reading() if reads else session.gate.writing():
                if isinstance(request, str) and request in session.answered:
                    pieces = session.answered[request]
                else:
                    pieces = self._run(session, question.frame)
                    if isinstance(request, str) and sum(map(len, pieces)) < _SHORT:
                        session.remember(request, pieces)
        except Exception as error:  # noqa: BLE001  whatever FAISS raises is the answer
            self._fail(question.number, error)
        else:
            self._send(question.number, 200, pieces)

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

    def _search(self, key: joined.Key, questions: list[Question]) -> None:
        """Answer queries on one index, and then those that came meanwhile."""
        while questions:
            if len(questions) == 1 or not self._search_joined(questions):
                for question in questions:
                    self._answer(question)
            if len(questions) > 1:
                time.sleep(_COMING_BACK_S)
            with self._mutex:
                questions, self._waiting[key] = self._waiting[key], []
                if not questions:
                    del self._waiting[key]

    def _search_joined(self, questions: list[Question]) -> bool:
        """Whether all could be answered as one; else nothing is sent."""
        session = self._session(questions[0].session)
        try:
            with self._process.reading(), session.gate.reading():
                self._set_threads(session.threads)
                for question in questions:
                    session.free(question.frame.header.get("free"))
                found = joined.search_together(session, [q.frame for q in questions], self._process)
        except Exception:  # noqa: BLE001  each is asked alone, and gets an error of its own
            return False
        session.operations += len(questions)
        for question, (distances, labels) in zip(questions, found, strict=True):
            header = {"value": {"t": [{"a": 0}, {"a": 1}]}}
            self._send(question.number, 200, list(map(bytes, frames.encode(header, [distances, labels]))))
        return True

    def _fail(self, number: int, error: Exception) -> None:
        status, code = _OWN_ERRORS.get(type(error), (422, "faiss_error"))
        kind = next(each.__name__ for each in type(error).__mro__ if each.__module__ == "builtins")
        body = {"message": str(error), "code": code, "exception": kind}
        self._send(number, status, [json.dumps(body).encode()])

    def _send(self, number: int, status: int, pieces: list[bytes]) -> None:
        head = ANSWERED.pack(number, status, sum(map(len, pieces)))
        with self._writing:
            self.line.sendall(b"".join([head, *pieces]))
