"""Encodings of texts: certain, guessed from a few words, or refused."""

from __future__ import annotations

import pytest

from backend.adapters.extractors.encodings import of_bytes
from backend.errors import DamagedFile

SAMPLES = [
    ("cp1252", "Müller fährt über die Straße nach Köln."),
    ("cp1252", "L’été dernier, où étiez-vous ?"),
    ("cp1252", "El niño comió jamón — ¿verdad?"),
    ("cp1252", "Ação e reação"),
    ("cp1252", "Blåbærsyltetøy på brød"),
    ("cp1252", "It’s 5 °C – “cold”"),
    ("cp1252", "Temperature: 5 °C"),
    ("cp1250", "Zażółć gęślą jaźń"),
    ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy"),
    ("cp1250", "árvíztűrő tükörfúrógép"),
    ("cp1251", "Съешь ещё этих мягких французских булок"),
    ("koi8-r", "Съешь ещё этих мягких французских булок"),
    ("cp866", "Съешь ещё этих мягких французских булок"),
    ("cp1253", "Η κυτταρική μεμβράνη διαχωρίζει το εσωτερικό"),
    ("cp1254", "Hücre zarı hücrenin içini dışından ayırır"),
    ("cp1255", "קרום התא מפריד בין פנים התא"),
    ("cp1256", "يفصل غشاء الخلية داخل الخلية"),
    ("cp874", "เยื่อหุ้มเซลล์แยกภายในเซลล์"),
    ("cp932", "データベースとは何か"),
    ("euc_jp", "細胞膜は細胞の内側と外側を分ける。"),
    ("iso2022_jp", "細胞膜は細胞の内側"),
    ("gb18030", "光合作用是植物把光能变成化学能。"),
    ("big5", "細胞膜把細胞內部和外部分開。"),
    ("cp949", "세포막은 세포의 안과 밖을 나눈다."),
    ("cp500", "The cell membrane separates the inside of a cell."),
]


@pytest.mark.parametrize(("encoding", "text"), SAMPLES)
def test_a_sentence_is_enough(encoding: str, text: str) -> None:
    data = text.encode(encoding)
    assert data.decode(of_bytes(data).name) == text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
)
def test_unicode_is_certain(encoding: str) -> None:
    text = "The naïve view that the membrane is a mere bag is wrong."
    found = of_bytes(text.encode(encoding))
    assert found.warning is None
    assert text.encode(encoding).decode(found.name) == text


def test_a_guess_is_said() -> None:
    assert "cp1252" in (of_bytes("naïve façade".encode("cp1252")).warning or "")


def test_damaged_utf8_keeps_its_right_letters() -> None:
    data = "The naïve view, at 37 °C and below, is that membranes are bags.".encode() + b"\xff\xfe tail"
    found = of_bytes(data)
    assert found.name == "utf-8"
    assert "damaged" in (found.warning or "")


def test_a_declared_encoding_is_used_where_it_fits() -> None:
    data = "Ôèçèêà".encode("cp1252")  # these bytes are Cyrillic words too
    assert of_bytes(data, "cp1251").name == "cp1251"
    assert of_bytes("Физика клетки".encode("cp1251"), "no-such-codec").name == "cp1251"
    assert of_bytes("naïve".encode(), "cp1251").name == "utf-8"


def test_bytes_that_no_encoding_explains_are_refused() -> None:
    with pytest.raises(DamagedFile, match="UTF-8"):
        of_bytes(bytes(range(0x80, 0x100)) * 40)
