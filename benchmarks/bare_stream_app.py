"""The floor of the streams: a bare Starlette application that asks the same model for the same events."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from backend.adapters.language_models.chain import ModelChain
from backend.config.providers import Provider
from backend.models.language import Message, Prompt
from benchmarks.common import ROOT

TEXT = (ROOT / "backend/samples/how-plants-make-food.txt").read_text()
SHOWN = f"[[ab passage 1]] from it\n{TEXT[:4000]}\n[[ab end"
SOURCES = json.dumps({"sources": [{"text": TEXT[n : n + 1000], "score": 1.0} for n in range(4)]})


async def main() -> None:
    """Serve until stopped."""
    url = os.environ["MODEL_URL"]
    chain = ModelChain([Provider("local", "bench", url, "", timeout_s=60, concurrency=10_000)])
    await chain.warm()

    async def ask(request: Request) -> StreamingResponse:
        asked = await request.json()
        return StreamingResponse(_events(chain, asked["question"]), media_type="text/event-stream")

    app = Starlette(routes=[Route("/api/ask/stream", ask, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    print(f"ready at http://127.0.0.1:{port}/", flush=True)
    await running


async def _events(chain: ModelChain, question: str) -> AsyncIterator[bytes]:
    if chain.model is None:
        raise AssertionError
    yield f"id: 1\nevent: sources\ndata: {SOURCES}\n\n".encode()
    said = []
    async for piece in chain.model.stream(Prompt((Message("user", f"{SHOWN}\n\nQuestion: {question}"),))):
        said.append(piece.text)
        yield f"id: 2\nevent: token\ndata: {json.dumps({'text': piece.text})}\n\n".encode()
    done = json.dumps({"answer": "".join(said)})
    yield f"id: 3\nevent: done\ndata: {done[:-1]}, {SOURCES[1:]}\n\n".encode()


if __name__ == "__main__":
    asyncio.run(main())
