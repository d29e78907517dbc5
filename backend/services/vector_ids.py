"""Ids of vectors as callers know them, and the numbers that FAISS keeps.

A whole number from 0 on is its own number, and so is its text ("7" names the vector 7). Any other text is
kept by a negative number made of its hash; the text lies beside it in the metadata, under a key that no
caller can use, so that two texts of one hash are told apart and answers carry what was handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import orjson
import xxhash

from backend.errors import Conflict, InvalidRequest
from backend.models.vector_index import Numbers

VectorId: TypeAlias = int | str

LONGEST = 512
"""Bytes of a text."""
_MOST = (1 << 63) - 1
_KEY = "$id"
_MARK = b'{"$id":'


def number_of(one: object) -> int:
    """The number of an id. Raises InvalidRequest."""
    if isinstance(one, int) and not isinstance(one, bool):
        if not 0 <= one <= _MOST:
            raise InvalidRequest(f"An id is from 0 to 2**63 - 1, or a text; not {str(one)[:40]}.")
        return one
    if not isinstance(one, str) or not one:
        raise InvalidRequest(f"An id is a whole number or a text, not {str(one)[:40]!r}.")
    if one.isascii() and one.isdigit() and (one == "0" or one[0] != "0") and int(one[:20]) <= _MOST:
        return int(one)
    try:
        raw = one.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest("An id holds half a character (a lone surrogate).") from error
    if len(raw) > LONGEST:
        raise InvalidRequest(f"An id has at most {LONGEST} bytes, not {len(raw)}.")
    # Below -1: that is FAISS's own "none".
    return -2 - (xxhash.xxh3_64_intdigest(raw) >> 1) % (_MOST - 1)


def numbers_of(ids: Sequence[object]) -> Numbers:
    """Numbers of many ids. Raises InvalidRequest, also where one occurs twice."""
    numbers = np.fromiter(map(number_of, ids), np.int64, len(ids))
    if len(np.unique(numbers)) < len(numbers):
        seen: dict[int, object] = {}
        for number, one in zip(numbers.tolist(), ids, strict=True):
            if number in seen:
                raise InvalidRequest(f"The id {str(one)[:80]!r} occurs twice.")
            seen[number] = one
    return numbers


def with_ids(
    ids: Sequence[object] | Numbers, metadata: Sequence[Mapping[str, Any] | None]
) -> list[Mapping[str, Any] | None]:
    """Metadata to keep: with the ids that are texts. Raises InvalidRequest for keys that begin with $."""
    kept: list[Mapping[str, Any] | None] = []
    for one, told in zip(ids, metadata, strict=True):
        if told is not None and not isinstance(told, dict):
            raise InvalidRequest("Metadata of a vector is an object.")
        if told and any(key.startswith("$") for key in told):
            raise InvalidRequest("Keys of metadata do not begin with $.")
        kept.append({_KEY: one, **(told or {})} if isinstance(one, str) else told)
    return kept


def told(number: int, metadata: bytes) -> tuple[VectorId, bytes]:
    """The id as it was handed in, and the caller's own metadata as JSON (``null`` for none)."""
    if not metadata.startswith(_MARK):
        return number, metadata or b"null"
    found = orjson.loads(metadata)
    one: VectorId = found.pop(_KEY)
    return one, orjson.dumps(found) if found else b"null"


def check_same(ids: Sequence[object], kept: Sequence[bytes | None]) -> None:
    """Raise Conflict where a text has the number of another text that is there; next to never."""
    for one, text in zip(ids, kept, strict=True):
        if text is not None and isinstance(one, str) and (other := told(0, text)[0]) not in {one, 0}:
            raise Conflict(f"The id {one!r} cannot be told from {other!r}, which is there; choose another.")
