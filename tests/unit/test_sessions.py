"""Sessions without FAISS: who may have how many, and when they end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.adapters.faiss_sessions import frames
from backend.adapters.faiss_sessions.frames import BrokenFrame
from backend.adapters.faiss_sessions.gate import Gate
from backend.errors import QuotaExceeded, SessionLost, SessionNotFound, TooLarge
from backend.models.sessions import Joined, LineUse, Reply, SessionLimits
from backend.services.sessions import Sessions


class FakeWorker:
    """Answers with what it was asked; dies when told to."""

    def __init__(self) -> None:
        self.forgotten: list[int] = []
        self.living = True

    async def ask(self, session: int, frame: Sequence[bytes]) -> Reply:
        if b"die" in frame:
            self.living = False
            raise SessionLost("gone")
        return Reply(200, b"%d:" % session + b"".join(frame))

    async def forget(self, session: int) -> None:
        self.forgotten.append(session)

    def alive(self) -> bool:
        return self.living

    def attach(self, session: int, connection: int, request_id: str) -> bool:  # noqa: ARG002 - the port's
        return False

    def use(self, session: int) -> LineUse:  # noqa: ARG002 - the port's
        return LineUse()

    def joined(self) -> Joined:
        return Joined(7, 2)

    def resident_bytes(self) -> int:
        return 5

    async def close(self) -> None:
        self.living = False


class FakeWorkers:
    def __init__(self) -> None:
        self.started: list[FakeWorker] = []

    async def start(self) -> FakeWorker:
        self.started.append(FakeWorker())
        return self.started[-1]


async def test_tenants_do_not_see_each_others_sessions() -> None:
    workers = FakeWorkers()
    sessions = Sessions(workers, SessionLimits())
    ours, theirs = await sessions.open("a"), await sessions.open("b")
    assert len(workers.started) == 2
    assert (await sessions.ask("a", ours, [b"x"])).body == b"1:x"
    for tenant, name in (("b", ours), ("a", theirs), ("c", ours), ("a", "nonsense")):
        with pytest.raises(SessionNotFound):
            await sessions.ask(tenant, name, [b"x"])
        with pytest.raises(SessionNotFound):
            await sessions.close(tenant, name)
    assert sessions.describe("a")["operations"] == 1
    assert sessions.describe("a")["joined"] == {"queries": 7, "batches": 2}
    nothing = {"operations": 0, "joined": {"queries": 0, "batches": 0}, "resident_bytes": 0, "sessions": []}
    assert sessions.describe("nobody") == nothing
    await sessions.aclose()
    assert not any(each.living for each in workers.started)


async def test_quotas_on_sessions_tenants_and_bodies() -> None:
    sessions = Sessions(FakeWorkers(), SessionLimits(max_sessions=2, max_tenants=1, max_body_bytes=10))
    await sessions.open("a")
    name = await sessions.open("a")
    with pytest.raises(QuotaExceeded, match="SESSION_MAX_PER_TENANT"):
        await sessions.open("a")
    with pytest.raises(QuotaExceeded, match="SESSION_MAX_TENANTS"):
        await sessions.open("b")
    await sessions.close("a", name)
    await sessions.open("a")
    with pytest.raises(TooLarge, match="SESSION_MAX_BODY_MB"):
        sessions.check_size(11)
    await sessions.aclose()


async def test_idle_sessions_end_and_their_process_with_the_last() -> None:
    workers = FakeWorkers()
    sessions = Sessions(workers, SessionLimits(idle_s=0.05))
    name = await sessions.open("a")
    await sessions.sweep()
    assert (await sessions.ask("a", name, [b"still here"])).status == 200
    await asyncio.sleep(0.06)
    await sessions.sweep()
    assert workers.started[0].forgotten == [1]
    assert not workers.started[0].living
    with pytest.raises(SessionNotFound):
        await sessions.ask("a", name, [b"x"])
    await sessions.aclose()


async def test_a_lost_process_is_replaced_at_the_next_session() -> None:
    workers = FakeWorkers()
    sessions = Sessions(workers, SessionLimits())
    name = await sessions.open("a")
    with pytest.raises(SessionLost):
        await sessions.ask("a", name, [b"die"])
    with pytest.raises(SessionNotFound):
        await sessions.ask("a", name, [b"x"])
    again = await sessions.open("a")
    assert (await sessions.ask("a", again, [b"x"])).status == 200
    assert len(workers.started) == 2
    await sessions.aclose()


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_a_frame_or_a_clear_error(body: bytes, marked: bool) -> None:
    said = "."
    try:
        frames.decode(bytearray(b"FXP1" + body if marked else body))
    except BrokenFrame as error:
        said = str(error)
    assert said.endswith((".", "]]."))


@given(st.lists(st.sampled_from(["f4", "u1", "i8", "f8", "?"]), max_size=5), st.integers(0, 5))
def test_frames_come_back_as_they_went(dtypes: list[str], rows: int) -> None:
    arrays = [np.arange(rows * 3).reshape(rows, 3).astype(each) for each in dtypes]
    found = frames.decode(bytearray(b"".join(frames.encode({"op": "x"}, arrays))))
    assert found.header["op"] == "x"
    for ours, theirs in zip(arrays, found.arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


def test_a_gate_lets_readers_together_and_writers_alone() -> None:
    gate = Gate()
    with gate.reading(), gate.reading(), gate.sharing() as shared:
        assert not shared
    with gate.sharing() as one, gate.sharing() as other:
        assert one
        assert other
    with gate.writing(), gate.sharing() as shared:
        assert not shared
