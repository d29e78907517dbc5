"""What would end a session's process is refused: calls that did, and random ones."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backend.adapters.faiss_sessions.frames import Frame
from backend.adapters.faiss_sessions.objects import Session
from backend.adapters.faiss_sessions.operations import Operations
from tests.support.processes import ROOT

X = np.random.default_rng(1).random((300, 8), dtype=np.float32)
Ask = Callable[..., Any]


@pytest.fixture
def ask() -> Ask:
    """Carries out an operation of one session; a handle where the answer is an object."""
    operations, session = Operations(64 << 20, threading.Lock(), uploads=False), Session(100, 1)

    def asked(op: str, *arrays: Any, **header: Any) -> Any:
        found = operations.run(session, Frame({"op": op} | header, list(arrays)))[0]["value"]
        return found["h"][0] if isinstance(found, dict) and "h" in found else found

    return asked


@pytest.mark.parametrize("kind", ["HNSW8", "IDMap,HNSW8", "PCA4,HNSW8"])
def test_an_empty_graph_is_not_searched_within_a_radius(ask: Ask, kind: str) -> None:
    index = ask("function", name="index_factory", args=[8, kind])
    ask("call", X, on=index, name="train", args=[{"a": 0}])
    with pytest.raises(RuntimeError, match="'ntotal > 0' failed"):
        ask("call", X[:2], on=index, name="range_search", args=[{"a": 0}, 1.5])
    assert ask("get", on=index, name="ntotal") == 0


@pytest.mark.parametrize("name", ["IndexBinaryHNSW", "IndexNSGFlat", "IndexHNSWFlat"])
def test_an_index_without_its_parts_takes_no_call(ask: Ask, name: str) -> None:
    index = ask("new", name=name, args=[])
    for call, args in (("reset", []), ("train", [{"a": 0}]), ("search", [{"a": 0}, 1])):
        with pytest.raises(RuntimeError, match="it has no storage"):
            ask("call", X[:1], on=index, name=call, args=args)
    outer = ask("new", name="IndexBinaryIDMap" if "Binary" in name else "IndexIDMap", args=[{"h": index}])
    with pytest.raises(RuntimeError, match="it has no storage"):
        ask("call", on=outer, name="reset", args=[])


@pytest.mark.parametrize("name", ["IndexHNSWFlat", "IndexNSGFlat"])
def test_an_index_without_its_parts_is_written_as_faiss_does(ask: Ask, name: str) -> None:
    index = ask("new", name=name, args=[])
    assert ask("dump", what="index", args=[{"h": index}]) is not None


def test_no_part_of_an_index_can_be_taken_away(ask: Ask) -> None:
    index = ask("function", name="index_factory", args=[8, "HNSW8"])
    graph = ask("get", on=index, name="hnsw")
    for on, field in ((index, "storage"), (graph, "offsets")):
        with pytest.raises(TypeError, match="cannot be None"):
            ask("set", on=on, name=field, value=None)
    search = ask("new", name="SearchParametersHNSW", args=[])
    assert ask("set", on=search, name="sel", value=None) is None
    with pytest.raises(TypeError):
        ask("new", name="IndexBinaryIDMap", args=[None])


def test_a_distance_needs_a_query_and_an_assignment_a_number(ask: Ask) -> None:
    index = ask("function", name="index_factory", args=[8, "RaBitQ"])
    ask("call", X, on=index, name="train", args=[{"a": 0}])
    ask("call", X, on=index, name="add", args=[{"a": 0}])
    with pytest.raises(RuntimeError, match="'k > 0' failed"):
        ask("call", X[:5], on=index, name="assign", args=[{"a": 0}, 0])
    flat = ask("function", name="index_factory", args=[8, "Flat"])
    ask("call", X, on=flat, name="add", args=[{"a": 0}])
    computer = ask("call", on=flat, name="get_distance_computer", args=[])
    with pytest.raises(RuntimeError, match="set_query"):
        ask("call", on=computer, name="__call__", args=[3])
    ask("call", X[7], on=computer, name="set_query", args=[{"p": 0}])
    assert ask("call", on=computer, name="__call__", args=[7]) == 0.0


@pytest.mark.filterwarnings("ignore:The class faiss.CharVector is deprecated")
def test_classes_that_share_a_constructor_are_made(ask: Ask) -> None:
    assert ask("call", on=ask("new", name="CharVector", args=[]), name="size", args=[]) == 0


@pytest.mark.parametrize("seed", range(4))
def test_random_calls_leave_the_process_alive(seed: int) -> None:
    command = [sys.executable, "-m", "tests.support.session_fuzz", str(seed), "400"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, (done.stdout.splitlines()[-1:], done.stderr[-600:])
