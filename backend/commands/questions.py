"""Make questions from the library without a server, and write them as files of other programs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from backend.bootstrap import DEFAULT_TENANT, open_services
from backend.config.settings import Settings
from backend.errors import InvalidRequest, TooManyQuestions
from backend.models.question_api import QuestionsResponse
from backend.models.question_sets import KINDS
from backend.models.questions import LETTERS, Mode
from backend.services.generation import QuestionRequest

_BINARY = frozenset({"qti", "anki"})


def questions(settings: Settings, options: argparse.Namespace) -> int:
    """Print a question set, or write it to a file; a shortfall is said on standard error."""
    _check(settings, options)
    made, exported = asyncio.run(_questions(settings, options))
    if exported is not None:
        _write(exported, options.out)
    elif options.json:
        print(made.model_dump_json(indent=2))
    else:
        _show(made)
    if made.shortfall and (exported is not None or not options.json):
        print(made.shortfall, file=sys.stderr)
    return 0


def _check(settings: Settings, options: argparse.Namespace) -> None:
    if not 1 <= options.count <= settings.max_questions:
        raise TooManyQuestions(f"--count must be from 1 to {settings.max_questions}.")
    if unknown := sorted(set(_types(options)) - set(KINDS)):
        raise InvalidRequest(f"--types: there is no type {unknown[0]!r}. Known are {', '.join(KINDS)}.")
    if options.out is not None and options.export is None:
        raise InvalidRequest("--out needs --export FORMAT.")
    if options.export in _BINARY and options.out is None:
        raise InvalidRequest(f"--export {options.export} needs --out FILE.")


def _types(options: argparse.Namespace) -> list[str]:
    return [name.strip() for name in (options.types or "").split(",") if name.strip()]


async def _questions(
    settings: Settings, options: argparse.Namespace
) -> tuple[QuestionsResponse, bytes | None]:
    async with open_services(settings.model_copy(update={"sample_document": False})) as services:
        named = [
            await services.catalog.document_named(DEFAULT_TENANT, name) for name in options.document or ()
        ]
        request = QuestionRequest(
            mode=Mode(options.mode),
            count=options.count,
            topic=options.topic,
            document_ids=tuple(d.id for d in named) or None,
            difficulty=options.difficulty,
            kinds=tuple(_types(options)),
        )
        loop = asyncio.get_running_loop()
        started = loop.time()
        made = await services.questions.make(DEFAULT_TENANT, request, fresh=options.fresh)
        answer = QuestionsResponse.made(made.stored, (loop.time() - started) * 1000, cached=made.cached)
        exporter = services.exports[options.export] if options.export else None
        return answer, None if exporter is None else await asyncio.to_thread(exporter.write, made.stored)


def _write(content: bytes, path: Path | None) -> None:
    if path is None:
        sys.stdout.buffer.write(content)
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written ({error.strerror}).") from error
    print(f"written to {path}", file=sys.stderr)


def _show(made: QuestionsResponse) -> None:
    for number, item in enumerate(made.questions, 1):
        print(f"{number}. {item.question}")
        for letter, option in zip(LETTERS, item.options, strict=False):
            print(f"   {letter}) {option}")
        place = f"page {item.source.page}" if item.source.page else item.source.heading or "text"
        print(f"   Answer: {item.answer}\n   Source: {item.source.filename}, {place}\n")
