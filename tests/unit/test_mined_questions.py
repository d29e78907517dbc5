from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

from backend.models.documents import chunk_key
from backend.models.questions import Candidate, Mode, Order, Question, Source
from backend.services.mined_questions import chosen_from, shown


def candidate(
    document: int,
    section: int,
    number: int,
    *,
    score: float = 0.8,
    kind: str = "definition",
    stem: str = "",
    answer: str = "",
) -> Candidate:
    word = hashlib.sha256(f"{document} {section} {number}".encode()).hexdigest()
    question = Question(
        stem or f"Why {word[:12]} {word[12:24]} {word[24:36]} {word[36:48]}?",
        answer or word,
        Source("d", "f.txt", "1", f"quote {word}"),
        kind,
        "hard" if kind == "cause" else "easy",
        (answer or word, "b", "c", "d"),
    )
    key = chunk_key(document, section * 10)
    return Candidate(question, Mode.QUIZ, key, score, key, number)


def test_every_section_has_its_question_before_any_has_two() -> None:
    found = [candidate(1, s, n, score=0.9 if s == 0 else 0.6) for s in range(10) for n in range(5)]
    chosen = chosen_from(found, Order(Mode.QUIZ, 12))
    touched = Counter(c.section for c in chosen)
    assert len(touched) == 10
    assert max(touched.values()) == 2


def test_a_few_questions_are_taken_from_all_over_a_long_text() -> None:
    found = [candidate(1, s, 0) for s in range(200)]
    places = sorted(c.section for c in chosen_from(found, Order(Mode.QUIZ, 10)))
    fifths = Counter((p - chunk_key(1, 0)) // 400 for p in places)
    assert set(fifths.values()) == {2}


def test_a_small_document_is_not_lost_beside_a_large_one() -> None:
    found = [candidate(1, s, 0) for s in range(300)] + [candidate(2, 0, 1), candidate(3, 0, 2)]
    documents = {c.section >> 24 for c in chosen_from(found, Order(Mode.QUIZ, 5))}
    assert documents == {1, 2, 3}


def test_weak_candidates_only_fill_what_is_left() -> None:
    found = [candidate(1, s, 0, score=0.2) for s in range(10)] + [candidate(1, 20, n) for n in range(4)]
    chosen = chosen_from(found, Order(Mode.QUIZ, 6))
    assert sum(c.score > 0.5 for c in chosen) == 4
    assert len(chosen) == 6


def test_a_fair_question_stands_for_a_section_that_has_no_good_one() -> None:
    found = [candidate(1, s, 0, score=0.3) for s in range(3)] + [candidate(1, 20, n) for n in range(4)]
    assert len({c.section for c in chosen_from(found, Order(Mode.QUIZ, 4))}) == 4


def test_a_term_is_asked_for_once_and_a_name_three_times() -> None:
    terms = [candidate(1, s, s, answer="osmosis") for s in range(5)]
    names = [candidate(1, 5 + s, s, answer="Plato") for s in range(5)]
    answers = Counter(c.question.answer for c in chosen_from(terms + names, Order(Mode.QUIZ, 10)))
    assert answers == {"osmosis": 1, "Plato": 3}


def test_difficulty_kinds_and_avoided_stems_are_honoured() -> None:
    found = [candidate(1, s, 0, kind="cause" if s % 2 else "definition") for s in range(20)]
    hard = chosen_from(found, Order(Mode.QUIZ, 20, difficulty="hard"))
    assert {c.question.kind for c in hard} == {"cause"}
    kinds = chosen_from(found, Order(Mode.QUIZ, 20, kinds=("definition",)))
    assert {c.question.kind for c in kinds} == {"definition"}
    first = chosen_from(found, Order(Mode.QUIZ, 5))
    asked = tuple(c.question.stem for c in first)
    again = chosen_from(found, Order(Mode.QUIZ, 5, avoid=asked))
    assert len(again) == 5
    assert {c.question.stem for c in again}.isdisjoint(asked)


def test_a_seed_gives_another_choice_and_the_same_seed_the_same() -> None:
    found = [candidate(1, s, n) for s in range(40) for n in range(3)]
    stems = [{c.question.stem for c in chosen_from(found, Order(Mode.QUIZ, 10, seed=s))} for s in (1, 1, 2)]
    assert stems[0] == stems[1]
    assert len(stems[0] & stems[2]) < 8


def test_no_two_questions_ask_the_same() -> None:
    same = [candidate(1, s, s, stem=f"What is the role of the liver in digestion{'?' * s}") for s in range(4)]
    assert len(chosen_from(same, Order(Mode.QUIZ, 4))) == 1


def test_the_places_of_the_keys_are_even_in_every_set() -> None:
    made = shown([candidate(1, s, s) for s in range(10)], Mode.QUIZ)
    places = Counter(q.key for q in made)
    assert max(places.values()) - min(places.values()) <= 1
    assert all({"b", "c", "d"} < set(q.options) for q in made)


def under(heading: str, found: Candidate) -> Candidate:
    source = replace(found.question.source, heading=heading)
    return replace(found, question=replace(found.question, source=source))


def test_a_list_at_the_end_does_not_fill_a_set_from_many_sections() -> None:
    text = [under(f"Section {s}", candidate(1, s, 0)) for s in range(15)]
    glossary = [under("Glossary", candidate(1, 20, n, score=1.1)) for n in range(30)]
    chosen = chosen_from(text + glossary, Order(Mode.QUIZ, 25))
    assert len(chosen) == 20
    assert len({c.section for c in chosen}) == 16
    assert len(chosen_from(text[:5] + glossary, Order(Mode.QUIZ, 25))) == 25


def test_one_set_asks_for_a_term_or_for_its_meaning_and_not_for_both() -> None:
    meaning = candidate(1, 1, 0, stem="What is a zonule?", answer="fiber that holds the lens of the eye")
    name = candidate(1, 2, 0, stem="Which term means “fiber that holds a lens in place”?", answer="zonule")
    other = candidate(1, 3, 0, stem="Which of the following bends light?", answer="cornea")
    chosen = chosen_from([meaning, name, other], Order(Mode.QUIZ, 3))
    assert {c.question.answer for c in chosen} > {"cornea"}
    assert len(chosen) == 2
