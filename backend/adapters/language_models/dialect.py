"""What one provider understands of the chat completions call, found out as it answers."""

from __future__ import annotations

from typing import Any

from backend.models.language import Form, Prompt

_FORMS = ("json_schema", "json_object", "none")
_TOO_LONG = ("context", "too long", "maximum length", "reduce the length")


class Dialect:
    """The parameters of a call. What a provider refuses is left out from then on.

    Providers that are compatible with OpenAI differ in how structured an answer they can be asked for, in
    the name of the limit of tokens, and in whether reasoning models take a temperature.
    """

    def __init__(self, kind: str) -> None:
        self._form = 0
        self._limit = "max_completion_tokens" if kind == "openai" else "max_tokens"
        self._swapped = False
        self._refused: set[str] = set()

    def parameters(self, prompt: Prompt, *, stream: bool) -> dict[str, Any]:
        """Of one call, without model and messages."""
        chosen: dict[str, Any] = {
            self._limit: prompt.max_tokens,
            "temperature": prompt.temperature,
        }
        if prompt.form is not None and _FORMS[self._form] != "none":
            chosen["response_format"] = self._response_format(prompt.form)
        if stream:
            chosen |= {"stream": True, "stream_options": {"include_usage": True}}
        return {name: value for name, value in chosen.items() if name not in self._refused}

    def _response_format(self, form: Form) -> dict[str, Any]:
        if _FORMS[self._form] == "json_object":
            return {"type": "json_object"}
        return {
            "type": "json_schema",
            "json_schema": {"name": form.name, "schema": dict(form.schema), "strict": True},
        }

    def give_way(self, sent: dict[str, Any], refusal: str) -> bool:
        """Whether a call that was refused as wrong should be sent again, with less in it."""
        said = refusal.lower()
        if self._limit in said and self._limit in sent and not self._swapped:
            self._swapped = True
            self._limit = "max_tokens" if self._limit == "max_completion_tokens" else "max_completion_tokens"
            return True
        for name in ("temperature", "stream_options"):
            if name in said and name in sent:
                self._refused.add(name)
                return True
        if "response_format" in sent and not any(hint in said for hint in _TOO_LONG):
            # Servers name the fault in many ways; whatever it was, the form is what they most often lack.
            refused = _FORMS.index(sent["response_format"]["type"])
            self._form = max(self._form, refused + 1)
            return True
        return False
