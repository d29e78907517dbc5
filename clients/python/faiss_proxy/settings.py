"""Where indexes live: here, or on a server."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """A server and who asks it. ``timeout_s`` bounds every wait; ``cache_bytes`` the local copies."""

    api_url: str
    api_key: str = field(default="", repr=False)
    tenant_id: str = ""
    timeout_s: float = 600.0
    cache_bytes: int = 0

    @classmethod
    def from_environment(cls) -> Settings | None:
        """FAISS_PROXY_API_URL, FAISS_PROXY_API_KEY, FAISS_PROXY_TENANT_ID; None without the first."""
        url = os.environ.get("FAISS_PROXY_API_URL", "")
        if not url:
            return None
        return cls(
            url, os.environ.get("FAISS_PROXY_API_KEY", ""), os.environ.get("FAISS_PROXY_TENANT_ID", "")
        )
