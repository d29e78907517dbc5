"""Ids that are drawn many at once."""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.utils.ids import new_id


def test_no_id_comes_twice_whoever_asks() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: new_id(), range(4_000)))
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in found)


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_a_forked_child_draws_its_own() -> None:
    new_id()  # the rest of what was drawn with it is at hand
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, " ".join(new_id() for _ in range(100)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, 1 << 16).decode().split()
    os.close(reading), os.close(writing)
    assert len(theirs) == 100
    assert not set(theirs) & {new_id() for _ in range(300)}
