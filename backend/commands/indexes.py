"""Vector indexes as files: list, export, import."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from backend.adapters.engine_vectors import product_engine
from backend.adapters.engine_vectors.opening import INDEXES
from backend.adapters.faiss_engine import Engine
from backend.adapters.faiss_engine.transfer import export_faiss, export_numpy, import_faiss, import_numpy
from backend.config.settings import Settings
from backend.errors import Conflict, InvalidRequest


def indexes(settings: Settings, options: argparse.Namespace) -> int:
    """``quaestio index list|export|import``."""
    actions: dict[str, Callable[[Engine, argparse.Namespace], None]] = {
        "list": _list,
        "export": _export,
        "import": _import,
    }
    with product_engine(settings.data_dir / INDEXES) as engine:
        actions[options.action](engine, options)
    return 0


def _list(engine: Engine, options: argparse.Namespace) -> None:
    told = []
    for name in engine.names(options.tenant):
        with engine.open(options.tenant, name) as index:
            told.append(asdict(index.stats()))
    if options.json:
        print(json.dumps(told, indent=2))
        return
    for one in told:
        kind = f"{one['index_type']} {one['dimension']} {one['metric']}"
        print(f"{one['name']:30} {one['vectors']:>10} vectors  {kind}")


def _export(engine: Engine, options: argparse.Namespace) -> None:
    path: Path = options.path
    if path.exists():
        raise Conflict(f"{path} is there already; nothing was written.")
    with engine.open(options.tenant, options.name) as index:
        count = export_faiss(index, path) if path.suffix else export_numpy(index, path)
    print(f"{count} vectors are in {path}")


def _import(engine: Engine, options: argparse.Namespace) -> None:
    if options.name.startswith("."):
        raise InvalidRequest("Names that begin with a dot are for indexes that the product makes itself.")
    if options.path.is_dir():
        count = import_numpy(engine, options.tenant, options.name, options.path)
    else:
        count = import_faiss(engine, options.tenant, options.name, options.path, index_type=options.type)
    print(f"{count} vectors are in the index '{options.name}'")
