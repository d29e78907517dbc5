"""What of FAISS a session may reach, derived from FAISS's own classes.

A call from outside brings numbers, arrays, handles and, for a few functions, texts. It never brings a
pointer, and no pointer leaves. What is left are the ways in which FAISS itself reaches a file, a callback
or raw memory; they are named here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import faiss

_REFUSED_CLASSES = re.compile(
    r"IOReader|IOWriter|Callback|OnDisk|Mmapped|ZeroCopy|IOHook|^Swig|SIMDConfig|OwnedVectorOwner|BufferList"
    r"|Bitstring|^PQ(En|De)coder|MemoryPool|Scratch|^the_class$|^RangeQueryResult$"
)
"""Files, callbacks, process-wide settings, and classes that are only a pointer and an offset."""

_REFUSED_METHODS = re.compile(
    r"_c$|^_|create_view|prefetch|release_|^data$|^get_single_code|^get_ids$|^get_codes$"
    r"|^clear_neighbor_tables$|^fill_with_random_links$|^(en|de)code_(qcint|norm)$"
)
"""FAISS's own C forms (``search_c`` ...), everything that hands out or takes back a pointer, and inner parts
that use numbers unchecked."""

_SPECIAL = {"__call__", "__len__", "__getitem__", "__iadd__"}

_REFUSED_FUNCTIONS = re.compile(
    r"_c$|^_|^read_|^write_|serialize|^cast_integer|swig|memcpy|^add_ref|^shard_|^set_deser|omp|obj|simd"
)
FACTORIES = frozenset({"index_factory", "index_binary_factory", "array_to_AlignedTable"})
"""Functions that may be called without an object."""

_TEXTS = re.compile(r"^(index_factory|index_binary_factory|set_index_parameters?|add_range|add)$")
"""What takes a text: a factory string or a parameter's name. Every other text could be a path."""

_SIZES = frozenset(
    "ntotal d d_in d_out d2 code_size nlist M nbits ksub dsub nsq K entry_point max_level byte_per_idx "
    "capacity nvars nbit nprobe_max list_size d_out code_size_1 n nh".split()
)
"""Fields that say how large memory is; a wrong one makes FAISS read past its end."""

OPTIONAL = frozenset({"params", "sel", "search_params", "quantizer_params", "index"})
"""Parameters of C++ methods for which None is a choice, not a null pointer."""

_READS = re.compile(
    r"^(search|range_search|reconstruct|assign|sa_|compute_|decode|is_member|apply|reverse_transform|get_"
    r"|size$|at$|evaluate|list_size|coarse_code|check_|imbalance|is_|find_|quantize|extract_|vector_to"
    r"|vector_float|downcast_|try_extract|clone_|serialize|dump)"
)
"""Calls that change nothing, so they may run together."""

SETTINGS = re.compile(
    r"^(distance_compute_|.*_bs$|.*_stats$|check_compatible|precomputed_table|hamming_batch)"
)
"""Process-wide values that a session may see and set: the process belongs to its tenant."""


class Refused(AttributeError):
    """A part of FAISS that a session does not offer."""


def swig_classes() -> Mapping[str, type]:
    """The classes whose objects a session may hold, by name."""
    found = {name: kind for name, kind in vars(faiss).items() if is_swig_class(kind)}
    return {name: kind for name, kind in found.items() if not _REFUSED_CLASSES.search(kind.__name__)}


def is_swig_class(kind: object) -> bool:
    """Whether objects of the class stand for C++ objects."""
    return inspect.isclass(kind) and hasattr(kind, "thisown")


def method_of(owner: Any, name: str) -> Callable[..., Any]:  # noqa: ANN401 - any FAISS object or class
    """A method that may be called; Refused otherwise."""
    kind = owner if inspect.isclass(owner) else type(owner)
    if name not in _SPECIAL and _REFUSED_METHODS.search(name):
        raise Refused(f"{kind.__name__}.{name} reaches raw memory; a session does not offer it")
    if not callable(getattr(kind, name, None)):
        raise AttributeError(f"'{kind.__name__}' object has no attribute '{name}'")  # noqa: TRY004 - as FAISS does
    found: Callable[..., Any] = getattr(owner, name)
    return found


def function_of(name: str) -> Callable[..., Any]:
    """A function of the module that may be called; Refused otherwise."""
    if _REFUSED_FUNCTIONS.search(name) and name not in FACTORIES:
        raise Refused(f"faiss.{name} reaches memory, files or the process; a session does not offer it")
    found = getattr(faiss, name, None)
    if not inspect.isfunction(found):
        raise AttributeError(f"module 'faiss' has no function '{name}'")
    return found


def check_field(owner: object, name: str) -> None:
    """Raise where a field may not be set."""
    if name.startswith("_") or name in _SIZES:
        raise Refused(
            f"{type(owner).__name__}.{name} says how large memory is; a session does not let it be set"
        )


def check_arguments(call: Callable[..., Any], name: str, args: list[Any], named: Mapping[str, Any]) -> None:
    """Raise TypeError for a text that could be a path, and for None where C++ takes a pointer."""
    given = [*args, *named.values()]
    if not _TEXTS.match(name) and any(isinstance(value, str | bytes) for value in given):
        raise TypeError(f"{name}() takes no text in a session: files belong to the client")
    if "swigfaiss" in getattr(call, "__module__", "") and any(value is None for value in given):
        bare = [each for each in _nones(call, args, named) if each not in OPTIONAL]
        if bare:
            raise TypeError(f"in method '{name}', argument {bare[0]}: None is no object")


def _nones(call: Callable[..., Any], args: list[Any], named: Mapping[str, Any]) -> list[str]:
    try:
        bound = inspect.signature(call).bind(*args, **named).arguments
    except (TypeError, ValueError):
        return ["?"]
    return [p for p, value in bound.items() if value is None or (isinstance(value, tuple) and None in value)]


def reads_only(name: str) -> bool:
    """Whether a call of this name changes nothing."""
    return bool(_READS.match(name)) and not name.startswith("set_")
