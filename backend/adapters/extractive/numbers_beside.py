"""Wrong options for numbers: other ones, written alike."""

from __future__ import annotations

import zlib

from . import lexicon as lx

_WRONG = 3
_EXACT_FROM = 1700
"""Years before are given in round numbers as often as not."""
_LATEST_YEAR = 2025
"""No wrong option lies after it, unless the key does: nobody would take it for a fact."""
_NUMBER_NAMES = {value: word for word, value in lx.NUMBER_WORDS.items() if value <= 20 and word != "dozen"}


def numbers_beside(number: str) -> list[str] | None:
    """Three other numbers written as this one is; which side they lie on varies with the number."""
    low = number.lower()
    if low in lx.NUMBER_WORDS:
        return _names_beside(lx.NUMBER_WORDS[low], capital=number[0].isupper())
    plain = number.replace(",", "")
    if not plain.isdigit():
        return _decimals_beside(plain)
    value = int(plain)
    year = 1000 <= value <= 2100 and "," not in number
    step = _step(value, year=year)
    latest = _LATEST_YEAR if year and value <= _LATEST_YEAR else None
    least = 1000 if "," in number else 1
    return [_written(v, number) for v in _around(value, step, f"{number}|{step}", latest, least)]


def _names_beside(value: int, *, capital: bool) -> list[str] | None:
    if value > 15 or value < 2:
        return None
    names = [_NUMBER_NAMES[v] for v in _around(value, 1, f"name{value}") if v in _NUMBER_NAMES]
    return [n.capitalize() if capital else n for n in names] if len(names) == _WRONG else None


def _decimals_beside(plain: str) -> list[str] | None:
    whole, dot, part = plain.partition(".")
    if not dot or not (whole + part).isdigit():
        return None
    value = int(whole + part)
    around = _around(value, max(1, value // 5), plain)
    return [f"{v / 10 ** len(part):.{len(part)}f}" for v in around]


def _step(value: int, *, year: bool) -> int:
    """The distance between neighbours; a round number has round neighbours."""
    if year and value >= _EXACT_FROM:
        return 7
    if year:
        return next((round_ for round_ in (100, 50, 10) if value % round_ == 0), 7)
    if value < 20:
        return 1
    digits = str(value).rstrip("0")
    unit = int(10 ** (len(str(value)) - len(digits)))
    if unit == 1:
        return max(2, value // 6)
    if digits == "1":
        return value // 2
    return unit * max(1, round(value / 5 / unit))


def _around(value: int, step: int, seed: str, latest: int | None = None, least: int = 1) -> list[int]:
    """Three distinct numbers from ``least`` on around ``value``, how many below chosen by the seed."""
    below = zlib.crc32(seed.encode()) % (_WRONG + 1)
    while latest is not None and value + step * (_WRONG - below) > latest:
        below += 1
    lower = [value - step * k for k in range(below, 0, -1)]
    lower = [v for v in lower if v >= least]
    upper = [value + step * k for k in range(1, _WRONG + 1 - len(lower))]
    return lower + upper


def _written(value: int, like: str) -> str:
    return f"{value:,}" if "," in like else str(value)
