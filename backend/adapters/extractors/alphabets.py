"""What texts in the old 8-bit and East Asian encodings look like: the knowledge behind ``encodings.py``."""

# ruff: noqa: RUF001  the look-alike characters are meant: they are what texts hold

from __future__ import annotations

_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґўјљњћџђ"
_GREEK = "αεινοστρπκυλμγδθφχηβωζξψάέήίόύώς"

SINGLE_BYTE: tuple[tuple[str, tuple[str, ...]], ...] = (
    # encoding, and for each group of languages written in it the letters beyond ASCII that it uses;
    # where two encodings explain a text equally well, the earlier row wins
    (
        "cp1252",
        (
            "éèàêçôîûâùëïœüÿ",
            "äöüß",
            "áéíóúñü¿¡",
            "ãõáéíóúâêôçàü",
            "åäöæøé",
            "àèéìòùî",
            "éëïöóüèá",
            "þðáéíóúýæö",
        ),
    ),
    ("cp1250", ("ąćęłńóśźż", "áčďéěíňóřšťúůýžľĺŕôä", "áéíóöőúüű", "ăâîşţșț", "čćđšž", "äöüß")),
    ("cp1254", ("çğıöşü",)),
    ("cp1257", ("āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž")),
    ("cp1251", (_CYRILLIC,)),
    ("koi8-r", (_CYRILLIC,)),
    ("cp866", (_CYRILLIC,)),
    ("iso8859-5", (_CYRILLIC,)),
    ("mac-cyrillic", (_CYRILLIC,)),
    ("cp1253", (_GREEK,)),
    ("cp1255", ("אבגדהוזחטיכלמנסעפצקרשתםןץףך",)),
    ("cp1256", ("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأإؤئپچژگ",)),
    ("cp874", ("".join(chr(code) for code in (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F))),)),
    ("iso8859-2", ("ąćęłńóśźż", "áčďéěíňóřšťúůýž")),
    ("mac-roman", ("éèàêçôîûâùëïœ", "äöüß", "áéíóúñ")),
    ("cp850", ("éèàêçôîûâùëï", "äöüß", "áéíóúñ")),
)

RARE = {"mac-roman", "cp850", "mac-cyrillic", "iso8859-2", "iso8859-5", "cp866"}
"""Encodings that must explain a text clearly better than a common one to be chosen."""

FREQUENT = frozenset("оеаинтсрвлкмдпуαοιετσνηυρπκיוהלאתרמבשנاليمنتروبعدةهานรกอเงมยลวท่้ั")
"""Three of four letters of a text in these scripts; other scripts misread as them show the rest as often."""

TYPOGRAPHY = frozenset("“”‘’„‚«»‹›–—…•€£§°©®™¿¡ºª·×´±²³½¼¾†‡№")
"""Signs that stand beside words in ordinary texts."""

_LATIN_PER_SIGN = 3

DOUBLE_BYTE = ("cp932", "euc_jp", "cp949", "gb18030", "big5")

EBCDIC = ("cp500", "cp037", "cp273")


def common_share(text: str, encoding: str) -> float:
    """Share of the characters beyond ASCII that are everyday ones in the encoding's language, 0..1."""
    signs = [char for char in text if ord(char) > 127]  # noqa: PLR2004  beyond ASCII
    if not signs:
        return 0.0
    everyday = _EVERYDAY[encoding]
    share = sum(_is_punctuation(char) or everyday(char) for char in signs) / len(signs)
    latin = sum(char.isascii() and char.isalpha() for char in text)
    if latin > _LATIN_PER_SIGN * len(signs):  # an accent here and there read as a pair of bytes
        share *= 0.5
    if encoding in {"cp932", "euc_jp"}:  # hardly a Japanese sentence does without kana
        return share if any("ぁ" <= char <= "ヿ" for char in signs) else share * 0.5
    return share * (0.5 if any("ぁ" <= char <= "ヿ" for char in signs) else 1.0)


def _is_punctuation(char: str) -> bool:
    return (
        "\u3001" <= char <= "\u3011" or char in "，．！？：；（）「」『』“”‘’—…·～％" or "０" <= char <= "ｚ"
    )


def _japanese(char: str) -> bool:
    return "ぁ" <= char <= "ヿ" or _in_first_level(char, "euc_jp", 0xB0, 0xCF)


def _simplified(char: str) -> bool:
    return _in_first_level(char, "gb2312", 0xB0, 0xD7)


def _traditional(char: str) -> bool:
    return _in_first_level(char, "big5", 0xA4, 0xC6)


def _hangul(char: str) -> bool:
    return _in_first_level(char, "euc_kr", 0xB0, 0xC8)


_EVERYDAY = {
    "cp932": _japanese,
    "euc_jp": _japanese,
    "gb18030": _simplified,
    "big5": _traditional,
    "cp949": _hangul,
}


def _in_first_level(char: str, charset: str, low: int, high: int) -> bool:
    """Whether the national standard lists the character among its everyday ones (level 1)."""
    try:
        return low <= char.encode(charset)[0] <= high
    except UnicodeEncodeError:
        return False
