from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import zipfile
from pathlib import Path

import pytest

from tests.support.files import SAMPLE, pdf
from tests.support.processes import HEARS_CTRL_C, ROOT, Server, quaestio


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    books = folder / "books" / "inner"
    books.mkdir(parents=True)
    (books / "plants.txt").write_bytes(SAMPLE)
    (books / "leaves.pdf").write_bytes(pdf([["Leaves hold chlorophyll, a green pigment."]]))
    (books / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (books / ".hidden.txt").write_text("hidden")
    done = quaestio("ingest", "books", "--json", data_dir=folder / "data")
    assert done.returncode == 0, done.stderr
    outcomes = {Path(o["path"]).name: o for o in json.loads(done.stdout)}
    assert {name: o["status"] for name, o in outcomes.items()} == {
        "plants.txt": "finished",
        "leaves.pdf": "finished",
        "photo.png": "skipped",
    }
    assert outcomes["leaves.pdf"]["pages"] == 1
    return folder / "data"


def test_ingesting_again_is_a_duplicate(data_dir: Path) -> None:
    done = quaestio("ingest", "books/inner/plants.txt", data_dir=data_dir)
    assert done.returncode == 0
    assert done.stdout.startswith("duplicate")


def test_a_bad_file_fails_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "cut.pdf").write_bytes(pdf([["Text"]])[:200])
    (tmp_path / "good.txt").write_text("Good text about geysers.")
    done = quaestio("ingest", str(tmp_path), data_dir=tmp_path / "data")
    assert done.returncode == 1
    assert "failed" in done.stdout
    assert "finished" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_path_that_is_not_there_is_said(data_dir: Path) -> None:
    done = quaestio("ingest", "nowhere.pdf", data_dir=data_dir)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere.pdf" in done.stderr


def test_questions(data_dir: Path) -> None:
    done = quaestio("questions", "--count", "3", "--mode", "quiz", "--json", data_dir=data_dir)
    made = json.loads(done.stdout)
    assert made["delivered"] == 3
    assert all(len(item["options"]) == 4 for item in made["questions"])
    plain = quaestio("questions", "--count", "2", "--document", "plants.txt", data_dir=data_dir)
    assert plain.stdout.startswith("1. ")
    assert plain.stdout.count("Source: plants.txt") == 2


def test_questions_are_written_as_files_of_other_programs(data_dir: Path, tmp_path: Path) -> None:
    target = tmp_path / "set.apkg"
    asked = ("questions", "--count", "3", "--mode", "quiz", "--types", "definition,object", "--fresh")
    done = quaestio(*asked, "--export", "anki", "--out", str(target), data_dir=data_dir)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert zipfile.is_zipfile(target)
    shown = quaestio("questions", "--count", "3", "--export", "gift", data_dir=data_dir)
    assert shown.stdout.count("::Q0") == 3
    for wrong in (["--export", "qti"], ["--out", str(target)], ["--types", "rhyme"]):
        refused = quaestio("questions", *wrong, data_dir=data_dir)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert wrong[0] in refused.stderr


@pytest.mark.parametrize(
    "wrong", [["--count", "0"], ["--document", "none.txt"], ["--topic", "offside rule in football"]]
)
def test_questions_that_cannot_be_made_say_why(data_dir: Path, wrong: list[str]) -> None:
    done = quaestio("questions", *wrong, data_dir=data_dir)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("quaestio: ")


def test_search(data_dir: Path) -> None:
    done = quaestio("search", "what is the green pigment", "-k", "2", "--json", data_dir=data_dir)
    results = json.loads(done.stdout)["results"]
    assert len(results) == 2
    assert any("chlorophyll" in r["context"].lower() for r in results)


def test_ask(data_dir: Path) -> None:
    done = quaestio("ask", "What is the green pigment in leaves?", "-k", "2", "--json", data_dir=data_dir)
    answer = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert "chlorophyll" in answer["answer"].lower()
    assert 1 <= len(answer["sources"]) <= 2
    unknown = quaestio("ask", "Who won the cricket world cup in 1992?", data_dir=data_dir)
    assert unknown.returncode == 1
    assert "do not answer" in unknown.stdout
    empty = quaestio("ask", " ", data_dir=data_dir)
    assert (empty.returncode, empty.stdout) == (1, "")
    assert "question" in empty.stderr


def test_jobs_are_listed_and_a_failed_one_is_queued_again(tmp_path: Path) -> None:
    (tmp_path / "cut.pdf").write_bytes(pdf([["Text"]])[:200])
    quaestio("ingest", "cut.pdf", data_dir=tmp_path / "data")
    listed = quaestio("jobs", "--status", "failed", "--json", data_dir=tmp_path / "data")
    (job,) = json.loads(listed.stdout)["items"]
    assert (job["status"], job["error_code"]) == ("failed", "damaged_file")
    again = quaestio("jobs", "retry", job["job_id"], "--json", data_dir=tmp_path / "data")
    assert json.loads(again.stdout)["status"] == "queued"
    stopped = quaestio("jobs", "stop", job["job_id"], data_dir=tmp_path / "data")
    assert stopped.stdout.startswith("stopped")
    unknown = quaestio("jobs", "retry", "none", data_dir=tmp_path / "data")
    assert unknown.returncode == 1
    assert "no job" in unknown.stderr


def test_doctor(data_dir: Path, tmp_path: Path) -> None:
    done = quaestio("doctor", "--json", data_dir=data_dir, PORT="1")
    findings = {f["name"]: f for f in json.loads(done.stdout)["findings"]}
    assert done.returncode == 0, done.stdout
    assert findings["library"]["detail"].startswith("2 of 2")
    assert findings["server"]["state"] == "note"
    broken = tmp_path / "data"
    shutil.copytree(data_dir, broken)
    (broken / "quaestio.db").write_bytes(b"not a database" * 1000)
    sick = quaestio("doctor", data_dir=broken)
    assert sick.returncode == 1
    assert "problem" in sick.stdout
    assert "Traceback" not in sick.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["nothing"],
        ["ingest"],
        ["questions", "--mode", "x"],
        ["serve", "--port", "many"],
        ["ask"],
        ["jobs", "retry"],
        ["jobs", "--status", "x"],
    ],
)
def test_wrong_use_is_status_2(data_dir: Path, wrong: list[str]) -> None:
    done = quaestio(*wrong, data_dir=data_dir)
    assert done.returncode == 2
    assert "usage" in done.stderr


def test_a_wrong_setting_is_named(data_dir: Path) -> None:
    done = quaestio("search", "x", data_dir=data_dir, MAX_UPLOAD_MB="lots")
    assert done.returncode == 1
    assert "MAX_UPLOAD_MB" in done.stderr
    assert "Traceback" not in done.stderr


TEXTBOOK = b"\n\n".join(b"Chapter %d. " % n + SAMPLE for n in range(12))
BOOK = pdf([[f"Line {n} of page {p} says what geysers need." for n in range(40)] for p in range(150)])
"""Long enough that it is still being read when it is interrupted."""


def on_a_terminal(data: Path, *arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    """A command in a session of its own whose standard error is a terminal, and its other end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "backend", *arguments],
        cwd=data.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT), "DATA_DIR": str(data)},
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=HEARS_CTRL_C,  # noqa: PLW1509 - no threads here
    )
    os.close(theirs)
    return process, ours


def read_until(terminal: int, wanted: str) -> str:
    """What the terminal shows up to ``wanted``, or to the end of the command."""
    shown = b""
    while wanted.encode() not in shown:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # Linux: the other end is closed
            break
    return shown.decode()


def test_ctrl_c_leaves_what_was_accepted_in_the_queue(tmp_path: Path) -> None:
    (tmp_path / "book.pdf").write_bytes(BOOK)
    (tmp_path / "more.txt").write_bytes(TEXTBOOK)
    process, terminal = on_a_terminal(tmp_path / "data", "ingest", "book.pdf", "more.txt")
    try:
        shown = read_until(terminal, "s left")
        assert re.search(r"book\.pdf: embedding \d+ of 150 pages, about \d+ s left", shown), shown
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the command
        said = read_until(terminal, "nothing more")
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.communicate()
        os.close(terminal)
    assert "2 accepted files stay in the queue" in said
    assert "`quaestio serve` or the next `quaestio ingest`" in said
    assert "Traceback" not in said
    done = quaestio("ingest", "book.pdf", "more.txt", data_dir=tmp_path / "data")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["finished", "finished"]


def test_the_command_line_works_beside_a_running_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = Server(data)
    try:
        (tmp_path / "geysers.txt").write_text(
            "A geyser throws hot water into the air. Geysers need heat and water."
        )
        done = quaestio("ingest", "geysers.txt", data_dir=data)
        assert done.returncode == 0, done.stderr
        (found,) = server.get("api/search?q=geyser&k=1")["results"]
        assert found["filename"] == "geysers.txt"
    finally:
        assert server.stop() == 0
