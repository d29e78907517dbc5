"""A model server that writes questions or answers from the passages of its prompt, as it is told to.

Speaks OpenAI's chat completions, streamed or not. What a recorded server cannot do: items about whatever text
it is given, and an exact time per call.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

_PASSAGE = re.compile(
    r"Passage \d+, write (\d+) about it:\n\[\[(\w+) passage \d+\]\]\n?(.*?)\n\[\[\2 end", re.DOTALL
)
_SHOWN = re.compile(r"\[\[(\w+) passage (\d+)\]\][^\n]*\n(.*?)\n\[\[\1 end", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z])|\n")
_WORD = re.compile(r"\b[a-z]{5,}\b")
_PIECE = 24
_FENCE = "```"


@dataclass
class Behaviour:
    """What the server does; may be changed between calls."""

    seconds: float = 0.0
    """A whole call takes so long."""
    spread: bool = False
    """Whether the answer arrives over the whole time, in pieces, or all at its end."""
    tokens: int = 0
    """Pieces of an answer to a question; 0: as many as 24 characters each make."""
    fault: str = ""
    """A name in ``_FAULTS``, or empty."""
    left: int = 1_000_000
    """Calls that the fault still hits."""
    retry_after: str = "1"
    requests: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of the calls so far."""
    stopped: int = 0
    """Calls whose client left before the end."""

    def fault_now(self) -> str:
        """The fault of this call."""
        if not self.fault or self.left <= 0:
            return ""
        self.left -= 1
        return self.fault


@asynccontextmanager
async def serving(behaviour: Behaviour, port: int = 0) -> AsyncIterator[str]:
    """The base URL of a running server."""
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_Connection(behaviour, reader, writer).serve())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=4096)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Connection:
    """Calls over one connection."""

    def __init__(
        self, behaviour: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._behaviour = behaviour
        self._reader = reader
        self._writer = writer

    async def serve(self) -> None:
        """Answer calls until the client or a fault ends the connection."""
        try:
            while await self._call():
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self._behaviour.stopped += 1
        finally:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _call(self) -> bool:
        """One call; False where the connection ends."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        length = re.search(rb"(?i)content-length: (\d+)", head)
        body = json.loads(await self._reader.readexactly(int(length[1]) if length else 0))
        self._behaviour.requests.append(body)
        fault = self._behaviour.fault_now()
        if refusal := _refusal(fault, body, self._behaviour.retry_after):
            await self._send(*refusal)
            return True
        text = answer(body, fault)
        if body.get("stream"):
            return await self._stream(text, fault)
        await self._wait(self._behaviour.seconds, fault)
        if fault in {"cut", "cut_cleanly"}:
            self._writer.write(
                b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"id":'
            )
            return False
        whole = {
            "id": "c",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "usage": _usage(text),
        }
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        await self._send(200, whole | {"choices": [choice]})
        return True

    async def _stream(self, text: str, fault: str) -> bool:
        size = -(-len(text) // self._behaviour.tokens) if self._behaviour.tokens else _PIECE
        pieces = [text[i : i + size] for i in range(0, len(text), size)]
        if fault.startswith("cut"):
            pieces = pieces[: len(pieces) // 2]
        each = self._behaviour.seconds / max(1, len(pieces)) if self._behaviour.spread else 0.0
        self._writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        await self._wait(0.0 if self._behaviour.spread else self._behaviour.seconds, fault)
        begun = time.perf_counter()
        for number, piece in enumerate(pieces, 1):
            # Against the clock: short sleeps each last a little too long.
            await asyncio.sleep(max(0.0, begun + number * each - time.perf_counter()))
            await self._event({"choices": [{"index": 0, "delta": {"content": piece}}]})
            if fault == "drip":
                await asyncio.sleep(1.0)
        if fault == "cut":
            return False
        if fault != "cut_cleanly":
            await self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            await self._event({"choices": [], "usage": _usage(text)})
        await self._chunk(b"data: [DONE]\n\n")
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()
        return True

    async def _wait(self, seconds: float, fault: str) -> None:
        """Until the answer may begin; a client that leaves meanwhile is noticed."""
        if fault == "hang":
            seconds = 3600.0
        await self._writer.drain()
        gone = asyncio.ensure_future(self._reader.read(1))
        try:
            await asyncio.wait({gone}, timeout=seconds)
            if gone.done() and not gone.result():
                raise ConnectionResetError
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)  # the reader is free again then

    async def _event(self, chunk: dict[str, Any]) -> None:
        whole = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"} | chunk
        await self._chunk(f"data: {json.dumps(whole)}\n\n".encode())

    async def _chunk(self, data: bytes) -> None:
        self._writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await self._writer.drain()

    async def _send(self, status: int, body: object, *headers: str) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        head = [f"HTTP/1.1 {status} Status", "Content-Type: application/json", f"Content-Length: {len(data)}"]
        self._writer.write("\r\n".join([*head, *headers, "", ""]).encode() + data)
        await self._writer.drain()


def _refusal(
    fault: str, body: dict[str, Any], retry_after: str
) -> tuple[int, object] | tuple[int, object, str] | None:
    """Status, body and header of a call that is not answered."""
    form = body.get("response_format", {}).get("type")
    refusals: dict[str, tuple[int, object] | tuple[int, object, str]] = {
        "busy": (429, _error("Rate limit reached"), f"Retry-After: {retry_after}"),
        "failing": (500, _error("The server had an error")),
        "malformed": (200, "{malformed json: <<<"),
        "wrong_key": (401, _error("Incorrect API key provided: sk-secret-in-the-answer")),
        "html": (200, "<html><body>Sign in</body></html>"),
    }
    if fault == "no_schema" and form == "json_schema":
        return 400, _error("Invalid parameter: response_format json_schema is not supported")
    if fault == "no_form" and form:
        return 422, _error("Extra inputs are not permitted")
    if fault == "reasoning" and "temperature" in body:
        return 400, _error("Unsupported value: 'temperature' does not support 0.4 with this model")
    if fault == "old_limit" and "max_completion_tokens" in body:
        return 400, _error("Unrecognized request argument supplied: max_completion_tokens")
    return refusals.get(fault)


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "error", "code": None}}


def _usage(text: str) -> dict[str, int]:
    return {"prompt_tokens": 1000, "completion_tokens": len(text) // 4, "total_tokens": 1000 + len(text) // 4}


def answer(body: dict[str, Any], fault: str = "") -> str:
    """The JSON that a good model would write for the prompt, or what the fault makes of it."""
    asked = next((m["content"] for m in reversed(body["messages"]) if "Passage 1," in m["content"]), None)
    if asked is None:
        return answered(str(body["messages"][-1]["content"]), fault)
    quiz = "multiple-choice" in asked
    items = [
        item
        for count, _, text in _PASSAGE.findall(asked)
        for item in items_about(text, int(count), fault=fault, quiz=quiz)
    ]
    whole = json.dumps({"questions": items})
    repaired = len(body["messages"]) > 2
    variants = {
        "half_json": whole[: len(whole) // 2],
        "fenced": f"Here you are:\n{_FENCE}json\n{whole}\n{_FENCE}\nGood luck!",
        "empty": "",
        "no_items": '{"questions": []}',
        "prose": whole if repaired else "Sure! I would be glad to help with that.",
        "always_prose": "Sure! I would be glad to help with that.",
        "wrong_types": json.dumps({"questions": [{"question": 7, "answer": None}, 5, {"question": ["?"]}]}),
    }
    return variants.get(fault, whole)


def answered(asked: str, fault: str = "") -> str:
    """Sentences of the passages that share most with the question, each with the number of its passage.

    ``invented`` cites another passage than the right one, ``nothing`` says that there is no answer.
    """
    shown = _SHOWN.findall(asked)
    if not shown:
        return asked.rsplit("Last question: ", 1)[-1]
    if fault == "nothing":
        return "NOT_IN_DOCUMENTS"
    wanted = {word.lower() for word in _WORD.findall(asked.rsplit("Question: ", 1)[-1].lower())}
    said = [
        (len(wanted & set(_WORD.findall(sentence.lower()))), number, sentence.strip())
        for _, number, text in shown
        for sentence in _SENTENCE.split(text)
        if len(sentence.split()) >= 4
    ]
    best = sorted(said, key=lambda s: -s[0])[:3]
    wrong = "77" if fault == "invented" else ""
    return " ".join(f"{sentence} [{wrong or number}]" for _, number, sentence in best)


def items_about(text: str, count: int, *, fault: str, quiz: bool) -> list[dict[str, Any]]:
    """Sentences of the passage with their longest word left out; words of other sentences stand beside it."""
    sentences = [s.strip() for s in _SENTENCE.split(text) if len(s.split()) >= 6 and s.strip().endswith(".")]
    items: list[dict[str, Any]] = []
    for sentence in sentences:
        words = sorted(set(_WORD.findall(sentence)), key=lambda w: (-len(w), w))
        key = next((w for w in words if sentence.lower().count(w) == 1), "")
        others = {w for s in sentences if s != sentence for w in _WORD.findall(s)} | set(_SPARE_WORDS)
        wrong = sorted(
            (w for w in others if w not in sentence and w not in key),
            key=lambda w: (abs(len(w) - len(key) - 1), w),
        )
        if not key or len(items) == count:
            continue
        item = {
            "question": f'Complete the sentence: "{sentence.replace(key, "_____")}"',
            "quote": "A sentence that is not there." if fault == "invented" else sentence,
            "answer": key,
            "kind": "fact",
            "difficulty": "medium",
            "bloom": "remember",
            "explanation": sentence,
        }
        items.append(item | ({"wrong_options": wrong[:3]} if quiz else {"rubric": [sentence]}))
    return items[:1] if fault == "sparse" else items


_SPARE_WORDS = ("mountain", "telescope", "carriage", "orchestra", "furniture", "adventurer", "photographer")


async def _serve(behaviour: Behaviour, port: int) -> None:
    async with serving(behaviour, port) as url:
        print(f"ready at {url}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve until stopped."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--seconds", type=float, default=2.0, help="that one call takes")
    arguments.add_argument("--spread", action="store_true", help="send the answer over the whole time")
    arguments.add_argument("--tokens", type=int, default=0, help="pieces of an answer to a question")
    arguments.add_argument("--fault", default="")
    options = arguments.parse_args()
    with suppress(KeyboardInterrupt):
        behaviour = Behaviour(
            options.seconds, spread=options.spread, tokens=options.tokens, fault=options.fault
        )
        asyncio.run(_serve(behaviour, options.port))


if __name__ == "__main__":
    main()
