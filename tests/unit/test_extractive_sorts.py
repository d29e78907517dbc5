"""Which descriptions may stand beside each other, and two names of one thing."""

from __future__ import annotations

import pytest

from backend.adapters.extractive.aliases import of_one_thing, without_other_names
from backend.adapters.extractive.casing import Casing
from backend.adapters.extractive.genus import genus_of, genus_with_whole
from backend.adapters.extractive.glossary import echoed, tells_apart
from backend.adapters.extractive.sorts import of_one_sort, sorts


@pytest.mark.parametrize(
    ("one", "two"),
    [("process", "movement"), ("protein", "hormone"), ("layer", "organs"), ("view", "doctrine"), ("x", "x")],
)
def test_nouns_of_one_sort_may_stand_beside_each_other(one: str, two: str) -> None:
    assert of_one_sort(one, two)
    assert of_one_sort(two, one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("process", "substance"),
        ("mechanism", "surface"),
        ("organ", "study"),
        ("procedure", "emergency"),
        ("", ""),
    ],
)
def test_nouns_of_two_sorts_may_not(one: str, two: str) -> None:
    assert not of_one_sort(one, two)


def test_a_noun_that_nobody_knows_is_of_no_sort() -> None:
    assert sorts("flurb") == frozenset()


def test_a_region_is_one_of_something() -> None:
    casing = Casing.of([])
    assert genus_with_whole("outermost region of the adrenal cortex", casing) == "region of cortex"
    assert genus_with_whole("muscle of the arm", casing) == "muscle"
    assert genus_of("bend of a river that grows", casing) == "bend"
    assert genus_of("side to side movement of the jaw", casing) == "movement"


@pytest.mark.parametrize(
    ("said", "tells"),
    [
        ("part of the skull", False),
        ("sac that encloses the heart", True),
        ("tough outer covering of the brain", True),
        ("“broken hip,” which is a fracture of the femur", False),
    ],
)
def test_what_is_true_of_many_tells_nothing_apart(said: str, *, tells: bool) -> None:
    assert tells_apart(said) is tells


def test_short_roots_echo_where_a_part_of_a_word_begins() -> None:
    assert echoed("humeroulnar joint", "articulation of humerus and ulna") == {"ulna"}
    assert echoed("bursitis", "inflammation of a bursa near a joint") == {"bursa"}
    assert echoed("fas ligand", "molecule that binds to the fas molecule") == {"fas"}
    assert not echoed("tendon", "tissue that anchors a muscle to bone")


def test_sentences_give_two_names_of_one_thing() -> None:
    assert of_one_thing(
        "the mitral valve, also called the bicuspid valve, is left", "bicuspid valve", "mitral valve"
    )
    assert of_one_thing("a plane joint is a multiaxial joint", "plane joint", "multiaxial joint")
    assert not of_one_thing("the femur is above the tibia", "femur", "tibia")
    assert without_other_names("ganglia near an organ, the latter also known as intramural ganglia") == (
        "ganglia near an organ"
    )
