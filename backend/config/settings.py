"""The settings: one frozen model, the only reader of the environment and of ``.env``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from backend.errors import ConfigurationError

BUNDLED_MODEL = "bundled"


class Settings(BaseSettings):
    """Every setting has the same name in the environment, in upper case. See ``.env.example``."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Path = Field(Path("data"), description="Folder of the database and the uploaded files.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least log level.")
    cors_origins: str = Field(
        "",
        description="Web origins, separated by commas, whose pages may call the API, or *. "
        "Pages served from localhost always may.",
    )
    auth_required: bool = Field(
        False, description="Whether every request needs an API key or a login, and sees its tenant alone."
    )
    login_ttl_s: float = Field(43200, gt=0, description="How long a login is good for, in seconds.")
    max_upload_mb: int = Field(200, ge=1, le=100_000, description="Largest upload, in MB (1,000,000 bytes).")
    max_pages: int = Field(10_000, ge=1, description="Most pages of one document.")
    extraction_timeout_s: float = Field(900, gt=0, description="Longest time to read one file, in seconds.")
    extraction_memory_mb: int = Field(512, ge=128, description="Most memory to read one file with, in MB.")
    ocr: Literal["auto", "off"] = Field(
        "auto", description="Recognise the text of scanned PDF pages where tesseract is installed, or never."
    )
    max_questions: int = Field(200, ge=1, le=1000, description="Most questions of one request.")
    question_cache_s: float = Field(
        86400, ge=0, description="How long the same request gets the same question set, in seconds; 0: never."
    )
    question_sets_ttl_s: float = Field(
        7776000, gt=0, description="How long question sets are kept that nobody changed, in seconds."
    )
    embedding_model: str = Field(
        BUNDLED_MODEL,
        description="bundled (MiniLM, 384 dimensions, no torch), or the name or folder of any "
        "sentence-transformers model, e.g. BAAI/bge-large-en-v1.5 (needs the extra sentence-transformers).",
    )
    embedding_threads: int = Field(0, ge=0, description="Threads of the embedding model; 0: one per core.")
    vector_weight: float = Field(
        0.6, ge=0, le=1, description="Share of meaning in hybrid retrieval; the rest goes to keywords."
    )
    least_relevance: float = Field(
        0.6,
        ge=-1,
        le=2,
        description="What the documents must reach to be about a topic: best cosine + 0.3 for its words.",
    )
    index_pending: int = Field(
        2000, ge=0, description="Most passages that are searched in memory before the index is written."
    )
    index_sq8_from: int = Field(
        100_000, ge=1, description="Passages from which the index keeps 8 bits a number (SQ8)."
    )
    index_hnsw_from: int = Field(
        500_000, ge=1, description="Passages from which the index is a graph (HNSW)."
    )
    index_least_recall: float = Field(
        0.95, ge=0, le=1, description="Recall@10 beside exact search that such an index must reach."
    )
    worker_concurrency: int = Field(2, ge=1, le=64, description="Ingestion jobs that run at a time.")
    result_ttl_s: float = Field(
        86400, gt=0, description="How long the answer of a job is kept after its end, in seconds."
    )
    job_queue: Literal["embedded", "celery"] = Field(
        "embedded",
        description="Who works on jobs: a worker inside the process, or Celery workers (needs REDIS_URL "
        "and the extra distributed).",
    )
    redis_url: str = Field("", description="Redis of JOB_QUEUE=celery, e.g. redis://127.0.0.1:6379/0.")
    celery_concurrency: int = Field(4, ge=1, le=64, description="Processes of one Celery worker.")
    flower_password: str = Field("", description="Of the user quaestio in Flower; made up when empty.")
    llm_providers: str = Field(
        "",
        description="Language models in the order in which they are asked, separated by commas: openai, "
        "gemini, together, local. Empty: none, nothing leaves this machine.",
    )
    llm_deadline_s: float = Field(
        60, ge=2, le=600, description="Longest time of a request that asks a language model, in seconds."
    )
    llm_concurrency: int = Field(8, ge=1, le=10_000, description="Calls to one provider at a time.")
    llm_max_tokens: int = Field(4096, ge=256, description="Most tokens of one answer of a model.")
    llm_daily_tokens: int = Field(
        0, ge=0, description="Most tokens of one provider in a day (UTC), per process; 0: no limit."
    )
    openai_api_key: SecretStr = Field(SecretStr(""), description="Key of OpenAI.")
    openai_model: str = Field("gpt-4.1-mini", description="Model of OpenAI.")
    openai_base_url: str = Field("https://api.openai.com/v1", description="Where OpenAI is.")
    openai_timeout_s: float = Field(30, gt=0, description="Longest silence of OpenAI, in seconds.")
    openai_prices: str = Field(
        "0.40/1.60", description="USD for a million tokens, read/written, to count cost with."
    )
    gemini_api_key: SecretStr = Field(SecretStr(""), description="Key of Gemini.")
    gemini_model: str = Field("gemini-2.5-flash", description="Model of Gemini.")
    gemini_base_url: str = Field(
        "https://generativelanguage.googleapis.com/v1beta/openai/", description="Where Gemini is."
    )
    gemini_timeout_s: float = Field(30, gt=0, description="Longest silence of Gemini, in seconds.")
    gemini_prices: str = Field("0.30/2.50", description="As OPENAI_PRICES.")
    together_api_key: SecretStr = Field(SecretStr(""), description="Key of Together.ai.")
    together_model: str = Field(
        "meta-llama/Llama-3.3-70B-Instruct-Turbo", description="Model of Together.ai."
    )
    together_base_url: str = Field("https://api.together.xyz/v1", description="Where Together.ai is.")
    together_timeout_s: float = Field(30, gt=0, description="Longest silence of Together.ai, in seconds.")
    together_prices: str = Field("0.88/0.88", description="As OPENAI_PRICES.")
    local_api_key: SecretStr = Field(
        SecretStr(""), description="Key of the local server, where it wants one."
    )
    local_model: str = Field("llama3.2", description="Model of the local server.")
    local_base_url: str = Field(
        "http://127.0.0.1:11434/v1",
        description="Any server that speaks OpenAI's API: Ollama, vLLM, llama.cpp ...",
    )
    local_timeout_s: float = Field(60, gt=0, description="Longest silence of the local server, in seconds.")
    local_prices: str = Field("0/0", description="As OPENAI_PRICES.")
    llamaindex_dir: str = Field(
        "",
        description="A folder that holds LlamaIndex stores (also below it), moved over in the background, "
        "once, at a start. Stores below DATA_DIR are found without it.",
    )
    index_port: int = Field(
        8001, ge=0, le=65535, description="Port of `quaestio serve-index`; 0 takes a free one."
    )
    index_url: str = Field(
        "",
        description="Address of a `quaestio serve-index` over the same DATA_DIR that serves /v1/index for "
        "this and other API processes; empty: this one does.",
    )
    index_max_indexes: int = Field(1000, ge=1, description="Most vector indexes of a tenant.")
    index_max_vectors: int = Field(100000000, ge=1, description="Most vectors in all indexes of a tenant.")
    index_max_gb: int = Field(
        100, ge=1, description="Most bytes of vectors and metadata of a tenant, in GB (1,000,000,000 bytes)."
    )
    index_max_body_mb: int = Field(
        256, ge=1, le=100_000, description="Largest body of a request below /v1/index, in MB."
    )
    index_open: int = Field(64, ge=1, description="Vector indexes that stay open while nobody uses them.")
    index_idle_s: float = Field(600, gt=0, description="After how long an unused one is closed, in seconds.")
    index_threads: int = Field(4, ge=1, le=256, description="Vector searches that run at a time.")
    session_uploads: bool = Field(
        False,
        description="Read serialized indexes that clients upload. They are parsed in the child process of "
        "their tenant; a hostile one can do there whatever that process can.",
    )
    session_memory_mb: int = Field(
        2000, ge=64, description="Most memory of the FAISS objects of one tenant's sessions, in MB."
    )
    session_max_handles: int = Field(10_000, ge=1, description="Most FAISS objects of one session.")
    session_max_per_tenant: int = Field(32, ge=1, description="Most sessions of one tenant at a time.")
    session_max_tenants: int = Field(
        16, ge=1, description="Most tenants with sessions at a time; each has a child process."
    )
    session_max_body_mb: int = Field(
        256, ge=1, le=2000, description="Largest request and largest answer of a session, in MB."
    )
    session_idle_s: float = Field(3600.0, gt=0, description="When an unused session ends, in seconds.")
    session_call_timeout_s: float = Field(
        300.0, gt=0, description="Longest time of one call in a session, in seconds."
    )
    enable_streaming: bool = Field(True, description="Answers may be streamed (SSE and WebSocket).")
    max_context_length: int = Field(
        4000, ge=1000, le=2_000_000, description="Most tokens that a model is shown to answer a question."
    )
    default_k_documents: int = Field(
        4, ge=1, le=20, description="Sources of an answer where the request names no number."
    )
    max_streams: int = Field(2000, ge=1, description="Most answers of a tenant that are streamed at a time.")
    stream_idle_s: float = Field(
        60, gt=0, description="Longest time in which nothing comes of a streamed answer, in seconds."
    )
    chat_history_ttl_s: float = Field(
        604_800, gt=0, description="How long a turn of a conversation is kept, in seconds."
    )
    rate_limit_per_minute: float = Field(
        60_000, ge=0, description="Calls of one address, and of one key, in a minute; 0: no limit."
    )
    rate_limit_burst: int = Field(5000, ge=1, description="Of these, calls that may come at once.")
    sample_document: bool = Field(True, description="Put the sample text into an empty library.")


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - one value per setting
    """Settings from ``overrides``, then the environment, then ``.env``, then the defaults.

    Raises ConfigurationError with a sentence that names the setting.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in error.errors()
        )
        raise ConfigurationError(f"Settings that cannot be used: {faults}.") from error
