"""The language models that the settings name, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import SecretStr

from backend.config.settings import Settings
from backend.errors import ConfigurationError

KINDS = ("openai", "gemini", "together", "local")
_PRICES = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a model is and what it costs."""

    kind: str
    """One of ``KINDS``."""
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


def providers(settings: Settings) -> tuple[Provider, ...]:
    """The providers of LLM_PROVIDERS in their order; raises ConfigurationError with the setting to change."""
    named = [name.strip().lower() for name in settings.llm_providers.split(",") if name.strip()]
    for name in named:
        if name not in KINDS:
            raise ConfigurationError(f"LLM_PROVIDERS: {name!r} is none of {', '.join(KINDS)}.")
    return tuple(_provider(settings, name) for name in dict.fromkeys(named))


def _provider(settings: Settings, kind: str) -> Provider:
    key: SecretStr = getattr(settings, f"{kind}_api_key")
    base_url: str = getattr(settings, f"{kind}_base_url")
    if kind != "local" and not key.get_secret_value():
        raise ConfigurationError(f"LLM_PROVIDERS names {kind}, but {kind.upper()}_API_KEY is not set.")
    if not base_url.startswith(("http://", "https://")):
        raise ConfigurationError(f"{kind.upper()}_BASE_URL must begin with http:// or https://.")
    prices = _PRICES.fullmatch(getattr(settings, f"{kind}_prices"))
    if prices is None:
        raise ConfigurationError(f"{kind.upper()}_PRICES must be two numbers, read/written, e.g. 0.40/1.60.")
    return Provider(
        kind=kind,
        model=getattr(settings, f"{kind}_model"),
        base_url=base_url,
        timeout_s=getattr(settings, f"{kind}_timeout_s"),
        usd_per_million=(float(prices[1]), float(prices[2])),
        api_key=key.get_secret_value(),
        daily_tokens=settings.llm_daily_tokens,
        concurrency=settings.llm_concurrency,
    )
