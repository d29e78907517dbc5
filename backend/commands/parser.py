"""Commands and their options. Exit status 0, 1 (failed), 2 (wrong use)."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from backend import __version__
from backend.commands.access_options import add_keys, add_users
from backend.config.settings import Settings, load_settings
from backend.errors import QuaestioError

# argparse gives the object that add_subparsers returns no public name.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001

_EPILOG = "Every setting has an environment variable; see .env.example. Options win over both."


_FUNCTIONS = {
    "serve": ("serve", "serve"),
    "serve-index": ("serve_index", "serve_index"),
    "worker": ("worker", "worker"),
    "ingest": ("library", "ingest"),
    "questions": ("questions", "questions"),
    "search": ("library", "search"),
    "ask": ("asking", "ask"),
    "jobs": ("asking", "jobs"),
    "doctor": ("doctor", "doctor"),
    "reembed": ("reembed", "reembed"),
    "migrate": ("migrate", "migrate"),
    "index": ("indexes", "indexes"),
    "keys": ("keys", "keys"),
    "users": ("users", "users"),
    "eval": ("evaluating", "evaluate"),
}
"""Module and name of each command."""


def run(arguments: Sequence[str]) -> int:
    """Do one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        given = {name: getattr(options, name, None) for name in ("data_dir", "host", "port", "index_port")}
        settings = load_settings(**given)
        _log(settings.log_level if options.command in {"serve", "serve-index", "worker"} else "error")
        # Imported only now, and only this one: most of what a command takes is reading what others need.
        module, name = _FUNCTIONS[options.command]
        command: Callable[[Settings, argparse.Namespace], int] = getattr(
            importlib.import_module(f"backend.commands.{module}"), name
        )
        return command(settings, options)
    except QuaestioError as error:
        print(f"quaestio: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _log(level: str) -> None:
    """Our own messages from ``level`` on, those of libraries from warnings on (from errors on, if higher)."""
    ours = getattr(logging, level.upper())
    logging.basicConfig(
        level=max(logging.WARNING, ours),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("backend").setLevel(ours)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quaestio",
        description="Questions, quizzes and checked answers from your own documents.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"quaestio {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _serve(commands)
    _serve_index(commands)
    _worker(commands)
    _ingest(commands)
    _questions(commands)
    _search(commands)
    _ask(commands)
    _jobs(commands)
    _doctor(commands)
    _migrate(commands)
    _eval(commands)
    _command(commands, "reembed", "Embed every passage again, with the model that EMBEDDING_MODEL names.")
    _index(commands)
    add_keys(commands, _command)
    add_users(commands, _command)
    return parser


def _command(commands: Commands, name: str, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text, epilog=_EPILOG)
    command.add_argument("--data-dir", type=Path, metavar="DIR", help="folder of the database and the files")
    return command


def _serve(commands: Commands) -> None:
    command = _command(commands, "serve", "Serve the page and the API.")
    command.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    command.add_argument("--port", type=int, help="port to listen on (default 8000)")
    command.add_argument("--open", action="store_true", help="open the page in the browser")


def _serve_index(commands: Commands) -> None:
    command = _command(commands, "serve-index", "Serve vector indexes (/v1/index) and nothing else.")
    command.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    command.add_argument(
        "--port", type=int, dest="index_port", metavar="PORT", help="port to listen on (default 8001)"
    )


def _worker(commands: Commands) -> None:
    command = _command(commands, "worker", "Work on jobs beside the API, as JOB_QUEUE says.")
    command.add_argument(
        "--beat", action="store_true", help="with JOB_QUEUE=celery: be the one clock of all workers instead"
    )


def _ingest(commands: Commands) -> None:
    command = _command(commands, "ingest", "Add files, and all files of folders, to the library.")
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")


def _questions(commands: Commands) -> None:
    command = _command(commands, "questions", "Make questions from the library.")
    command.add_argument("--topic", help="what they are about (default: everything)")
    command.add_argument("--count", type=int, default=10, help="how many (default 10)")
    command.add_argument("--mode", choices=["practice", "quiz"], default="practice", help="default practice")
    command.add_argument(
        "--document", action="append", metavar="NAME", help="only from this file; may be repeated"
    )
    command.add_argument("--difficulty", choices=["easy", "medium", "hard"], help="only such questions")
    command.add_argument("--types", metavar="TYPE,...", help="only such questions, e.g. definition,cause")
    command.add_argument("--fresh", action="store_true", help="other questions than in earlier sets")
    command.add_argument(
        "--export",
        choices=["json", "csv", "markdown", "gift", "qti", "anki"],
        metavar="FORMAT",
        help="write the set as json, csv, markdown, gift (Moodle), qti (Canvas) or anki",
    )
    command.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: print it)")
    command.add_argument("--json", action="store_true", help="print the set with answers and sources as JSON")


def _search(commands: Commands) -> None:
    command = _command(commands, "search", "Find passages by words and by meaning.")
    command.add_argument("query", help="what to look for")
    command.add_argument("-k", type=int, default=5, help="most results (default 5)")
    command.add_argument("--json", action="store_true", help="print the results as JSON")


def _ask(commands: Commands) -> None:
    command = _command(commands, "ask", "Answer a question from the library, with sources.")
    command.add_argument("question", help="what to answer")
    command.add_argument("-k", type=int, default=4, help="most sources (default 4)")
    command.add_argument("--json", action="store_true", help="print answer and sources as JSON")


def _jobs(commands: Commands) -> None:
    command = _command(commands, "jobs", "List jobs; stop one, or have a failed one done again.")
    command.add_argument(
        "--status", choices=["queued", "started", "finished", "failed", "stopped"], help="only these"
    )
    command.add_argument("--limit", type=int, default=20, help="most jobs, newest first (default 20)")
    command.add_argument("--json", action="store_true", help="print the jobs as JSON")
    actions = command.add_subparsers(dest="action", metavar="ACTION")
    for name, text in (("retry", "do a failed or stopped job again"), ("stop", "stop a job for good")):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("job_id", metavar="ID")
        # Given before the action or behind it; a default here would hide the former.
        action.add_argument("--data-dir", type=Path, metavar="DIR", default=argparse.SUPPRESS)
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


def _eval(commands: Commands) -> None:
    command = _command(commands, "eval", "Measure what the product makes.")
    measures = command.add_subparsers(dest="measure", required=True, metavar="MEASURE")
    text = "What questions from documents, or of stored sets, are worth."
    questions = measures.add_parser("questions", help=text, description=text)
    questions.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a document or a folder to make questions from, or a set of questions (.json, .jsonl)",
    )
    questions.add_argument("--count", type=int, default=25, help="questions for each document (default 25)")
    questions.add_argument("--items", action="store_true", help="list every item with its flaws too")
    questions.add_argument("--json", action="store_true", help="print the figures as JSON")


def _doctor(commands: Commands) -> None:
    command = _command(commands, "doctor", "Say what is configured, what is missing and what to do.")
    command.add_argument("--deep", action="store_true", help="prove that indexes, rows and files agree")
    command.add_argument("--json", action="store_true", help="print the findings as JSON")


def _migrate(commands: Commands) -> None:
    command = _command(commands, "migrate", "Move a store of another product over, vectors and all.")
    command.add_argument("product", choices=["llamaindex"], help="whose store it is")
    command.add_argument("folder", type=Path, metavar="DIR", help="the folder that it was persisted to")
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    ways = command.add_mutually_exclusive_group()
    ways.add_argument("--reembed", action="store_true", help="make all vectors anew with the model in use")
    ways.add_argument(
        "--keep", action="store_true", help="keep vectors of another model as an index of their own"
    )
    command.add_argument(
        "--delete-source", action="store_true", help="delete the store once everything is verified"
    )
    command.add_argument("--json", action="store_true", help="print the report as JSON")


def _index(commands: Commands) -> None:
    text = "Vector indexes as files."
    command = commands.add_parser("index", help=text, description=text, epilog=_EPILOG)
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _command(actions, "list", "List the indexes of a tenant.")
    listing.add_argument("--json", action="store_true", help="print their figures as JSON")
    export = _command(
        actions, "export", "Write an index as a file of FAISS, or as a folder of numpy and JSONL."
    )
    imports = _command(actions, "import", "Make an index from such a file (only one you trust) or folder.")
    imports.add_argument(
        "--type", default="", metavar="FACTORY", help="factory string of an unusual FAISS file"
    )
    for action in (export, imports):
        action.add_argument("name", help="of the index")
        action.add_argument("path", type=Path, help="a file with an ending (it.faiss), or a folder")
    for action in (listing, export, imports):
        action.add_argument("--tenant", default="default", help="whose index (default: default)")
