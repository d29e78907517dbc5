from __future__ import annotations

import pytest

from backend.utils.scripts import other_script


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The liver produces bile.", None),
        ("Größe und Höhe, naïveté", None),
        ("", None),
        ("1234 --- 99", None),
        ("ينتج الكبد العصارة الصفراوية", "Arabic"),
        ("Печень вырабатывает желчь", "Cyrillic script"),
        ("肝脏产生胆汁。", "Chinese characters"),
        ("肝臓は胆汁を産生します。", "Japanese"),
        ("यकृत पित्त बनाता है", "Devanagari script (such as Hindi)"),
        ("ตับผลิตน้ำดี", "Thai"),
        ("ደመና", "Ethiopic script"),
        ("Only the name Αθήνα is Greek in this sentence.", None),
    ],
)
def test_the_script_of_most_letters_is_named(text: str, name: str | None) -> None:
    assert other_script(text) == name
