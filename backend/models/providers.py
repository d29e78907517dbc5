"""Language models as clients see them."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field

from backend.models.language import ProviderState


class ProviderView(BaseModel):
    """One provider and what became of the calls to it since the start of the process."""

    model: str = Field(description="Provider and model, e.g. openai:gpt-4.1-mini.")
    state: str = Field(description="ready, paused (it asked to wait) or open (left alone after failures).")
    retry_in_s: float = Field(description="Seconds until it is asked again; 0 while ready.")
    calls: int
    failures: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float = Field(description="By the configured prices.")


class ProvidersResponse(BaseModel):
    """Every configured provider, first choice first; empty where questions are made from the text alone."""

    providers: list[ProviderView]

    @classmethod
    def of(cls, states: Iterable[ProviderState]) -> ProvidersResponse:
        """The states as clients see them."""
        return cls(
            providers=[
                ProviderView(
                    model=state.name,
                    state=state.state,
                    retry_in_s=state.retry_in_s,
                    calls=state.calls,
                    failures=state.failures,
                    prompt_tokens=state.usage.prompt_tokens,
                    completion_tokens=state.usage.completion_tokens,
                    cost_usd=state.cost_usd,
                )
                for state in states
            ]
        )
