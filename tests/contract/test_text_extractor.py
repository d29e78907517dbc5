"""The TextExtractor port on its adapter, with real child processes that crash, hang and are left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import cast

import psutil
import pytest

from backend.adapters.extractors.extractor import ChildProcessExtractor
from backend.adapters.extractors.formats import PDF, TEXT
from backend.errors import DamagedFile, ExtractionLimit, NoTextInFile, UnsupportedFile
from backend.models.documents import Extracted, ExtractionEnd, FileSummary, Segment
from backend.ports.text_extractor import TextExtractor

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def extractor() -> TextExtractor:
    return ChildProcessExtractor()


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note; $(touch x) 'quoted'\n.txt"
    path.write_text("A first paragraph of words.\n\nA second one.", encoding="utf-8")
    return path


@pytest.fixture
def long_text(tmp_path: Path) -> Path:
    """Far more than fits into a pipe and the reader's buffer."""
    path = tmp_path / "long.txt"
    path.write_text("A paragraph of a few words that is one of very many.\n\n" * 200_000, encoding="utf-8")
    return path


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "extractors.child" in " ".join(child.cmdline())]


def opened(extractor: TextExtractor, path: Path, media_type: str = TEXT) -> AsyncGenerator[Extracted]:
    return cast("AsyncGenerator[Extracted]", extractor.extract(path, media_type))


async def all_of(extractor: TextExtractor, path: Path, media_type: str = TEXT) -> list[Extracted]:
    return [item async for item in extractor.extract(path, media_type)]


async def drained(items: AsyncGenerator[Extracted]) -> int:
    return len([item async for item in items])


def pdf_of(content: bytes, *, count: int = 1) -> bytes:
    """A PDF of one page whose compressed content stream is given."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count " + str(count).encode() + b">>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length " + str(len(content)).encode() + b">>stream\n"
        + content + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )  # fmt: skip


async def test_a_summary_then_segments_then_an_end(extractor: TextExtractor, note: Path) -> None:
    first, *segments, last = await all_of(extractor, note)
    assert isinstance(first, FileSummary)
    assert [item.text for item in segments if isinstance(item, Segment)] == [
        "A first paragraph of words.\n\nA second one."
    ]
    assert last == ExtractionEnd()
    assert children() == []
    assert sorted(note.parent.iterdir()) == [note]


async def test_the_media_type_is_recognised(extractor: TextExtractor) -> None:
    assert extractor.recognise(b"%PDF-1.4", "x") == PDF
    with pytest.raises(UnsupportedFile):
        extractor.recognise(b"\x7fELF\x00", "x")


async def test_errors_of_the_child_keep_their_meaning_and_say_no_path(
    extractor: TextExtractor, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4 nothing else")
    with pytest.raises(DamagedFile) as damaged:
        await all_of(extractor, path, PDF)
    assert str(tmp_path) not in damaged.value.message
    path.write_bytes(pdf_of(zlib.compress(b" ")))
    with pytest.raises(NoTextInFile):
        await all_of(extractor, path, PDF)
    with pytest.raises(UnsupportedFile):
        await all_of(extractor, path, "application/x-unknown")
    assert children() == []


@pytest.mark.slow
async def test_memory_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pdf"
    path.write_bytes(pdf_of(zlib.compress(b"BT /F 9 Tf (words) Tj ET " * 8_000_000, 9)))
    with pytest.raises(ExtractionLimit, match="memory or time"):
        await all_of(ChildProcessExtractor(memory_limit=256 << 20), path, PDF)


async def test_pages_and_characters_are_limited(note: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(zlib.compress(b"BT /F 9 Tf 9 9 Td (words) Tj ET")))
    assert len(await all_of(ChildProcessExtractor(max_pages=1), path, PDF)) == 3
    with pytest.raises(ExtractionLimit, match="pages"):
        await all_of(ChildProcessExtractor(max_pages=0), path, PDF)
    with pytest.raises(ExtractionLimit, match="10 characters"):
        await all_of(ChildProcessExtractor(max_chars=10), note)


@posix
@pytest.mark.parametrize(
    ("number", "error"),
    [(signal.SIGSEGV, DamagedFile), (signal.SIGKILL, ExtractionLimit)],
    ids=["crash", "killed"],
)
async def test_a_child_that_dies(
    extractor: TextExtractor, long_text: Path, number: int, error: type[Exception]
) -> None:
    items = opened(extractor, long_text)
    await anext(items)
    [child] = children()
    child.send_signal(number)
    with pytest.raises(error):
        await drained(items)
    assert children() == []


@pytest.mark.slow
@posix
async def test_a_child_that_hangs_is_given_up(long_text: Path) -> None:
    items = opened(ChildProcessExtractor(timeout=1), long_text)
    await anext(items)
    [child] = children()
    child.suspend()
    with pytest.raises(ExtractionLimit, match="longer than 1 seconds"):
        await drained(items)
    assert children() == []


@pytest.mark.slow
async def test_a_slow_consumer_is_waited_for_and_the_child_does_not_run_ahead(long_text: Path) -> None:
    async with aclosing(opened(ChildProcessExtractor(timeout=2), long_text)) as items:
        await anext(items)
        await asyncio.sleep(2.2)
        first = await anext(items)
        assert isinstance(first, Segment)
        [child] = children()
        assert child.memory_info().rss < 200 << 20
        assert first.done < first.total


@pytest.mark.slow
async def test_closing_early_ends_the_child_and_its_pipes(extractor: TextExtractor, long_text: Path) -> None:
    before = psutil.Process().num_fds() if hasattr(os, "fork") else 0
    for _ in range(3):
        async with aclosing(opened(extractor, long_text)) as items:
            await anext(items)
            assert len(children()) == 1
        assert children() == []
    assert (psutil.Process().num_fds() if hasattr(os, "fork") else 0) <= before + 1


async def test_cancelling_ends_the_child(extractor: TextExtractor, long_text: Path) -> None:
    started = asyncio.Event()

    async def work() -> None:
        async with aclosing(opened(extractor, long_text)) as items:
            async for _ in items:
                started.set()
                await asyncio.sleep(0)

    task = asyncio.create_task(work())
    await started.wait()
    [child] = children()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not child.is_running()
    assert children() == []


@pytest.mark.slow
async def test_many_at_once_do_not_disturb_each_other(extractor: TextExtractor, tmp_path: Path) -> None:
    paths = []
    for number in range(6):
        paths.append(tmp_path / f"{number}.txt")
        paths[-1].write_text(f"text number {number} " * 5000, encoding="utf-8")
    results = await asyncio.gather(*(all_of(extractor, path) for path in paths))
    for number, items in enumerate(results):
        words = " ".join(item.text for item in items if isinstance(item, Segment)).split()
        assert words == ["text", "number", str(number)] * 5000


@posix
async def test_the_child_sees_no_secrets_and_may_write_nothing(
    long_text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    async with aclosing(opened(ChildProcessExtractor(), long_text)) as items:
        await anext(items)
        [child] = children()
        assert "OPENAI_API_KEY" not in child.environ()
        if sys.platform == "linux":
            assert child.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
            assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
            assert child.rlimit(psutil.RLIMIT_AS) == (512 << 20, 512 << 20)


@pytest.mark.slow
@posix
async def test_the_child_does_not_outlive_the_server(long_text: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from backend.adapters.extractors.extractor import ChildProcessExtractor\n"
        "async def main():\n"
        "    async for _ in ChildProcessExtractor().extract(Path(sys.argv[1]), 'text/plain'):\n"
        "        print('reading', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(long_text), stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    assert await server.stdout.readline() == b"reading\n"
    [child] = psutil.Process(server.pid).children()
    server.kill()
    await server.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, [child], timeout=5)
    assert alive == []


def test_the_child_imports_no_server() -> None:
    script = (
        "import sys; from backend.adapters.extractors import child, formats\n"
        "[formats.reader_of(kind) for kind in formats._MODULES]\n"
        "heavy = {'fastapi', 'sqlalchemy', 'pydantic', 'numpy', 'faiss', 'onnxruntime', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
