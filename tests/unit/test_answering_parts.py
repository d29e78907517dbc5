from __future__ import annotations

import pytest

from backend.models.conversation import Turn
from backend.models.documents import Chunk, Passage
from backend.services.answering.follow_ups import by_rule, leans
from backend.services.answering.kinds import Kind, is_about_everything, kind_of
from backend.services.answering.packing import apart, packed, tokens_of
from backend.utils.clock import utc_now
from backend.utils.languages import language_of
from backend.utils.links import link_at


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Which pigment makes leaves green?", Kind.FACT),
        ("When was the tower opened?", Kind.FACT),
        ("Why do leaves fall in autumn?", Kind.FACT),
        ("Summarise the chapter on mitosis", Kind.SUMMARY),
        ("Give me an overview of the immune system.", Kind.SUMMARY),
        ("总结这一章", Kind.SUMMARY),
        ("What is the difference between xylem and phloem?", Kind.COMPARISON),
        ("Compare plant and animal cells", Kind.COMPARISON),
        ("Are arteries thicker than veins?", Kind.FACT),
        ("Is mitosis more common than meiosis?", Kind.COMPARISON),
        ("List the bones of the hand.", Kind.LIST),
        ("What are the functions of the liver?", Kind.LIST),
        ("Which organs are in the abdomen?", Kind.LIST),
        ("How do I measure blood pressure?", Kind.HOW_TO),
        ("How can we test a hypothesis?", Kind.HOW_TO),
        ("How does the heart work?", Kind.FACT),
    ],
)
def test_the_kind_is_told_by_the_words(question: str, kind: Kind) -> None:
    assert kind_of(question) is kind


def test_a_summary_of_everything_names_no_topic() -> None:
    assert is_about_everything("Summarize this document, please.")
    assert is_about_everything("What are the main points?")
    assert not is_about_everything("Summarize what is said about photosynthesis")
    assert not is_about_everything("Who is it?")


def turn(question: str, answer: str = "Chlorophyll is a green pigment. [1]") -> Turn:
    return Turn(question, question, answer, utc_now())


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("Where is it found?", True),
        ("And in winter?", True),
        ("Why?", True),
        ("What about roots?", True),
        ("Who discovered them?", True),
        ("Which organ pumps blood through the body?", False),
        ("Is it true that leaves contain sugar and starch?", False),
        ("What is the theory that Darwin published?", False),
    ],
)
def test_a_follow_up_is_told_from_a_question_of_its_own(question: str, holds: bool) -> None:
    assert leans(question, [turn("Which pigment makes leaves green?")]) is holds


def test_a_follow_up_gets_the_topic_before_it() -> None:
    told = by_rule("Where is it found?", turn("Which pigment makes leaves green?"))
    assert told.startswith("Where is it found? (")
    assert {"pigment", "leaves", "green", "chlorophyll"} <= set(told.strip("?()").replace("(", "").split())


def chain(*texts: str, hit: int = 0) -> Passage:
    chunks = tuple(Chunk(n + 1, "d", n, text, 1000 * n, 1000 * n + len(text)) for n, text in enumerate(texts))
    return Passage("d", "d.txt", chunks, hit=hit)


def test_a_passage_too_long_is_cut_to_what_was_found() -> None:
    whole, other = chain("a" * 400, "b" * 400, "c" * 400, hit=1), chain("x" * 100)
    cost = tokens_of(whole.text) + 24
    assert packed([whole], cost) == [whole]
    (cut,) = packed([whole], cost - 1)
    assert [chunk.text for chunk in cut.chunks] == ["b" * 400]
    assert cut.found.text == "b" * 400
    assert packed([whole], 1)[0].found.text == "b" * 400  # never nothing
    assert len(packed([whole, other], cost)) == 1


def test_text_is_not_shown_twice() -> None:
    chunks = chain("one", "two", "three", "four").chunks
    first, second = Passage("d", "d", chunks[:3], hit=1), Passage("d", "d", chunks[1:], hit=2)
    shown = [chunk.text for passage in packed(apart([first, second]), 1000) for chunk in passage.chunks]
    assert shown == ["one", "two", "three", "four"]
    assert apart([first, Passage("d", "d", chunks[:3], hit=2)]) == [first]


def test_scripts_without_spaces_take_more_tokens() -> None:
    assert tokens_of("光合作用" * 10) > 2 * tokens_of("a" * 40)
    assert tokens_of("प्रकाश" * 10) > tokens_of("a" * 60)


@pytest.mark.parametrize(
    ("url", "seconds", "link"),
    [
        ("https://www.youtube.com/watch?v=a", 61.7, "https://www.youtube.com/watch?v=a&t=61s"),
        ("https://youtu.be/a?t=5s", 61, "https://youtu.be/a?t=61s"),
        ("https://vimeo.com/1", 9, "https://vimeo.com/1#t=9s"),
        ("https://example.org/lecture.mp4", 9.9, "https://example.org/lecture.mp4#t=9"),
        ("https://notyoutube.com/x", 1, "https://notyoutube.com/x#t=1"),
        ("https://example.org/book", None, "https://example.org/book"),
        ("javascript:alert(1)", 5, "javascript:alert(1)"),
    ],
)
def test_a_link_opens_at_its_second(url: str, seconds: float | None, link: str) -> None:
    assert link_at(url, seconds) == link


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The leaves of the plant are green and that is because of the pigment.", "en"),
        ("Die Blätter der Pflanze sind grün, und das ist auf den Farbstoff zurückzuführen.", "de"),
        ("光合作用是植物将光能转化为化学能的过程", "zh"),
        ("光合成は植物が光エネルギーを使う反応である", "ja"),
        ("प्रकाश संश्लेषण पौधों की एक प्रक्रिया है", "hi"),
        ("البناء الضوئي عملية تحدث في النبات", "ar"),
        ("12 345 678", None),
    ],
)
def test_the_language_of_a_text(text: str, code: str | None) -> None:
    assert language_of(text) == code


def said(*times: float | None) -> Passage:
    """Chunks of 80 characters, one said after the other."""
    chunks = [
        Chunk(n, "d", n, f"{n}" * 80, start=100 + 81 * n, end=180 + 81 * n, start_seconds=time)
        for n, time in enumerate(times)
    ]
    return Passage("d", "talk.srt", tuple(chunks))


def test_when_a_character_is_said_lies_between_the_times_of_the_chunks() -> None:
    talk = said(10.0, 15.4, 20.8)
    assert talk.second_of(0) == 10.0
    assert talk.second_of(40) == pytest.approx(12.67, abs=0.01)
    assert talk.second_of(81) == 15.4
    assert talk.second_of(81 + 27) == pytest.approx(17.2, abs=0.01)
    assert talk.second_of(170) == 20.8  # of the last chunk only its beginning is known


def test_silence_after_a_chunk_is_not_spread_over_it() -> None:
    assert said(10.0, 200.0).second_of(40) == 15.0
    assert said(None, None).second_of(40) is None
    assert said(10.0, None).second_of(40) == 10.0
    assert said(10.0, 10.0).second_of(40) == 10.0
