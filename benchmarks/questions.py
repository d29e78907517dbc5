"""Measures the extractive question writer over textbook chapters, encyclopaedia articles and transcripts.

Prints one JSON object: per text and mode how many items came, how many keep each promise, and how long it
took. With ``--each``, every document is a text of its own and the share of them that gives ten and
``--count`` items is printed: what short texts are worth.
Usage: python -m benchmarks.questions [--count 25] [--only NAME] [--each] [--show] [--data ../shared/data]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from typing import Any

from langchain_text_splitters import RecursiveCharacterTextSplitter

from backend.adapters.extractive import ExtractiveWriter
from backend.models.documents import Chunk, Passage, chunk_key
from backend.models.questions import LETTERS, Mode, Order, Question

ROOT = Path(__file__).resolve().parents[1]
ALIKE = 0.9
_TEN = 10
_SPLITTER = RecursiveCharacterTextSplitter(chunk_size=256, chunk_overlap=0, add_start_index=True)


def passage(document: str, text: str) -> Passage:
    """A whole document as one passage of chunks, as ingestion would cut it."""
    chunks = []
    for position, piece in enumerate(_SPLITTER.create_documents([text])):
        start = piece.metadata["start_index"]
        end = start + len(piece.page_content)
        key = chunk_key(1, position)
        chunks.append(Chunk(key, document, position, piece.page_content, start, end))
    return Passage(document, document, tuple(chunks))


def texts(data: Path) -> Iterator[tuple[str, list[Passage]]]:
    """Named inputs: the sample, chapters of two books, articles, talks in four languages."""
    sample = ROOT / "backend" / "samples" / "how-plants-make-food.txt"
    yield "sample", [passage("sample", sample.read_text(encoding="utf-8"))]
    for book in ("anatomy-and-physiology", "introduction-to-philosophy"):
        yield from _chapters(data / "textbook" / book)
    for file in sorted((data / "squad").glob("*.json")):
        articles = json.loads(file.read_text(encoding="utf-8"))["data"]
        joined = [(a["title"], "\n\n".join(p["context"] for p in a["paragraphs"])) for a in articles]
        yield file.stem, [passage(title, text) for title, text in joined]
    for folder in sorted((data / "transcripts").glob("*/")):
        yield (
            f"transcripts {folder.name}",
            [passage(f.name, _spoken(f)) for f in sorted(folder.glob("*.srt"))],
        )


def _chapters(book: Path) -> Iterator[tuple[str, list[Passage]]]:
    chapters: dict[int, list[str]] = {}
    with (book / "sections.jsonl").open(encoding="utf-8") as lines:
        for section in map(json.loads, lines):
            chapters.setdefault(section["chapter"], []).append(f"{section['title']}\n\n{section['text']}")
    for number, sections in sorted(chapters.items()):
        name = f"{book} {number}"
        yield name, [passage(name, "\n\n".join(sections))]


def _spoken(file: Path) -> str:
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    return " ".join(line for line in lines if line and not line.isdigit() and "-->" not in line)


def measure(questions: list[Question], passages: list[Passage], mode: Mode) -> dict[str, Any]:
    """How many items keep each promise."""
    whole = " ".join(" ".join(p.text.split()) for p in passages)
    found: dict[str, Any] = {
        "delivered": len(questions),
        "answer_in_quote": sum(q.answer in q.source.quote for q in questions),
        "quote_in_text": sum(q.source.quote in whole for q in questions),
        "alike_pairs": sum(_alike(a, b) for a, b in combinations(questions, 2)),
        "kinds": dict(Counter(q.kind for q in questions).most_common()),
        "tenths_of_text_touched": len({int(10 * _place(q, whole) / max(1, len(whole))) for q in questions}),
    }
    if mode is Mode.QUIZ and questions:
        found |= {
            "four_distinct_options": sum(
                len({o.lower() for o in q.options}) == len(LETTERS) for q in questions
            ),
            "leaks": sum(bool(re.search(rf"(?i)\b{re.escape(q.answer)}\b", q.stem)) for q in questions),
            "longest_is_key": round(sum(_longest(q) for q in questions) / len(questions), 2),
            "key_positions": dict(sorted(Counter(q.key for q in questions).items())),
        }
    return found


def _alike(one: Question, two: Question) -> bool:
    matcher = SequenceMatcher(None, one.stem.lower(), two.stem.lower(), autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _longest(question: Question) -> bool:
    others = [len(o) for o in question.options if o != question.answer]
    return len(question.answer) > max(others)


def _place(question: Question, whole: str) -> int:
    return max(0, whole.find(question.source.quote))


def shares(writer: ExtractiveWriter, passages: list[Passage], mode: Mode, count: int) -> dict[str, Any]:
    """How many items documents give when each is all there is."""
    given = [len(asyncio.run(writer.write([p], Order(mode, count)))) for p in passages]
    return {
        "documents": len(given),
        "mean": round(sum(given) / max(1, len(given)), 1),
        "ten_or_more": round(sum(n >= _TEN for n in given) / max(1, len(given)), 2),
        "all_asked": round(sum(n >= count for n in given) / max(1, len(given)), 2),
    }


def main() -> None:
    """Runs every text in both modes."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=25)
    arguments.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments.add_argument("--only", default="", help="a part of the text's name")
    arguments.add_argument("--show", action="store_true", help="print the items too")
    arguments.add_argument("--each", action="store_true", help="each document is a text of its own")
    options = arguments.parse_args()
    writer = ExtractiveWriter()
    report = {}
    for name, passages in texts(options.data):
        if options.only not in name:
            continue
        for mode in Mode:
            if options.each:
                report[f"{name} {mode}"] = shares(writer, passages, mode, options.count)
                continue
            start = time.perf_counter()
            questions = asyncio.run(writer.write(passages, Order(mode, options.count)))
            spent = 1000 * (time.perf_counter() - start)
            report[f"{name} {mode}"] = measure(questions, passages, mode) | {"ms": round(spent)}
            for question in questions if options.show else ():
                print(f"{question.kind}: {question.stem} [{question.answer}] {question.options}")
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
