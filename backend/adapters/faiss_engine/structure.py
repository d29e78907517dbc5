"""The FAISS index itself: made, stored, read, searched by position, cleared of rows that are gone.

Everything here speaks of positions (0, 1, ...); ids are the engine's. FAISS has no types worth the name,
so an index is Any. Errors of FAISS come out as InvalidRequest with its own words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import faiss
import numpy as np
import numpy.typing as npt

from backend.adapters.faiss_engine.blocks import BLOCK, BlockFile, Sums
from backend.adapters.faiss_engine.disk import Disk
from backend.adapters.faiss_engine.spec import METRICS, IndexSpec
from backend.errors import InvalidRequest

Index: TypeAlias = Any
Found: TypeAlias = tuple[npt.NDArray[Any], npt.NDArray[np.int64]]
Mask: TypeAlias = npt.NDArray[np.bool_]


@contextmanager
def faiss_errors() -> Iterator[None]:
    """FAISS's exceptions as ours."""
    try:
        yield
    except (RuntimeError, AssertionError, TypeError, ValueError) as error:
        words = str(error).rsplit("Error: ", 1)[-1].strip() or type(error).__name__
        raise InvalidRequest(f"FAISS refused: {words}") from error


def make(spec: IndexSpec) -> Index:
    """A new index, empty and not trained; raises InvalidRequest where FAISS knows no such type."""
    with faiss_errors():
        if spec.binary:
            return faiss.index_binary_factory(spec.dimension, spec.factory)
        return safe(faiss.index_factory(spec.dimension, spec.factory, METRICS[spec.metric]))


def safe(index: Index) -> Index:
    """The index, unless FAISS would lose what it holds or end the process: raises InvalidRequest.

    Lists that choose among lists get a table, without which FAISS ends the process.
    """
    if isinstance(index, faiss.IndexLattice):
        raise InvalidRequest("FAISS cannot read a lattice with vectors in it again.")
    chooser = lists_of(index)
    if chooser is not None and not chooser.nlist:
        raise InvalidRequest("An index of inverted lists needs at least one list.")
    while chooser is not None and not is_binary(chooser):
        chooser = lists_of(faiss.downcast_index(chooser.quantizer))
        if isinstance(chooser, faiss.IndexIVFFastScan):
            raise InvalidRequest("Packed inverted lists cannot choose among others.")
        if chooser is not None and chooser.direct_map.no():
            make_table(chooser)
    return index


def write(index: Index, path: Path, disk: Disk) -> Sums:
    """A durable file as ``faiss.write_index`` makes it; checksums of what was meant. Raises OSError."""
    with BlockFile(path, disk) as file:
        writer = faiss.PyCallbackIOWriter(file.write, BLOCK)
        try:
            (faiss.write_index_binary if is_binary(index) else faiss.write_index)(index, writer)
        except Exception as error:
            raise file.error or error from error
        if file.error is not None:
            raise file.error
    return file.sums


def read(path: Path, spec: IndexSpec, *, mapped: bool) -> Index:
    """An index from a checked file. A mapped one must never be changed: FAISS would end the process."""
    flags = faiss.IO_FLAG_MMAP_IFC if mapped else 0
    with faiss_errors():
        if spec.binary:
            return faiss.read_index_binary(str(path), flags)
        return faiss.read_index(str(path), flags)


def copy(index: Index) -> Index:
    """A copy of an index in memory, of any type."""
    if is_binary(index):
        return faiss.deserialize_index_binary(faiss.serialize_index_binary(index))
    return faiss.deserialize_index(faiss.serialize_index(index))


def is_binary(index: Index) -> bool:
    """Whether its vectors are bits."""
    return isinstance(index, faiss.IndexBinary)


def only_numbers(index: Index) -> bool:
    """Whether a damaged byte of its codes can only give a wrong distance, never a wrong address.

    Such an index may be searched before its blocks are checked; its structure lies in the first block.
    """
    kinds = (faiss.IndexFlat, faiss.IndexFlatL2, faiss.IndexFlatIP, faiss.IndexScalarQuantizer)
    return type(index) in {*kinds, faiss.IndexBinaryFlat}


def part(index: Index) -> Index | None:
    """The index that one wraps, if it does."""
    if isinstance(index, faiss.IndexPreTransform):
        return faiss.downcast_index(index.index)
    if isinstance(index, faiss.IndexRefine):
        return faiss.downcast_index(index.base_index)
    return None


_LISTS_WITHOUT_SELECTOR = (faiss.IndexIVFPQR, faiss.IndexIVFSpectralHash, faiss.IndexIVFAdditiveQuantizer)


def selects(index: Index) -> bool:
    """Whether a search can be told which positions count."""
    inner = part(index)
    if inner is not None:
        return selects(inner)
    if isinstance(index, _LISTS_WITHOUT_SELECTOR):
        return False
    fits = (
        faiss.IndexFlat,
        faiss.IndexScalarQuantizer,
        faiss.IndexIVF,
        faiss.IndexHNSW,
        faiss.IndexBinaryFlat,
    )
    return isinstance(index, fits)


def parameters(index: Index, selector: Any, options: Mapping[str, Any]) -> Any:
    """FAISS's search parameters for ``options`` (nprobe, efSearch, k_factor ...); None where none are needed.

    What is not given is what the index itself says.
    """
    if selector is None and not options:
        return None
    left = dict(options)
    found = _parameters(index, selector, left)
    if left:
        raise InvalidRequest(f"This type of index has no search parameter {', '.join(sorted(left))}.")
    return found


def _parameters(index: Index, selector: Any, left: dict[str, Any]) -> Any:
    chosen: dict[str, Any] = {}

    def take(names: tuple[str, ...], source: Any) -> None:
        for name in names:
            chosen[name] = left.pop(name) if name in left else getattr(source, name)

    with faiss_errors():
        if isinstance(index, faiss.IndexPreTransform):
            return faiss.SearchParametersPreTransform(index_params=_parameters(part(index), selector, left))
        if isinstance(index, faiss.IndexRefine):
            take(("k_factor",), index)
            base = _parameters(part(index), selector, left)
            return faiss.IndexRefineSearchParameters(base_index_params=base, **chosen)
        if isinstance(index, faiss.IndexHNSW):
            take(("efSearch", "check_relative_distance"), index.hnsw)
            return faiss.SearchParametersHNSW(sel=selector, **chosen)
        if isinstance(index, faiss.IndexIVF):
            take(("nprobe", "max_codes"), index)
            return faiss.SearchParametersIVF(sel=selector, **chosen)
        if isinstance(index, faiss.IndexBinaryIVF):
            take(("nprobe", "max_codes"), index)
            return faiss.SearchParametersIVF(**chosen)
        return faiss.SearchParameters(sel=selector) if selects(index) else None


def search(
    index: Index, queries: npt.NDArray[Any], k: int, mask: Mask | None, options: Mapping[str, Any]
) -> Found:
    """Distances and positions, (n, k), best first; position -1 where there is none.

    ``mask`` says per position whether it counts; None: all do.
    """
    if mask is None:
        with faiss_errors():
            found: Found = index.search(queries, k, params=parameters(index, None, options))
            return found
    wanted = int(np.count_nonzero(mask))
    if not wanted:
        return _nothing(index, len(queries), k)
    if not selects(index):
        return _search_and_pick(index, queries, k, mask, options)
    if isinstance(index, faiss.IndexHNSW) and wanted * _SPARSE < len(mask):
        index = faiss.downcast_index(
            index.storage
        )  # a graph hardly reaches so few; looking at each is cheaper
        options = {}
    bits = np.packbits(mask, bitorder="little")
    selector = faiss.IDSelectorBitmap(bits)
    with faiss_errors():
        chosen: Found = index.search(queries, k, params=parameters(index, selector, options))
    return chosen


_SPARSE = 20


def _search_and_pick(
    index: Index, queries: npt.NDArray[Any], k: int, mask: Mask, options: Mapping[str, Any]
) -> Found:
    """For types that take no selector: ask for more and leave out, until there are k or no more."""
    total = int(index.ntotal)
    reach = min(total, int(1.3 * k * len(mask) / np.count_nonzero(mask)) + 16)
    while True:
        with faiss_errors():
            params = parameters(index, None, options)
            distances, positions = index.search(queries, max(reach, k), params=params)
        good = (positions >= 0) & mask[np.where(positions < 0, 0, positions)]
        if reach >= total or (good.sum(axis=1) >= k).all():
            break
        reach = min(total, reach * 4)
    order = np.argsort(~good, axis=1, kind="stable")[:, :k]
    kept = np.take_along_axis(good, order, axis=1)
    worst = _worst(index, distances.dtype)
    return (
        np.where(kept, np.take_along_axis(distances, order, axis=1), worst).astype(distances.dtype),
        np.where(kept, np.take_along_axis(positions, order, axis=1), -1),
    )


def _nothing(index: Index, rows: int, k: int) -> Found:
    dtype = np.int32 if is_binary(index) else np.float32
    return np.full((rows, k), _worst(index, np.dtype(dtype)), dtype), np.full((rows, k), -1, np.int64)


def _worst(index: Index, dtype: np.dtype[Any]) -> Any:
    """What FAISS fills empty places with."""
    limit: Any = np.iinfo(dtype) if dtype.kind == "i" else np.finfo(dtype)
    return limit.min if bigger_is_nearer(index) else limit.max


def bigger_is_nearer(index: Index) -> bool:
    """Whether scores fall from the best on, as with inner products."""
    return not is_binary(index) and bool(faiss.is_similarity_metric(index.metric_type))


def range_search(
    index: Index, queries: npt.NDArray[Any], radius: float, mask: Mask | None, options: Mapping[str, Any]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any], npt.NDArray[np.int64]]:
    """FAISS's limits, distances and positions of everything within ``radius``."""
    if not int(index.ntotal) or not len(queries):  # for several queries an empty graph would end the process
        return np.zeros(len(queries) + 1, np.int64), *(part[0] for part in _nothing(index, 1, 0))
    usable = mask is not None and selects(index)
    selector = (
        faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little")) if usable and mask is not None else None
    )
    with faiss_errors():
        params = parameters(index, selector, options)
        reach = _bits(index, radius) if is_binary(index) else _float32(radius)
        limits, distances, positions = index.range_search(queries, reach, params=params)
    limits = limits.astype(np.int64)
    if mask is None:
        return limits, distances, positions
    good = mask[positions]
    before = np.concatenate([[0], np.cumsum(good)])
    return before[limits].astype(np.int64), distances[good], positions[good]


def _float32(radius: float) -> float:
    """The nearest that FAISS takes: beyond, it is everything or nothing all the same."""
    most = float(np.finfo(np.float32).max)
    return min(max(radius, -most), most)


def _bits(index: Index, radius: float) -> int:
    """A radius in whole bits that as many lie within; FAISS takes no other."""
    return math.ceil(min(max(radius, 0), int(index.d) + 1))


def lists_of(index: Index) -> Index | None:
    """The inverted lists somewhere inside, which need a table to find a position."""
    inner: Index | None = index
    while inner is not None and not isinstance(inner, faiss.IndexIVF | faiss.IndexBinaryIVF):
        inner = part(inner)
    return inner


def lacks_table(index: Index) -> bool:
    """Whether ``make_table`` must come before ``reconstruct``."""
    lists = lists_of(index)
    # With a table, lists without doubles would take no more vectors; they give none back anyway.
    deduplicated = isinstance(lists, faiss.IndexIVFFlatDedup)
    return lists is not None and not deduplicated and bool(lists.direct_map.no())


def make_table(index: Index) -> None:
    """Let inverted lists find positions; a change."""
    with faiss_errors():
        lists_of(index).make_direct_map()  # type: ignore[union-attr]  # see lacks_table


def reconstruct(index: Index, position: int) -> npt.NDArray[Any]:
    """A vector as the index can give it back, (columns,)."""
    if isinstance(lists_of(index), faiss.IndexIVFFastScan):
        raise InvalidRequest(
            "FAISS cannot give vectors of packed inverted lists back."
        )  # it would end the process
    with faiss_errors():
        vector: npt.NDArray[Any] = index.reconstruct(position)
        return vector


def add(index: Index, vectors: npt.NDArray[Any]) -> None:
    """Vectors behind the last position of an index in memory of its own."""
    if fixed(index) and len(vectors) and _most_alike(vectors) * _ALIKE > max(len(vectors), _FEW):
        raise InvalidRequest("FAISS makes no NSG of vectors of which a fifth are the same.")
    with faiss_errors():
        index.add(vectors)


_ALIKE, _FEW = 5, 100


def _most_alike(vectors: npt.NDArray[Any]) -> int:
    """How often the commonest vector is there."""
    return int(np.unique(vectors, axis=0, return_counts=True)[1].max())


def slow_to_add(index: Index) -> bool:
    """Whether a vector costs searches of its own, as in graphs."""
    inner = part(index)
    if inner is not None:
        return slow_to_add(inner)
    return isinstance(index, faiss.IndexHNSW | faiss.IndexBinaryHNSW)


def fixed(index: Index) -> bool:
    """Whether vectors can be added only once, to an empty index."""
    inner = part(index)
    return fixed(inner) if inner is not None else isinstance(index, faiss.IndexNSG)
