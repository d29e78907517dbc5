"""Kinds of things by WordNet: what may stand beside what, and other names of a kind."""

from __future__ import annotations

import pytest

from backend.adapters.extractive import kin, wordnet


@pytest.mark.parametrize(
    ("one", "two"),
    [("tendon", "ligament"), ("disease", "disorder"), ("eczema", "acne"), ("basalt", "granite")],
)
def test_things_of_one_kind(one: str, two: str) -> None:
    assert kin.akin(one, two) is True


@pytest.mark.parametrize(
    ("one", "two"), [("keratin", "epidermis"), ("kidneys", "liters"), ("field", "view"), ("cell", "doctrine")]
)
def test_things_of_different_kinds(one: str, two: str) -> None:
    assert kin.akin(one, two) is False


def test_of_words_that_are_not_listed_their_ends_or_the_document_tell() -> None:
    assert kin.akin("zymocyte", "flurb") is None
    assert kin.akin("zymocyte", "zymoblast") is True
    assert kin.akin("flurb", "glomp", ("layer", "layer")) is True
    assert kin.akin("flurb", "glomp", ("layer", "theory")) is False
    assert kin.akin("flurb", "glomp", ("structure", "structure")) is None


def test_what_a_document_files_loosely_tells_only_where_both_are_filed_alike() -> None:
    assert kin.akin("flurb", "glomp", ("stages", "stage")) is True
    assert kin.akin("flurb", "glomp", ("stage", "period")) is None
    assert kin.akin("flurb", "glomp", ("approach", "theory")) is True


def test_a_cell_is_no_small_room() -> None:
    assert kin.akin("flurb", "glomp", ("cells", "opening")) is None
    assert kin.akin("flurb", "glomp", ("cell", "room")) is False


def test_the_head_of_a_term_stands_before_of() -> None:
    genera = ("", "")
    assert kin.akin("fallacy of the flurb", "fallacy of the glomp", genera) is True
    assert kin.akin("muscle of the flurb", "doctrine of the glomp", genera) is False


def test_a_name_or_a_known_ending_places_a_word() -> None:
    assert kin.placed("metaethics")
    assert kin.placed("soft palate")
    assert not kin.placed("flurb")


def test_a_kind_is_no_option_beside_its_thing() -> None:
    assert kin.interchangeable("parotid gland", "salivary gland")
    assert kin.interchangeable("kidneys", "kidney")
    assert not kin.interchangeable("kidney", "ureter")


def test_a_city_stands_beside_cities() -> None:
    assert kin.same_sort_of_place("Paris", "London")
    assert not kin.same_sort_of_place("Paris", "France")
    assert kin.same_sort_of_place("Paris", "Flurbtown")


def test_names_of_the_same_kind() -> None:
    assert {"Robert Boyle", "Joseph Black"} <= set(wordnet.namesakes("Antoine Lavoisier"))
    assert "Antoine Lavoisier" not in wordnet.namesakes("Antoine Lavoisier")
    assert wordnet.namesakes("Davis") == ()
    assert wordnet.namesakes("Flurb") == ()
    assert wordnet.is_person("Confucius")
    assert wordnet.is_place("Baghdad")
    assert not wordnet.is_person("Baghdad")
