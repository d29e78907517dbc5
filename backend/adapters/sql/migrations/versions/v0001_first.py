"""Documents, chunks, vectors, jobs, sessions, and the keyword index of SQLite."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first schema."""
    _documents()
    _chunks()
    _origins()
    _candidates()
    _jobs()
    _rest()
    _conversations()
    _questions()
    _access()
    if op.get_bind().dialect.name == "sqlite":
        _keywords()


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("media_type", sa.String(128), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("author", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("creator", sa.Text),
        sa.Column("producer", sa.Text),
        sa.Column("creation_date", sa.String(64)),
        sa.Column("modification_date", sa.String(64)),
        sa.Column("url", sa.Text),
        sa.Column("pages", sa.Integer),
        sa.Column("chunks", sa.Integer, nullable=False),
        sa.Column("text_length", sa.BigInteger, nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("warning", sa.Text),
        sa.Column("published_at", sa.DateTime),
        sa.Column("mined_at", sa.DateTime),
        sa.UniqueConstraint("tenant", "sha256"),
        sqlite_autoincrement=True,
    )


def _chunks() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "chunks",
        sa.Column("key", key, primary_key=True, autoincrement=False),
        sa.Column(
            "document_number",
            sa.Integer,
            sa.ForeignKey("documents.number", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("page", sa.Integer),
        sa.Column("heading", sa.Text),
        sa.Column("start_seconds", sa.Float),
    )
    op.create_index("ix_chunks_document_number", "chunks", ["document_number"])
    op.create_table(
        "vectors",
        sa.Column(
            "key", key, sa.ForeignKey("chunks.key", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )


def _origins() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "document_origins",
        sa.Column(
            "document_number",
            sa.Integer,
            sa.ForeignKey("documents.number", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("product", sa.String(32), nullable=False),
        sa.Column("ref_id", sa.Text),
        sa.Column("said", sa.Text, nullable=False),
    )
    op.create_table(
        "node_origins",
        sa.Column(
            "key", key, sa.ForeignKey("chunks.key", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("node_id", sa.Text, nullable=False),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("relationships", sa.Text, nullable=False),
        sa.Column("rest", sa.Text, nullable=False),
    )
    op.create_index("ix_node_origins_node_id", "node_origins", ["node_id"])


def _candidates() -> None:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "question_candidates",
        sa.Column(
            "key", key, sa.ForeignKey("chunks.key", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("mode", sa.String(16), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document_number", sa.Integer, nullable=False),
        sa.Column("section", sa.BigInteger, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("difficulty", sa.String(16), nullable=False),
        sa.Column("bloom", sa.String(16), nullable=False),
        sa.Column("stem", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("quote", sa.Text, nullable=False),
        sa.Column("rubric", sa.Text, nullable=False),
    )
    op.create_index(
        "ix_question_candidates_document_number_mode_turn",
        "question_candidates",
        ["document_number", "mode", "turn"],
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("queue", sa.String(32), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("parent", sa.String(64)),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("phase", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("breaks", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(128)),
        sa.Column("lease_until", sa.Float),
        sa.Column("heartbeat_at", sa.Float),
        sa.Column("checkpoint", sa.Integer, nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("fraction", sa.Float, nullable=False),
        sa.Column("pace_at", sa.Float),
        sa.Column("pace_done", sa.Integer, nullable=False),
        sa.Column("pace_fraction", sa.Float, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_message", sa.Text),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("ended_at", sa.Float),
        sqlite_autoincrement=True,
    )
    turn = ["state", "priority", "tenant", "number", "tries"]
    op.create_index("ix_jobs_state_priority_tenant_number_tries", "jobs", turn)
    op.create_index("ix_jobs_parent", "jobs", ["parent"])


def _rest() -> None:
    op.create_table(
        "sessions",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("session", sa.String(128), primary_key=True),
        sa.Column(
            "document_number",
            sa.Integer,
            sa.ForeignKey("documents.number", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("selected_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "small_files",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("stored_at", sa.Float, nullable=False),
        sa.UniqueConstraint("tenant", "sha256", name="uq_small_files_tenant_sha256"),
    )
    op.create_table(
        "libraries",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "answers",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("ix_answers_created_at", "answers", ["created_at"])
    op.create_table(
        "facts",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _conversations() -> None:
    op.create_table(
        "collections",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.UniqueConstraint("tenant", "name", name="uq_collections_tenant_name"),
    )
    to_collection = sa.ForeignKey("collections.number", ondelete="CASCADE")
    to_document = sa.ForeignKey("documents.number", ondelete="CASCADE")
    op.create_table(
        "collection_documents",
        sa.Column("collection_number", sa.Integer, to_collection, primary_key=True),
        sa.Column("document_number", sa.Integer, to_document, primary_key=True),
    )
    op.create_index("ix_collection_documents_document_number", "collection_documents", ["document_number"])
    op.create_table(
        "turns",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("session", sa.String(128), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("standalone", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Float, nullable=False),
    )
    op.create_index("ix_turns_asked_at", "turns", ["asked_at"])
    op.create_index("ix_turns_tenant_session", "turns", ["tenant", "session"])


def _questions() -> None:
    op.create_table(
        "question_sets",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("requested", sa.Integer, nullable=False),
        sa.Column("shortfall", sa.Text),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("request_key", sa.String(64), nullable=False),
        sa.Column("library_version", sa.BigInteger),
        sa.Column("fallback_used", sa.Integer, nullable=False),
        sa.Column("kept", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("ix_question_sets_tenant_request_key", "question_sets", ["tenant", "request_key"])
    op.create_index("ix_question_sets_kept_created_at", "question_sets", ["kept", "created_at"])
    op.create_table(
        "question_items",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column(
            "set_number",
            sa.Integer,
            sa.ForeignKey("question_sets.number", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("stem_digest", sa.String(64), nullable=False),
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("edited", sa.Integer, nullable=False),
    )
    op.create_index("ix_question_items_set_number", "question_items", ["set_number"])
    op.create_index("ix_question_items_tenant_stem_digest", "question_items", ["tenant", "stem_digest"])
    op.create_index("ix_question_items_document_id", "question_items", ["document_id"])


def _access() -> None:
    op.create_table(
        "credentials",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(16), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("last_used_at", sa.Float),
        sa.Column("expires_at", sa.Float),
        sa.Column("revoked_at", sa.Float),
    )
    op.create_index("ix_credentials_kind_name", "credentials", ["kind", "name"])
    op.create_table(
        "users",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "login_attempts",
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("began_at", sa.Float, nullable=False),
    )
    op.create_index("ix_login_attempts_began_at", "login_attempts", ["began_at"])


def _keywords() -> None:
    """FTS5 beside the rows: its entries go with their document, whoever deletes it."""
    op.execute(
        "CREATE VIRTUAL TABLE chunk_terms USING fts5(tenant, heading, body, "
        "tokenize = \"porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")"
    )
    # 16777216 = 2**24 chunk keys a document (models/documents.py, POSITION_BITS).
    op.execute(
        "CREATE TRIGGER documents_forget_terms AFTER DELETE ON documents BEGIN "
        "DELETE FROM chunk_terms WHERE rowid >= old.number * 16777216 "
        "AND rowid < (old.number + 1) * 16777216; END"
    )


def downgrade() -> None:
    """Remove everything."""
    origins = ("node_origins", "document_origins")
    for table in (
        "login_attempts",
        "users",
        "credentials",
        "turns",
        "collection_documents",
        "collections",
        "question_items",
        "question_sets",
        *origins,
        "question_candidates",
        "vectors",
        "chunks",
        "sessions",
        "documents",
        "jobs",
        "small_files",
        "libraries",
        "answers",
        "facts",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE chunk_terms")
