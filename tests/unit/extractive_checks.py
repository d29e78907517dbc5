"""What every item of the extractive writer must keep, and texts cut as ingestion cuts them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

from langchain_text_splitters import RecursiveCharacterTextSplitter

from backend.models.documents import Chunk, Passage, chunk_key
from backend.models.questions import Mode, Question

SAMPLE = Path(__file__).resolve().parents[2] / "backend" / "samples" / "how-plants-make-food.txt"
ENGLISH_POINTERS = re.compile(
    r"\b(?:this|these|those|it|they|he|she|we|you|our|your|above|below|aforementioned|figure|table|chapter|section|passage)\b",
    re.IGNORECASE,
)
_SPLITTER = RecursiveCharacterTextSplitter(chunk_size=256, chunk_overlap=0, add_start_index=True)


def passage(text: str, document: str = "doc") -> Passage:
    pieces = _SPLITTER.create_documents([text])
    return Passage(document, f"{document}.txt", tuple(_chunk(document, i, p) for i, p in enumerate(pieces)))


def _chunk(document: str, position: int, piece: object) -> Chunk:
    text: str = piece.page_content
    start: int = piece.metadata["start_index"]
    return Chunk(
        chunk_key(1, position), document, position, text, start, start + len(text), page=position + 1
    )


def short_passages(text: str, chunks: int = 6) -> list[Passage]:
    """The same text as passages of a few chunks each, as a search would return them."""
    whole = passage(text)
    return [
        Passage("doc", "doc.txt", whole.chunks[i : i + chunks]) for i in range(0, len(whole.chunks), chunks)
    ]


def assert_sound(questions: Sequence[Question], passages: Sequence[Passage], mode: Mode) -> None:
    texts = [" ".join(p.text.split()) for p in passages]
    known = {c.id for p in passages for c in p.chunks}
    for question in questions:
        assert any(question.source.quote in text for text in texts)
        assert question.answer in question.source.quote
        assert question.source.chunk_id in known
        assert question.stem.strip() == question.stem
        assert question.answer.lower() not in question.stem.lower()
        if mode is Mode.PRACTICE:
            assert question.options == ()
            assert question.stem.endswith("?")
        else:
            assert_options(question)
    assert_no_duplicates(questions)
    if mode is Mode.QUIZ:
        assert_even_keys(questions)


def assert_options(question: Question) -> None:
    assert len(question.options) == 4
    assert len({o.lower() for o in question.options}) == 4
    assert question.options.count(question.answer) == 1
    assert question.key in "ABCD"
    assert question.explanation
    wrong = [o for o in question.options if o != question.answer]
    assert all(o.strip() for o in question.options)
    if question.kind in {"subject", "definition", "name", "agent", "cloze"}:
        quote = question.source.quote.lower()
        assert not any(re.search(rf"\b{re.escape(o.lower())}\b", quote) for o in wrong)
        assert len({o[0].isupper() for o in question.options}) == 1
        assert not any(
            o.lower() in question.answer.lower() or question.answer.lower() in o.lower() for o in wrong
        )


def assert_no_duplicates(questions: Sequence[Question]) -> None:
    stems = [q.stem.lower() for q in questions]
    for one, two in combinations(stems, 2):
        matcher = SequenceMatcher(None, one, two, autojunk=False)
        assert matcher.quick_ratio() < 0.9 or matcher.ratio() < 0.9, (one, two)
    facts = Counter((q.source.chunk_id, q.source.quote) for q in questions)
    assert not [fact for fact, times in facts.items() if times > 1]


def assert_even_keys(questions: Sequence[Question]) -> None:
    places = Counter(q.key for q in questions)
    counts = [places[letter] for letter in "ABCD"]
    assert max(counts) - min(counts) <= 1
