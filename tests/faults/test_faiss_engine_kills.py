"""An index whose writer is killed at every step: what was acknowledged is there, and nothing twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.adapters.faiss_engine import Engine, EngineIndex, IndexSpec, Upkeep
from tests.support.engine_process import DIMENSION, LONG, long_change, vector
from tests.support.processes import ROOT

POINTS = [
    "log.begun",
    "added",
    "log.written",
    "log.synced",
    "published",
    "log.rotated",
    "snapshot.index",
    "snapshot.rows",
    "snapshot.complete",
    "snapshot.named",
    "snapshot.old_gone",
    "rebuild.built",
    "rebuild.taken",
]


def killed(root: Path, point: str, passes: int, first: int) -> list[tuple[str, int]]:
    """What the process acknowledged until it was killed."""
    command = [
        sys.executable,
        "-m",
        "tests.support.engine_process",
        str(root),
        point,
        str(passes),
        str(first),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -9, (point, passes, done.stderr)
    lines = [line.split() for line in done.stdout.splitlines()[1:]]
    return [(what, int(number)) for what, number in lines]


def holds(index: EngineIndex, told: list[tuple[str, int]], model: dict[int, np.ndarray]) -> None:
    for what, number in told:
        if what == "long":
            continue
        if what == "remove":
            model.pop(number)
        else:
            model[number] = vector(number if what == "add" else number + 10_000)
    long = sound_long_changes(index)
    assert long >= {number for what, number in told if what == "long"}
    ids = index.ids(limit=LONG).tolist()
    ids = [one for one in ids if one < LONG]
    assert len(ids) == len(set(ids)) == len(index) - LONG * len(long)
    # One change may have become durable without an answer.
    unanswered = set(ids) ^ set(model)
    assert len(unanswered) <= 1
    different = 0
    for number in set(ids) & set(model):
        metadata = index.metadata(number)
        assert metadata is not None
        assert abs(metadata["n"]) == number
        mine = index.reconstruct(number)
        if not np.array_equal(mine, model[number][0]):
            different += 1
            model[number] = mine.reshape(1, -1)
        found = index.search(mine, 1)
        assert found[1][0, 0] == number
    assert different + len(unanswered) <= 1
    for number in unanswered:
        if number in model:
            model.pop(number)
        else:
            model[number] = index.reconstruct(number).reshape(1, -1)


def sound_long_changes(index: EngineIndex) -> set[int]:
    """Numbers of the long changes that are there, each of them whole and as it was handed in."""
    ids = np.sort(index.every_id())
    ids = ids[ids >= LONG] - LONG
    numbers, counts = np.unique(ids // LONG, return_counts=True)
    assert (counts == LONG).all()
    for number in numbers.tolist():
        wanted = long_change(number)
        for place in (0, LONG // 2, LONG - 1):
            mine = index.reconstruct(LONG + LONG * number + place)
            np.testing.assert_array_equal(mine, wanted[place])
    return set(numbers.tolist())


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_step(tmp_path: Path, point: str) -> None:
    model: dict[int, np.ndarray] = {}
    with Engine(tmp_path) as engine:
        engine.create("t", "it", IndexSpec(DIMENSION))
    # Again and again: what one kill left behind is in the way of the next.
    for passes, first in ((1, 0), (0, 1000), (2, 2000)):
        told = killed(tmp_path, point, passes, first)
        with Engine(tmp_path) as engine, engine.open("t", "it", writable=True) as index:
            holds(index, told, model)
            assert index.stats().troubles == ()


@pytest.mark.parametrize(("point", "passes"), [("graph.named", 0), ("graph.written", 1)])
def test_killed_while_a_graph_is_kept(tmp_path: Path, point: str, passes: int) -> None:
    """What was acknowledged needs no graph, and goes with the one that is there."""
    model: dict[int, np.ndarray] = {}
    with Engine(tmp_path) as engine:
        engine.create("t", "it", IndexSpec(DIMENSION, "Auto"))
    told = killed(tmp_path, point, passes, 0)
    without, with_ = Upkeep(graph_from=10**9), Upkeep(graph_from=5, graph_least_recall=0.5)
    with Engine(tmp_path, upkeep=without) as engine, engine.open("t", "it", writable=True) as index:
        holds(index, told, model)
        assert index.stats().troubles == ()
    with Engine(tmp_path, upkeep=with_) as engine, engine.open("t", "it", writable=True) as index:
        index.grow()
        figures = index.stats().graph
        assert figures is not None
        assert figures.state == "ready"
        holds(index, told, model)
