"""Links that open where something is said."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_YOUTUBE = ("youtube.com", "youtu.be", "youtube-nocookie.com")


def link_at(url: str, seconds: float | None) -> str:
    """``url`` at a second: ``t=..s`` for YouTube, a media fragment (``#t=..``) on other web addresses."""
    parts = urlsplit(url)
    if seconds is None or parts.scheme not in {"http", "https"}:
        return url
    at = max(0, int(seconds))
    host = (parts.hostname or "").lower()
    if any(host == name or host.endswith(f".{name}") for name in _YOUTUBE):
        query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in {"t", "start"}]
        return urlunsplit(parts._replace(query=urlencode([*query, ("t", f"{at}s")])))
    fragment = f"t={at}s" if host.endswith("vimeo.com") else f"t={at}"
    return urlunsplit(parts._replace(fragment=fragment))
