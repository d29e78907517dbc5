"""An index as files that other programs read, and back.

``faiss``: one file of ``faiss.write_index`` in which an IDMap2 carries the ids (as it is where the ids are
the positions), without metadata. ``numpy``: a folder with ``ids.npy``, ``vectors.npy`` and
``metadata.jsonl`` (a line per vector, ``null`` for none) and ``spec.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import orjson
from faiss.contrib.factory_tools import reverse_index_factory

from backend.adapters.faiss_engine import structure
from backend.adapters.faiss_engine.disk import storing
from backend.adapters.faiss_engine.engine import Engine
from backend.adapters.faiss_engine.index import EngineIndex
from backend.adapters.faiss_engine.spec import METRICS, IndexSpec
from backend.errors import DamagedFile, InvalidRequest

_BATCH = 16_384


def export_faiss(index: EngineIndex, path: Path) -> int:
    """Write one FAISS file; returns the number of vectors. Raises InvalidRequest or StorageFull."""
    raw, ids = index.raw()
    if not np.array_equal(ids, np.arange(len(ids))):
        raw = _numbered(raw, ids)
    unfinished = path.with_name(path.name + ".part")
    with storing(), structure.faiss_errors():
        (faiss.write_index_binary if structure.is_binary(raw) else faiss.write_index)(raw, str(unfinished))
        unfinished.replace(path)
    return len(ids)


def _numbered(raw: structure.Index, ids: npt.NDArray[np.int64]) -> structure.Index:
    """An index with its ids around it."""
    filled = int(raw.ntotal)
    wrapped = faiss.IndexBinaryIDMap2 if structure.is_binary(raw) else faiss.IndexIDMap2
    # FAISS wraps only what is empty: the count is set when the wrapping is done.
    raw.ntotal = 0
    made = wrapped(raw)
    raw.ntotal = made.ntotal = filled
    faiss.copy_array_to_vector(ids, made.id_map)
    made.construct_rev_map()
    return made


def export_numpy(index: EngineIndex, folder: Path) -> int:
    """Write ids, vectors (as the type keeps them) and metadata into a new folder; returns their number."""
    ids = index.every_id()
    dtype = np.uint8 if index.spec.binary else np.float32
    with storing():
        folder.mkdir(parents=True)
        (folder / "spec.json").write_bytes(orjson.dumps(index.spec.to_json()))
        np.save(folder / "ids.npy", ids)
        vectors = np.empty((len(ids), index.spec.columns), dtype)
        with (folder / "metadata.jsonl").open("wb") as lines:
            for place, number in enumerate(ids.tolist()):
                vectors[place] = index.reconstruct(number)
                lines.write(orjson.dumps(index.metadata(number)) + b"\n")
        np.save(folder / "vectors.npy", vectors)
    return len(ids)


def import_numpy(engine: Engine, tenant: str, name: str, folder: Path, spec: IndexSpec | None = None) -> int:
    """Make an index from such a folder, trained on its vectors where the type learns; returns their number.

    Without ``spec.json`` and ``spec``, it is flat. Raises DamagedFile where the files do not fit together;
    then there is no index.
    """
    ids, vectors = _array(folder / "ids.npy"), _array(folder / "vectors.npy")
    if vectors.ndim != 2 or ids.shape != vectors.shape[:1]:  # noqa: PLR2004 - rows and columns
        raise DamagedFile(f"There are {ids.shape} ids for vectors of the shape {vectors.shape}.")
    spec = spec or _spec(folder, vectors)
    engine.create(tenant, name, spec)
    try:
        with engine.open(tenant, name, writable=True) as index:
            if not index.stats().trained and len(vectors):
                index.train(vectors)
            lines = _lines(folder / "metadata.jsonl", len(ids))
            for begin in range(0, len(ids), _BATCH):
                rows = slice(begin, begin + _BATCH)
                metadata = [next(lines) for _ in ids[rows]]
                index.add(ids[rows], vectors[rows], metadata)
            index.snapshot()
    except BaseException:
        engine.drop(tenant, name)
        raise
    return len(ids)


def import_faiss(engine: Engine, tenant: str, name: str, path: Path, *, index_type: str = "") -> int:
    """Make an index from a FAISS file that you trust: a hostile one can take over the process.

    Its structure is kept as it is: nothing is trained or added anew. The ids of an IDMap are kept, else they
    count from 0. ``index_type`` is told by ``stats``. Returns the number of vectors.
    """
    raw, ids = _read(path)
    binary = structure.is_binary(raw)
    metric = next((text for text, number in METRICS.items() if number == raw.metric_type), None)
    kind = index_type or _kind(raw)
    if metric is None or kind is None:
        raise InvalidRequest(
            f"Say by which factory string this {type(raw).__name__} was made (index_type, or --type)."
        )
    spec = IndexSpec(int(raw.d), kind, "l2" if binary else metric)
    engine.create(tenant, name, spec)
    try:
        with engine.open(tenant, name, writable=True) as index:
            index.adopt(structure.safe(raw), ids)
    except BaseException:
        engine.drop(tenant, name)
        raise
    return len(ids)


def _kind(raw: structure.Index) -> str | None:
    """The factory string of a FAISS index; None where it does not tell."""
    if structure.is_binary(raw):
        return "BFlat" if isinstance(raw, faiss.IndexBinaryFlat) else None
    try:
        told: str = reverse_index_factory(raw)
        made = faiss.index_factory(int(raw.d), told, raw.metric_type)
    except (NotImplementedError, AssertionError, KeyError, RuntimeError):
        return None  # each is how FAISS says that it does not know this type, or part of it
    # One may be the other's plainer form: IndexFlat of IndexFlatL2.
    return told if isinstance(made, type(raw)) or isinstance(raw, type(made)) else None


def _read(path: Path) -> tuple[structure.Index, npt.NDArray[np.int64]]:
    try:
        raw = faiss.read_index(str(path))
    except RuntimeError as first:
        try:
            raw = faiss.read_index_binary(str(path))
        except RuntimeError:
            raise DamagedFile(f"{path.name} is no FAISS index: {first}") from first
    if isinstance(raw, faiss.IndexIDMap | faiss.IndexBinaryIDMap):
        ids = faiss.vector_to_array(raw.id_map).astype(np.int64)
        down = faiss.downcast_IndexBinary if structure.is_binary(raw) else faiss.downcast_index
        return structure.copy(down(raw.index)), ids
    return raw, np.arange(int(raw.ntotal), dtype=np.int64)


def _array(path: Path) -> npt.NDArray[Any]:
    try:
        found: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DamagedFile(f"{path} cannot be read: {error}") from error
    return found


def _spec(folder: Path, vectors: npt.NDArray[Any]) -> IndexSpec:
    path = folder / "spec.json"
    if path.exists():
        try:
            return IndexSpec(**json.loads(path.read_text()))
        except (TypeError, ValueError) as error:
            raise DamagedFile(f"{path} does not describe an index: {error}") from error
    if vectors.dtype == np.uint8:
        return IndexSpec(vectors.shape[1] * 8, "BFlat")
    return IndexSpec(vectors.shape[1])


def _lines(path: Path, count: int) -> Iterator[dict[str, Any] | None]:
    if not path.exists():
        yield from [None] * count
        return
    read = 0
    with path.open("rb") as lines:
        for line in lines:
            if read == count:
                raise DamagedFile(f"{path} has more than {count} lines.")
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise DamagedFile(f"Line {read + 1} of {path} is no JSON: {error}") from error
            read += 1
    while read < count:
        raise DamagedFile(f"{path} has {read} lines for {count} vectors.")
