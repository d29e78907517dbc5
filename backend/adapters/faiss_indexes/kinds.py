"""Which types of index a stranger may ask for: the parts that factory strings are made of, and their sizes.

FAISS reserves memory for what a factory string names before anything is stored, so numbers have limits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from backend.adapters.faiss_engine import IndexSpec
from backend.errors import InvalidRequest

_LONGEST = 200
_PARTS = re.compile(
    r"IDMap2?|L2norm|(PCA|PCAR|PCAW|PCAWR|RR|ITQ|Pad|OPQ)\d+(_\d+)?|ITQ"
    r"|IVF(?P<lists>\d+)(_HNSW\d+|_NSG\d+)?|HNSW(?P<links>\d+)|NSG\d+"
    r"|Flat|FlatDedup|SQ(4|6|8|fp16|bf16)|PQ\d+(x(?P<bits>\d+))?n?p?(fs|fsr)?(_\d+)?|LSH(r|t|rt)?"
    r"|Refine\((Flat|SQ(4|6|8|fp16|bf16)|PQ\d+(x\d+)?)\)|RFlat"
    r"|BFlat|BIVF(?P<blists>\d+)(_HNSW\d+)?|BHNSW(?P<blinks>\d+)|BHash(?P<hash>\d+)(x\d+)?"
)
_MOST: Mapping[str, int] = {
    "lists": 1 << 18,
    "blists": 1 << 18,
    "links": 256,
    "blinks": 256,
    "bits": 12,
    "hash": 32,
}
_MOST_NUMBER = 1 << 18
_WITH_MATRIX = re.compile(r"PCA|OPQ|RR|ITQ|LSH")
_MOST_WITH_MATRIX = 8_192

_EVERYWHERE = frozenset({"l2", "ip"})
_ANY_METRIC = re.compile(r"((L2norm|(PCA|PCAR|PCAW|PCAWR|RR|Pad)\d+),)*(IVF\d+,Flat|Flat|HNSW\d+(,Flat)?)")
"""Types that compare plain vectors. With others FAISS ends the process where it knows no such metric."""

_OPTIONS: Mapping[str, float] = {
    "nprobe": 1 << 18,
    "max_codes": 1 << 62,
    "efSearch": 1 << 16,
    "k_factor": 1_000,
    "check_relative_distance": 1,
}
_MOST_RESULTS = 10_000_000


def check_kind(spec: IndexSpec) -> None:
    """Raise InvalidRequest for a type that is not offered, or one of unreasonable size."""
    text = spec.factory
    if len(text) > _LONGEST:
        raise InvalidRequest(f"index_type has at most {_LONGEST} characters.")
    for part in re.split(r",(?![^(]*\))", text):
        _check_part(part)
    if spec.metric not in _EVERYWHERE and not spec.binary and not _ANY_METRIC.fullmatch(text):
        raise InvalidRequest(
            f"{text} measures by l2 or ip; {spec.metric} takes a Flat, HNSW or IVF,Flat index, "
            "which may follow a transform."
        )
    if _WITH_MATRIX.search(text) and spec.dimension > _MOST_WITH_MATRIX:
        raise InvalidRequest(f"Types with a matrix ({text}) take up to {_MOST_WITH_MATRIX} dimensions.")


def _check_part(part: str) -> None:
    known = _PARTS.fullmatch(part)
    if known is None:
        raise InvalidRequest(
            f"FAISS's index_factory could not parse {part[:80]!r}: use a factory string such as Flat, "
            "IVF64,Flat, HNSW32, PQ16, SQ8, LSH, NSG32, OPQ16,Flat, 'SQ8,RFlat', BFlat, or a FAISS class "
            "name such as IndexFlatIP."
        )
    for name, found in known.groupdict().items():
        if found is not None and not 1 <= int(found) <= _MOST[name]:
            raise InvalidRequest(f"The number in {part[:80]!r} must be from 1 to {_MOST[name]}.")
    if any(int(number) > _MOST_NUMBER for number in re.findall(r"\d{1,30}", part)):
        raise InvalidRequest(f"A number in {part[:80]!r} is larger than {_MOST_NUMBER}.")


def rows_at_a_time(vectors: int) -> int:
    """Queries of a range search that can be answered together whatever they find."""
    return max(1, _MOST_RESULTS // max(vectors, 1))


def check_found(count: int) -> None:
    """Raise InvalidRequest where a range search finds more than an answer can hold."""
    if count > _MOST_RESULTS:
        raise InvalidRequest(
            f"More than {_MOST_RESULTS} vectors are within this radius of these queries. "
            "Take a smaller radius, or fewer queries at a time."
        )


def check_search(rows: int, k: int, options: Mapping[str, Any] | None) -> None:
    """Raise InvalidRequest where a search would ask for more memory than an answer is worth."""
    if rows * k > _MOST_RESULTS:
        raise InvalidRequest(f"{rows} queries times k = {k} are more than {_MOST_RESULTS} results.")
    for name, value in (options or {}).items():
        most = _OPTIONS.get(name)
        if most is None:
            raise InvalidRequest(f"There is no search parameter {name[:80]!r}; use {', '.join(_OPTIONS)}.")
        least = 0 if name in {"max_codes", "check_relative_distance"} else 1
        if not isinstance(value, int | float) or not least <= value <= most:
            raise InvalidRequest(f"{name} must be from {least} to {most}, not {str(value)[:80]}.")
