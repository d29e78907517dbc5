"""Text as every library can take it."""

from __future__ import annotations


def without_surrogates(text: str) -> str:
    r"""``text`` with each lone surrogate as ``?``.

    JSON bodies and broken PDF fonts bring them ("\ud800"), and they cannot be written as UTF-8.
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
