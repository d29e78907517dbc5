"""Stores that are damaged or lie: a clear sentence, nothing half visible, and the rest goes on."""

from __future__ import annotations

import io
import json
import math
import random
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.adapters.llamaindex import entries as module
from backend.adapters.llamaindex.entries import entries
from backend.adapters.llamaindex.stores import LlamaIndexStores
from backend.adapters.llamaindex.values import parsed, vector_of
from backend.errors import DamagedFile
from backend.models.documents import JobState
from tests.support.house import TENANT, House
from tests.support.llamaindex import Store, namespaced
from tests.unit.test_llamaindex_migration import TEXTS, counts, findings, moved, report, skips

VECTORS = "default__vector_store.json"


async def store_with(**vectors: object) -> Store:
    store = await namespaced(TEXTS)
    store.files[VECTORS]["embedding_dict"] |= vectors
    return store


@pytest.mark.slow
@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        ([math.nan] * 64, "not_finite"),
        ([math.inf] + [0.1] * 63, "not_finite"),
        ([1e39] + [0.1] * 63, "not_finite"),
        ([0.0] * 64, "zero_vector"),
        ([0.1] * 63, "other_length"),
        ([], "not_numbers"),
        (["0.1"] * 64, "not_numbers"),
        ([[0.1] * 64], "not_numbers"),
        ([10**400] * 64, "not_numbers"),
        ([None] * 64, "not_numbers"),
        ({"0": 0.1}, "not_numbers"),
        ("0.1 0.2", "not_numbers"),
        (None, "not_numbers"),
        (17, "not_numbers"),
        ([True] * 64, "not_numbers"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_a_bad_vector_costs_its_node_alone(
    house: House, tmp_path: Path, vector: object, reason: str
) -> None:
    folder = (await store_with(m1=vector)).write(tmp_path / "storage")
    result = await report(house, folder)
    assert counts(result) == (2, 4, 4, 1)
    assert skips(result) == {reason: 1}
    assert "m1" in json.dumps(result["skips"])


async def test_a_bad_vector_can_be_made_anew(house: House, tmp_path: Path) -> None:
    folder = (await store_with(m1=[math.nan] * 64)).write(tmp_path / "storage")
    assert counts(await report(house, folder, reembed=True)) == (2, 5, 5, 0)


async def test_vectors_without_text_are_reported(house: House, tmp_path: Path) -> None:
    store = await store_with(ghost=[0.1] * 64)
    result = await report(house, store.write(tmp_path / "one"))
    assert skips(result) == {"no_text": 1}
    del store.files["docstore.json"]
    (tmp_path / "two").mkdir()
    job = await moved(house, store.write(tmp_path / "two"))
    assert job.result
    assert counts(job.result) == (0, 0, 0, 6)
    assert skips(job.result) == {"no_text": 6}


async def test_bad_nodes_are_left_out(house: House, tmp_path: Path) -> None:
    store = await namespaced(TEXTS)
    data = store.files["docstore.json"]["docstore/data"]
    data["m0"]["__data__"]["text"] = 17
    data["m1"] = [1, 2]
    data["m2"]["__data__"]["text"] = "  \n"
    data["f0"]["__data__"]["metadata"] = "none"
    data["f0"]["__data__"]["relationships"] = [1]
    data["f1"]["__data__"] = json.dumps(data["f1"]["__data__"])
    result = await report(house, store.write(tmp_path / "storage"))
    assert counts(result) == (1, 2, 2, 3)
    assert skips(result) == {"not_a_node": 2, "empty_text": 1}


async def test_of_an_id_that_stands_twice_the_last_counts(house: House, tmp_path: Path) -> None:
    folder = (await namespaced(TEXTS)).write(tmp_path / "storage")
    for name, opening in ((VECTORS, '"embedding_dict": {'), ("docstore.json", '"docstore/data": {')):
        path = folder / name
        whole = path.read_text()
        first = json.dumps([9.0] * 64) if name == VECTORS else '{"__data__": {"id_": "m0", "text": "old"}}'
        path.write_text(whole.replace(opening, f'{opening}"m0": {first}, ', 1))
    result = await report(house, folder)
    assert counts(result) == (2, 5, 5, 2)
    assert skips(result) == {"duplicate": 2}
    assert not await house.keywords.search(TENANT, "old", 3)


async def test_texts_of_any_kind_are_kept(house: House, tmp_path: Path) -> None:
    texts = {
        "a/../\u202e\x00": ("d", "half \ud800 pair"),
        "": ("d", "nul \x00 and \u2028 line"),
        '"]}{["': ("d", '"]}{[" \\" \\\\ brackets'),
        "long": ("d", "word " * 200_000),
    }
    safe = {name: (ref, text.replace("\ud800", "?")) for name, (ref, text) in texts.items()}
    store = await namespaced(safe)
    store.files["docstore.json"]["docstore/data"]["a/../\u202e\x00"]["__data__"]["text"] = "half \ud800 pair"
    await report(house, store.write(tmp_path / "storage"))
    document = (await house.catalog.published(TENANT))[0]
    nodes = await house.transfers.nodes(TENANT, document.id, 0, 9)
    assert {node.id: node.text for node in nodes} == {name: text for name, (_, text) in safe.items()}


@pytest.mark.parametrize("name", [VECTORS, "docstore.json"])
async def test_every_truncation_is_refused_whole(house: House, tmp_path: Path, name: str) -> None:
    folder = (await namespaced(TEXTS)).write(tmp_path / "storage")
    whole = (folder / name).read_bytes()
    stores = LlamaIndexStores(tmp_path)
    chance = random.Random(3)  # noqa: S311 - to repeat a run
    for length in [0, 1, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(60))]:
        (folder / name).write_bytes(whole[:length])
        with pytest.raises(DamagedFile, match=re.escape(name)):
            stores.open(folder, without_vectors=False, tell=lambda *_: None)
    job = await moved(house, folder)
    assert job.state is JobState.FAILED
    assert job.error
    assert job.error.code == "damaged_file"
    assert await house.catalog.published(TENANT) == []
    assert await findings(house) == []


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "null",
        '{"embedding_dict": {"m0": [0.1}}',
        '{"embedding_dict": {"m0" [0.1]}}',
        '{"embedding_dict": {17: [0.1]}}',
        '{"embedding_dict": {"m0": [0.1]}} {}',
        '{"embedding_dict": {"m0": [0.1],}}',
        "PK\x03\x04",
        "\ufeff",
        "{" * 100_000,
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_store_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / VECTORS).write_text(content)
    with pytest.raises(DamagedFile):
        LlamaIndexStores(tmp_path).open(tmp_path, without_vectors=False, tell=lambda *_: None)


def test_deep_nesting_costs_its_entry_alone() -> None:
    deep = b'{"docstore/data": {"deep": ' + b"[" * 200_000 + b"]" * 200_000 + b', "next": {"a": 1}}}'
    found = {entry.key: entry.raw for entry in entries(io.BytesIO(deep), "docstore.json")}
    assert not isinstance(parsed(found["deep"] or b""), dict)
    assert found["next"] == b'{"a": 1}'


def test_an_entry_that_never_ends_is_refused_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 4 << 20)
    endless = io.BytesIO(b'{"embedding_dict": {"m0": [' + b"0.1, " * 2_000_000)
    with pytest.raises(DamagedFile, match="larger than"):
        list(entries(endless, "x.json"))
    assert endless.tell() < 10 << 20


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class Dripping(io.BytesIO):
    """Gives a few bytes at a time, whatever is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(7, size or 7))


@pytest.mark.slow
@given(st.dictionaries(st.text(), JSON, max_size=5), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_entries_are_those_of_the_json_however_it_is_written(
    value: dict[str, object], spaced: bool, ascii_only: bool
) -> None:
    raw = json.dumps(value, indent=2 if spaced else None, ensure_ascii=ascii_only)
    data = raw.encode("utf-8", "surrogatepass")
    made: dict[str, object] = {section: {} for section, inner in value.items() if isinstance(inner, dict)}
    for entry in entries(Dripping(data), "x.json"):
        assert data[entry.offset : entry.offset + len(entry.raw)] == entry.raw
        if entry.key is None:
            made[entry.section] = parsed(entry.raw)
        else:
            inner = made[entry.section]
            assert isinstance(inner, dict)
            inner[entry.key] = parsed(entry.raw)
    assert made == value


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    with suppress(DamagedFile):
        for entry in entries(io.BytesIO(b'{"a": {"b": ' + data), "x.json"):
            vector_of(entry.raw)
