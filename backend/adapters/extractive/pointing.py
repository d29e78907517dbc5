"""Words that point: which of them do so only in form."""

from __future__ import annotations

from .tagging import Token


def harmless(tokens: tuple[Token, ...], index: int, end: int) -> bool:
    """Demonstratives that point nowhere: "such as", "the same ... as", "following the conquest"."""
    low = tokens[index].low
    follows = tokens[index + 1].low if index + 1 < end else ""
    before = tokens[index - 1].low if index else ""
    if low == "such":
        return follows == "as"
    if low == "same":
        return any(t.low == "as" for t in tokens[index:end])
    if low in {"following", "above", "below"}:
        return tokens[index].tag == "IN" and index + 1 < end
    return (
        (low in {"other", "another"} and before == "each")
        or (low == "other" and before in {"and", "or"} and index > 1)
        or (low == "other" and follows == "than")
        or (low == "others" and before == "of")
        or (low in {"that", "those"} and follows == "of")
    )
