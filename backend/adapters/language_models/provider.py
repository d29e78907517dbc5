"""One configured provider of a language model."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a model is and what it costs."""

    kind: str
    """openai, gemini, together or local."""
    model: str
    base_url: str
    api_key: str = field(repr=False)
    """Sent as the bearer token; never shown."""
    timeout_s: float = 30.0
    """Longest silence: until a whole answer, or until the next piece of a streamed one."""
    usd_per_million: tuple[float, float] = (0.0, 0.0)
    """Price of tokens read and tokens written."""
    daily_tokens: int = 0
    """Most tokens of a day (UTC); 0: no limit."""
    concurrency: int = 8
    """Most calls at a time."""

    @property
    def name(self) -> str:
        """As shown to people."""
        return f"{self.kind}:{self.model}"
