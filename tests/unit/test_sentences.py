from __future__ import annotations

import pytest

from backend.utils.sentences import LONGEST, spans


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("He met Dr. Smith and J. R. Tolkien, e.g. in Fig. 3 and No. 5. Then", [
            "He met Dr. Smith and J. R. Tolkien, e.g. in Fig. 3 and No. 5.", "Then"]),
        ('"Why?" she asked. "No." He left.[12] Rain fell.', [
            '"Why?" she asked.', '"No."', "He left.[12]", "Rain fell."]),
        ("A title\n\na note\n\nA sentence that is so long that it goes on\n\non the next page. End.", [
            "A title", "a note", "A sentence that is so long that it goes on\n\non the next page.", "End."]),
        ("光合作用是过程。它很重要！", ["光合作用是过程。", "它很重要！"]),
        ("यह वाक्य है। यह दूसरा है।", ["यह वाक्य है।", "यह दूसरा है।"]),
        (" \n\n ", []),
        ("", []),
        ("...", ["..."]),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert cut(text) == sentences


@pytest.mark.parametrize("text", ["word " * 400, "字" * 1000, "x" * 1000])
def test_text_without_full_stops_is_cut_and_nothing_is_lost(text: str) -> None:
    pieces = cut(text)
    assert max(map(len, pieces)) <= LONGEST
    assert "".join("".join(pieces).split()) == "".join(text.split())
