"""Ids of callers and numbers of FAISS; binary bodies; queries that wait for each other."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import Conflict, InvalidRequest
from backend.models import frames
from backend.models.vector_index import Neighbours
from backend.services.joint_search import JointSearch
from backend.services.vector_ids import check_same, number_of, numbers_of, told, with_ids

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


@given(st.integers(0, 2**63 - 1))
def test_a_whole_number_and_its_text_are_one_id(number: int) -> None:
    assert number_of(number) == number_of(str(number)) == number


@given(TEXTS)
def test_a_text_has_a_number_of_its_own(text: str) -> None:
    number = number_of(text)
    canonical = text.isascii() and text.isdigit() and str(int(text)) == text
    assert (0 <= number < 2**63) if canonical else (-(2**63) <= number < -1)


@pytest.mark.parametrize("text", ["007", "1.0", "-1", "²", "٣", str(2**63), "9" * 500])
def test_texts_that_only_look_like_numbers_are_texts(text: str) -> None:
    assert number_of(text) < -1


@pytest.mark.parametrize("wrong", [-1, 2**63, True, 1.0, None, "", [], "\ud800", "x" * 513])
def test_what_is_no_id(wrong: object) -> None:
    with pytest.raises(InvalidRequest):
        number_of(wrong)


def test_an_id_occurs_once() -> None:
    with pytest.raises(InvalidRequest, match="'5' occurs twice"):
        numbers_of([1, 5, "5"])


def test_a_text_comes_back_with_its_metadata() -> None:
    import orjson  # noqa: PLC0415

    kept = with_ids(["a", 3, "b"], [{"x": 1}, {"y": 2}, None])
    texts = [b"" if one is None else orjson.dumps(one) for one in kept]
    assert told(-5, texts[0]) == ("a", b'{"x":1}')
    assert told(3, texts[1]) == (3, b'{"y":2}')
    assert told(-7, texts[2]) == ("b", b"null")


def test_two_texts_of_one_number_are_told_apart() -> None:
    check_same(["a", 3, "c"], [b'{"$id":"a"}', b"{}", None])
    with pytest.raises(Conflict, match="'other'"):
        check_same(["a"], [b'{"$id":"other"}'])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_refused(body: bytes) -> None:
    for tried in (body, b"FXP1" + body, b"FXP1" + len(body).to_bytes(4, "little") + body):
        try:
            frames.decode(tried)
        except InvalidRequest:
            continue


def test_a_frame_comes_back() -> None:
    arrays = [np.ones((3, 5), np.float32), np.arange(3, dtype=np.int64), np.zeros((0, 4), np.uint8)]
    body = frames.encode({"k": 3}, arrays)
    found = frames.decode(body)
    assert found.header["k"] == 3
    for one, other in zip(found.arrays, arrays, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    for cut in range(len(body)):
        with pytest.raises(InvalidRequest):
            frames.decode(body[:cut])


def found(rows: np.ndarray, k: int) -> Neighbours:
    """Each row finds its own first number."""
    numbers = np.repeat(rows[:, :1].astype(np.int64), k, axis=1)
    return Neighbours(numbers.astype(np.float32), numbers, [[b""] * k] * len(rows))


async def test_queries_that_come_while_one_runs_are_one_batch() -> None:
    sizes: list[int] = []
    going, joint = asyncio.Event(), JointSearch()

    async def search(rows: np.ndarray, k: int) -> Neighbours:
        sizes.append(len(rows))
        await going.wait()
        return found(rows, k)

    def asked(number: int, k: int) -> asyncio.Task[Neighbours]:
        return asyncio.create_task(joint.search("key", np.full((1, 4), number, np.float32), k, search))

    first = asked(0, 2)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asked(n, 1 + n % 3) for n in range(1, 8)]
    others[3].cancel()
    await asyncio.sleep(0)
    going.set()
    done = await asyncio.gather(first, *others, return_exceptions=True)
    assert sizes == [1, 6]
    for n, one in enumerate(done):
        if n == 4:
            assert isinstance(one, asyncio.CancelledError)
        else:
            assert isinstance(one, Neighbours)
            assert one.numbers.tolist() == [[n] * (2 if not n else 1 + n % 3)]


async def test_a_query_that_is_refused_costs_the_others_nothing() -> None:
    joint = JointSearch()

    async def search(rows: np.ndarray, k: int) -> Neighbours:
        await asyncio.sleep(0.001)
        if np.isnan(rows).any():
            raise InvalidRequest("not finite")
        return found(rows, k)

    rows = [np.full((1, 2), np.nan if n == 3 else n, np.float32) for n in range(6)]
    done = await asyncio.gather(
        *(joint.search("key", one, 1, search) for one in rows), return_exceptions=True
    )
    assert [isinstance(one, InvalidRequest) for one in done] == [n == 3 for n in range(6)]


async def test_an_unforeseen_failure_reaches_every_caller_and_the_next_query_works() -> None:
    joint, broken = JointSearch(), True

    async def search(rows: np.ndarray, k: int) -> Neighbours:
        if broken:
            raise ZeroDivisionError
        return found(rows, k)

    with pytest.raises(ZeroDivisionError):
        await joint.search("key", np.ones((1, 2), np.float32), 1, search)
    broken = False
    assert (await joint.search("key", np.ones((1, 2), np.float32), 1, search)).numbers.tolist() == [[1]]
