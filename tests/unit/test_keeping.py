"""Stores whose vectors come from another model, kept as indexes of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.adapters.engine_kept import EngineKeptVectors
from backend.adapters.faiss_engine import EngineIndex
from backend.errors import InvalidRequest, Stopped
from backend.models.documents import JobState
from backend.models.migration import Node
from backend.ports.foreign_store import ForeignStore
from backend.ports.kept_vectors import KeptOrigin
from backend.services import keeping
from backend.services.keeping import Keeping
from backend.services.migration import Wanted
from tests.support.fakes import DIMENSION
from tests.support.house import TENANT, House
from tests.support.llamaindex import Store, namespaced

TEXTS = {
    f"n{place}": (f"book{place // 5}", f"Paragraph {place} is about subject{place}.") for place in range(12)
}


async def foreign(dimension: int = 48, length: float = 1.0) -> tuple[Store, dict[str, np.ndarray]]:
    """A store of vectors that the tests' model did not make."""
    store = await namespaced(TEXTS)
    random = np.random.default_rng(5)
    made = {name: random.standard_normal(dimension).astype(np.float32) for name in TEXTS}
    made = {name: (length * row / np.linalg.norm(row)).astype(np.float32) for name, row in made.items()}
    vectors = store.files["default__vector_store.json"]
    vectors["embedding_dict"] = {name: [float(n) for n in row] for name, row in made.items()}
    return store, made


async def kept(house: House, folder: Path) -> Any:
    job = await house.migration.begin(TENANT, Wanted(folder, keep=True))
    worker = house.worker()
    while await worker.turn():
        pass
    ended = await house.jobs.job(TENANT, job.id)
    assert ended.state is JobState.FINISHED, ended.error
    assert ended.result
    assert ended.result["verification"]["passed"], ended.result
    return ended.result


def ids_of(index: EngineIndex) -> Iterable[str]:
    return [told["node_id"] for told in index.metadata_many(index.every_id()) if told]


@pytest.mark.parametrize("dimension", [48, DIMENSION])
async def test_vectors_of_another_model_are_kept_bit_for_bit(
    house: House, tmp_path: Path, dimension: int
) -> None:
    store, made = await foreign(dimension)
    result = await kept(house, store.write(tmp_path / "My Storage!"))
    assert (result["kept_index"], result["nodes"]) == ("llamaindex-My-Storage", 12)
    assert result["verification"] | {"faults": []} == {
        "passed": True,
        "nodes": 12,
        "vectors_compared": 12,
        "neighbours_compared": 8,
        "faults": [],
    }
    assert (await house.catalog.documents(TENANT, offset=0, limit=1)).total == 0
    with house.indexes.open(TENANT, result["kept_index"]) as index:
        assert sorted(ids_of(index)) == sorted(TEXTS)
        for place, told in zip(index.every_id(), index.metadata_many(index.every_id()), strict=True):
            assert told
            assert index.reconstruct(int(place)).tobytes() == made[told["node_id"]].tobytes()
            ref, text = TEXTS[told["node_id"]]
            assert told["text"] == text
            written = store.files["docstore.json"]["docstore/data"][told["node_id"]]["__data__"]
            assert told["metadata"] == written["metadata"]
            assert told["relationships"] == written["relationships"]
            assert told["source"] == ref
        score, (best,) = index.search(made["n7"], 1)[0][0][0], index.search(made["n7"], 1)[1][0]
        assert score == pytest.approx(1)
        assert index.metadata(int(best))["node_id"] == "n7"  # type: ignore[index] - it is there


async def test_repeated_it_is_the_same_index_and_changed_another(house: House, tmp_path: Path) -> None:
    store, _ = await foreign()
    folder = store.write(tmp_path / "storage")
    assert (await kept(house, folder))["kept_index"] == "llamaindex-storage"
    assert (await kept(house, folder))["kept_index"] == "llamaindex-storage"
    store.files["docstore.json"]["docstore/data"]["n3"]["__data__"]["text"] = "Something else."
    store.write(folder)
    assert (await kept(house, folder))["kept_index"] == "llamaindex-storage-2"
    assert house.indexes.names(TENANT) == ["llamaindex-storage", "llamaindex-storage-2"]


async def test_it_goes_on_where_it_broke_off(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "BATCH", 5)
    store, _ = await foreign()
    folder = store.write(tmp_path / "storage")
    opened: ForeignStore = house.migration._stores.open(folder, without_vectors=False, tell=lambda *_: None)
    heard = []

    async def stop(stored: int) -> None:
        heard.append(stored)
        if len(heard) == 2:
            raise Stopped("The migration was stopped.")

    made = Keeping(EngineKeptVectors(house.indexes))
    try:
        with pytest.raises(Stopped):
            await made.run(TENANT, "storage", opened, stop)
        result = await made.run(TENANT, "storage", opened, stop)
    finally:
        opened.close()
    assert heard == [5, 10, 12]
    assert result.verification.passed
    assert house.indexes.names(TENANT) == [result.name]


async def test_lengths_are_kept_and_said(house: House, tmp_path: Path) -> None:
    store, made = await foreign(length=3.5)
    result = await kept(house, store.write(tmp_path / "storage"))
    assert "no cosines" in result["notes"][-1]
    with house.indexes.open(TENANT, result["kept_index"]) as index:
        lengths = [float(np.linalg.norm(index.reconstruct(int(i)))) for i in index.every_id()]
    assert lengths == pytest.approx([3.5] * len(made))


async def test_vectors_of_the_model_in_use_become_documents_all_the_same(
    house: House, tmp_path: Path
) -> None:
    result = await kept(house, (await namespaced(TEXTS)).write(tmp_path / "storage"))
    assert result["kept_index"] is None
    assert (await house.catalog.documents(TENANT, offset=0, limit=1)).total == 3


async def test_one_way_at_a_time(house: House, tmp_path: Path) -> None:
    store, _ = await foreign()
    with pytest.raises(InvalidRequest, match="not both"):
        await house.migration.begin(TENANT, Wanted(store.write(tmp_path / "s"), reembed=True, keep=True))


def test_nodes_that_are_no_json_of_ours_come_back(house: House) -> None:
    odd = {"half": "\ud83d", "huge": 1 << 70, "deep": [{"a": None}]}
    nodes = [
        Node("n0", "Text \ud83d.", odd),
        Node("n1", "Plain.", {"a": 1.5}, {"1": "x"}, {"t": "T"}, "d", 3, "H"),
    ]
    index = EngineKeptVectors(house.indexes).begin(TENANT, "s", KeptOrigin("llamaindex", "s", "0", 4, 2))
    index.add(0, nodes, np.eye(2, 4, dtype=np.float32))
    assert [index.node(place) for place in (0, 1)] == nodes
    assert json.dumps(index.node(0).metadata) == json.dumps(odd)
    index.close()
