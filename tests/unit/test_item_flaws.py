from __future__ import annotations

import pytest

from backend.services.item_flaws import Item, flaws, key_is_longest, structure_is_valid
from backend.services.question_metrics import chi_square, duplicates, form_of, guessed, with_random_options
from tests.support.fakes import WordEmbedder

OPTIONS = ("artery", "vein", "nerve", "gland")


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (Item("Which vessel carries blood from the heart?", "large elastic artery", ("large elastic artery", "vein", "nerve", "gland")), "longest option is the key"),
        (Item("What fills the sac around the heart?", "air", ("air", "a very thin layer of watery fluid", "fat", "gas")), "lengths of options unlike"),
        (Item("Which number of chambers has the heart?", "4", ("4", "some", "many", "none")), "kinds of options unlike"),
        (Item("Which of these is a vessel?", "All of the above", ("All of the above", "artery", "vein", "vessel")), "all or none of the above"),
        (Item("Which artery leaves the right ventricle?", "lung artery", ("lung artery", "main vein", "big nerve", "old gland")), "stem gives the answer away"),
        (Item("Which of the following is not a vessel?", "nerve", OPTIONS), "negative stem"),
        (Item("Why do these vessels carry blood?", "because the heart pumps"), "points at something not said"),
        (Item("Complete the sentence: It carries blood to the _____ from the heart.", "artery", OPTIONS), "points at something not said"),
        (Item("Complete the sentence: _____ carries blood away from the heart.", "artery", OPTIONS), "blank at the start"),
        (Item("Why so?", "because the heart pumps"), "stem too short"),
        (Item("What is a heart?", "word " * 46), "stem or answer too long"),
        (Item("A vessel from the heart is called an _____.", "artery", OPTIONS), "article tells the answer"),
    ],
)  # fmt: skip
def test_a_flaw_is_seen(item: Item, name: str) -> None:
    assert name in flaws(item)


@pytest.mark.parametrize(
    "item",
    [
        Item("What is osmosis?", "the diffusion of water through a membrane"),
        Item("Which vessel carries blood away from the heart?", "artery", OPTIONS),
        Item("Complete the sentence: Blood leaves the heart by an artery and returns by a(n) _____.", "vein", ("vein", "duct", "nerve", "gland")),
    ],
)  # fmt: skip
def test_a_sound_item_has_none(item: Item) -> None:
    assert flaws(item) == []


def test_structure_and_length() -> None:
    assert structure_is_valid(Item("What is it?", "artery", OPTIONS))
    assert not structure_is_valid(Item("What is it?", "heart", OPTIONS))
    assert not structure_is_valid(Item("What is it?", "artery", ("artery", "Artery", "vein", "nerve")))
    assert key_is_longest(Item("What?", "artery", OPTIONS))
    assert not key_is_longest(Item("What?", "nerve", OPTIONS))


def test_figures_of_a_set() -> None:
    items = [Item(f"What does the {o} of the body do?", o, OPTIONS) for o in OPTIONS]
    report = form_of([*items, items[0]])
    assert report["key_positions"] == [2, 1, 1, 1]
    assert report["key_positions_even"]
    assert report["duplicates"] >= 1
    assert report["structure_valid"] == 1.0
    assert chi_square([10, 0, 0, 0]) == 30
    assert duplicates(["What is osmosis?", "Why does blood clot in vessels?"]) == 0


async def test_a_key_that_repeats_the_stem_is_guessed() -> None:
    easy = Item(
        "Which organ pumps blood?", "organ that pumps blood", ("organ that pumps blood", "x y", "z w", "u v")
    )
    hard = Item("Which organ pumps blood?", "u v", ("organ that pumps blood", "x y", "z w", "u v"))
    assert await guessed([easy, hard], WordEmbedder()) == 0.5
    assert await guessed([Item("Why?", "so")], WordEmbedder()) is None


def test_random_options_are_other_keys() -> None:
    items = [Item(f"Stem {n}?", f"key{n}", (f"key{n}", "b", "c", "d")) for n in range(10)]
    made = with_random_options(items)
    assert all(i.answer in i.options and len(i.options) == 4 for i in made)
    assert all(o.startswith("key") for i in made for o in i.options)
