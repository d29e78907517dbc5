"""The Server-Sent Events of a streamed answer, read in bulk.

The SDK makes a typed object of every event, at 0.4 ms each: with 25 questions that arrive at once, more than
everything else that is done with them. Events that arrived together are one piece here.
"""

from __future__ import annotations

import json
from typing import Any

from backend.models.language import Usage

_LONGEST_LINE = 1_000_000


class EventReader:
    """Text, usage and end of an answer, from its bytes."""

    __slots__ = ("_rest", "finished", "usage")

    def __init__(self) -> None:
        self._rest = b""
        self.finished = False
        """Whether the model said that its answer is complete."""
        self.usage: Usage | None = None

    def feed(self, data: bytes) -> str:
        """The text that ``data`` brings; raises ValueError where it is no answer."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            raise ValueError("an endless line")
        return "".join(self._text(line) for line in lines if line.startswith(b"data:"))

    def _text(self, line: bytes) -> str:
        said = line[5:].strip()
        if not said or said == b"[DONE]":
            return ""
        event: dict[str, Any] = json.loads(said)
        if event.get("error"):
            raise ValueError("an error in the middle of the answer")
        self.usage = usage_of(event.get("usage")) or self.usage
        texts = []
        for choice in (event.get("choices") or [])[:1]:
            self.finished = self.finished or bool(choice.get("finish_reason"))
            texts.append((choice.get("delta") or {}).get("content") or "")
        return "".join(texts)


def usage_of(counted: dict[str, Any] | None) -> Usage | None:
    """Tokens as a provider counts them; some leave fields out."""
    if not counted:
        return None
    return Usage(int(counted.get("prompt_tokens") or 0), int(counted.get("completion_tokens") or 0))
