"""Takes positions out of a FAISS index for good, type by type."""

from __future__ import annotations

import faiss
import numpy as np

from backend.adapters.faiss_engine import structure
from backend.errors import InvalidRequest


def keep(index: structure.Index, kept: structure.Mask) -> None:
    """Take away the other positions of a private copy; those kept move up in their order.

    Raises InvalidRequest where the type cannot.
    """
    with structure.faiss_errors():
        _keep(index, kept)


def _keep(index: structure.Index, kept: structure.Mask) -> None:
    inner = structure.part(index)
    if inner is not None:
        _keep(inner, kept)
        if isinstance(index, faiss.IndexRefine):
            _keep(faiss.downcast_index(index.refine_index), kept)
        index.ntotal = inner.ntotal
    elif isinstance(index, faiss.IndexIVFFastScan):
        raise InvalidRequest("FAISS cannot take single vectors out of packed inverted lists.")
    elif isinstance(index, faiss.IndexIVF | faiss.IndexBinaryIVF):
        if type(index) not in _PLAIN_LISTS:
            raise InvalidRequest(f"Single vectors cannot be taken out of {type(index).__name__}.")
        _keep_lists(index, kept)
    elif isinstance(index, faiss.IndexFlatCodes | faiss.IndexBinaryFlat | faiss.IndexFastScan):
        index.remove_ids(faiss.IDSelectorBitmap(np.packbits(~kept, bitorder="little")))
    else:
        _build_anew(index, kept)


def _build_anew(index: structure.Index, kept: structure.Mask) -> None:
    """Graphs and packed lists: from their vectors."""
    rows = np.stack([index.reconstruct(int(p)) for p in np.flatnonzero(kept)]) if kept.any() else None
    index.reset()
    if rows is not None:
        index.add(rows)


_PLAIN_LISTS = {
    faiss.IndexIVFFlat,
    faiss.IndexIVFPQ,
    faiss.IndexIVFPQR,
    faiss.IndexIVFScalarQuantizer,
    faiss.IndexIVFSpectralHash,
    faiss.IndexIVFResidualQuantizer,
    faiss.IndexIVFLocalSearchQuantizer,
    faiss.IndexIVFProductResidualQuantizer,
    faiss.IndexIVFProductLocalSearchQuantizer,
    faiss.IndexIVFRaBitQ,
    faiss.IndexBinaryIVF,
}
"""Types whose lists hold all there is of a vector, or that ``_keep_lists`` knows the rest of."""


def _keep_lists(index: structure.Index, kept: structure.Mask) -> None:
    """Inverted lists hold positions: what is kept is written again under its new one."""
    finer = None
    if isinstance(index, faiss.IndexIVFPQR):
        finer = faiss.vector_to_array(index.refine_codes).reshape(len(kept), -1)[kept]
    renumbered = np.cumsum(kept) - 1
    index.set_direct_map_type(faiss.DirectMap.NoMap)
    lists = index.invlists
    held = []
    for number in range(index.nlist):
        size = lists.list_size(number)
        if not size:
            continue
        ids = faiss.rev_swig_ptr(lists.get_ids(number), size).copy()
        codes = faiss.rev_swig_ptr(lists.get_codes(number), size * lists.code_size).reshape(size, -1).copy()
        stays = kept[ids]
        held.append((number, renumbered[ids[stays]].astype(np.int64), np.ascontiguousarray(codes[stays])))
    index.reset()
    for number, ids, codes in held:
        if len(ids):
            lists.add_entries(number, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(codes))
    index.ntotal = int(kept.sum())
    if finer is not None:
        faiss.copy_array_to_vector(finer.reshape(-1), index.refine_codes)
