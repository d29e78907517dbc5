"""Names that nobody else gives and nobody guesses."""

from __future__ import annotations

import os

_BYTES, _AT_ONCE = 16, 256
_drawn: list[str] = []


def new_id() -> str:
    """32 hexadecimal digits, 128 random bits.

    Drawn many at once: each call of the system lets go of the interpreter, and a busy server waits for it.
    """
    try:
        return _drawn.pop()
    except IndexError:
        fresh = os.urandom(_BYTES * _AT_ONCE).hex()
        ids = [fresh[at : at + 2 * _BYTES] for at in range(0, len(fresh), 2 * _BYTES)]
        _drawn.extend(ids[1:])
        return ids[0]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drawn.clear)  # a child must not give the same
