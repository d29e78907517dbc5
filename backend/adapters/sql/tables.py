"""The tables, as SQLAlchemy sees them. ``migrations`` makes them; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

documents = Table(
    "documents",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("tenant", String(64), nullable=False),
    Column("job_id", String(32), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("filename", String(255), nullable=False),
    Column("media_type", String(128), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("title", Text),
    Column("author", Text),
    Column("subject", Text),
    Column("creator", Text),
    Column("producer", Text),
    Column("creation_date", String(64)),
    Column("modification_date", String(64)),
    Column("url", Text),
    Column("pages", Integer),
    Column("chunks", Integer, nullable=False, default=0),
    Column("text_length", BigInteger, nullable=False, default=0),
    Column("language", String(8)),
    Column("warning", Text),
    Column("published_at", DateTime),  # the switch that makes a document visible
    Column("mined_at", DateTime),  # from then on requests may rely on its question candidates
    UniqueConstraint("tenant", "sha256"),
    sqlite_autoincrement=True,  # a number is never used again, and chunk keys follow from it
)

chunks = Table(
    "chunks",
    metadata,
    Column("key", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("document_number", ForeignKey(documents.c.number, ondelete="CASCADE"), nullable=False),
    Column("text", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("page", Integer),
    Column("heading", Text),
    Column("start_seconds", Float),
    Index(None, "document_number"),
)

vectors = Table(
    "vectors",
    metadata,
    Column("key", ForeignKey(chunks.c.key, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian; unit length where we made it
)

# What a document that came from another product was there.
document_origins = Table(
    "document_origins",
    metadata,
    Column("document_number", ForeignKey(documents.c.number, ondelete="CASCADE"), primary_key=True),
    Column("product", String(32), nullable=False),
    Column("ref_id", Text),  # its id there
    Column("said", Text, nullable=False),  # JSON: its metadata there
)

# What a chunk was there: all that its node said besides its text and its vector, as JSON.
node_origins = Table(
    "node_origins",
    metadata,
    Column("key", ForeignKey(chunks.c.key, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("node_id", Text, nullable=False, index=True),
    Column("metadata", Text, nullable=False),
    Column("relationships", Text, nullable=False),
    Column("rest", Text, nullable=False),
)

# Questions made ahead of requests: they go with their chunk, and so with their document.
question_candidates = Table(
    "question_candidates",
    metadata,
    Column("key", ForeignKey(chunks.c.key, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("mode", String(16), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # among those of the chunk
    Column("document_number", Integer, nullable=False),
    Column("section", BigInteger, nullable=False),  # key of the first chunk of its part of the text
    Column("turn", Integer, nullable=False),  # 0 for the best of its section, then 1 ...
    Column("score", Float, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("difficulty", String(16), nullable=False),
    Column("bloom", String(16), nullable=False),
    Column("stem", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("options", Text, nullable=False),  # JSON
    Column("quote", Text, nullable=False),
    Column("rubric", Text, nullable=False),  # JSON
    Index(None, "document_number", "mode", "turn"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("tenant", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("queue", String(32), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("parent", String(64)),
    Column("units", Integer, nullable=False, default=0),  # what a part does of its parent's total
    Column("phase", String(32), nullable=False, default=""),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("tries", Integer, nullable=False, default=0),  # attempts since the last checkpoint
    Column("breaks", Integer, nullable=False, default=0),  # of these, those that raised something unforeseen
    Column("owner", String(128)),
    # Times are Unix time by the database's clock.
    Column("lease_until", Float),
    Column("heartbeat_at", Float),
    Column("checkpoint", Integer, nullable=False, default=0),
    Column("stage", String(32), nullable=False, default="waiting"),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    Column("unit", String(16), nullable=False, default=""),
    Column("fraction", Float, nullable=False, default=0.0),
    # Where its pace is measured from: the start of its stage, or where it was taken up again.
    Column("pace_at", Float),
    Column("pace_done", Integer, nullable=False, default=0),
    Column("pace_fraction", Float, nullable=False, default=0.0),
    Column("result", Text),
    Column("error_code", String(64)),
    Column("error_message", Text),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("ended_at", Float),
    Index(None, "state", "priority", "tenant", "number", "tries"),
    Index(None, "parent"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("session", String(128), primary_key=True),
    Column("document_number", ForeignKey(documents.c.number, ondelete="CASCADE"), nullable=False),
    Column("selected_at", DateTime, nullable=False),
)

# Uploaded files small enough to be rows; larger ones are files.
small_files = Table(
    "small_files",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("stored_at", Float, nullable=False),
    UniqueConstraint("tenant", "sha256"),
)

# Counts every change of what a tenant can find, so that in-memory indexes of any process follow.
libraries = Table(
    "libraries",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
)

# What was answered to requests that carry an Idempotency-Key; the answer is missing while it is made.
answers = Table(
    "answers",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),  # of the request's body
    Column("answer", Text),
    Column("created_at", Float, nullable=False, index=True),
)

collections = Table(
    "collections",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("tenant", "name"),
)

collection_documents = Table(
    "collection_documents",
    metadata,
    Column("collection_number", ForeignKey(collections.c.number, ondelete="CASCADE"), primary_key=True),
    Column(
        "document_number", ForeignKey(documents.c.number, ondelete="CASCADE"), primary_key=True, index=True
    ),
)

# What was asked and answered in a session.
turns = Table(
    "turns",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("session", String(128), nullable=False),
    Column("question", Text, nullable=False),
    Column("standalone", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("asked_at", Float, nullable=False, index=True),
    Index(None, "tenant", "session"),
)

# What answered requests for questions; `request_key` and `library_version` say which ones it still answers.
question_sets = Table(
    "question_sets",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("tenant", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("model", String(128), nullable=False),
    Column("requested", Integer, nullable=False),
    Column("shortfall", Text),
    Column("asked", Text, nullable=False),
    Column("request_key", String(64), nullable=False),
    Column("library_version", BigInteger),
    Column("fallback_used", Integer, nullable=False, default=0),
    Column("kept", Integer, nullable=False, default=0),  # 1: a person changed it
    Column("created_at", Float, nullable=False),
    Index(None, "tenant", "request_key"),
    Index(None, "kept", "created_at"),
)

question_items = Table(
    "question_items",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("set_number", ForeignKey(question_sets.c.number, ondelete="CASCADE"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("stem_digest", String(64), nullable=False),  # of the normalised stem
    Column("document_id", String(32), nullable=False),
    Column("question", Text, nullable=False),  # JSON
    Column("edited", Integer, nullable=False, default=0),
    Index(None, "set_number"),
    Index(None, "tenant", "stem_digest"),
    Index(None, "document_id"),
)

# Keys of programs and logins of users. The secret itself is kept nowhere.
credentials = Table(
    "credentials",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("name", String(128), nullable=False),  # of a login: the user
    Column("scopes", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    # Times are Unix time by the database's clock.
    Column("created_at", Float, nullable=False),
    Column("last_used_at", Float),
    Column("expires_at", Float),
    Column("revoked_at", Float),
    Index(None, "kind", "name"),
)

users = Table(
    "users",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("scopes", String(64), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("created_at", Float, nullable=False),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("subject", String(64), primary_key=True),  # a digest of who tries to be whom
    Column("attempts", Integer, nullable=False),
    Column("began_at", Float, nullable=False, index=True),
)

# Facts about the store as a whole, e.g. which embedding model its vectors come from.
facts = Table(
    "facts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
