"""What is said to a language model and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Form:
    """The JSON that an answer must be: a name (letters, digits, ``_``) and a JSON schema for it."""

    name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation to go on with."""

    messages: Sequence[Message]
    """May be made anew each time they are read: they are large, and read once or twice."""
    max_tokens: int = 1024
    """Most tokens of the answer."""
    temperature: float = 0.2
    form: Form | None = None
    """Asked for where the provider supports it; callers parse the text all the same."""
    deadline: float | None = None
    """Time of the event loop (seconds) after which no answer is of use; None: the provider's limit."""
    begin_by: float | None = None
    """Time after which an answer that has not begun is of no use; it may go on longer."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or of many calls, as the provider counts them (estimated where it does not)."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def total(self) -> int:
        """Tokens of both kinds."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer."""

    text: str
    model: str
    """Who gave it, e.g. ``gemini:gemini-2.5-flash``."""
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Piece:
    """A few characters of an answer that is being written."""

    text: str
    model: str
    usage: Usage | None = None
    """With the last piece (its text may be empty), where the provider counts."""


@dataclass(frozen=True, slots=True)
class ProviderState:
    """What became of the calls to one provider since the start."""

    name: str
    state: str
    """ready, paused (it asked to wait) or open (it failed too often and is left alone for a while)."""
    retry_in_s: float
    """Until it is asked again; 0 while ready."""
    calls: int
    failures: int
    usage: Usage
    cost_usd: float
    """By the configured prices."""
