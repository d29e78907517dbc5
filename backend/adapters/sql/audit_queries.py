"""What must never be found in the database: each query gives the rows that break one rule."""

from __future__ import annotations

from dataclasses import dataclass

from backend.models.documents import POSITION_BITS

_POSITION = f"(c.key & {(1 << POSITION_BITS) - 1})"
_DOCUMENT = f"(%s >> {POSITION_BITS})"
_ENDED = "('finished', 'failed', 'stopped')"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, the rows that break it, and the sentence to say of each."""

    area: str
    query: str
    sentence: str
    """A format for the columns of the query, by position."""
    harmless: bool = False


RULES = (
    Rule(
        "passages",
        f"SELECT d.filename, d.id, d.chunks, count(c.key), coalesce(min({_POSITION}), 0), "  # noqa: S608 - constants
        f"coalesce(max({_POSITION}), 0), count(DISTINCT c.start) FROM documents d "
        "LEFT JOIN chunks c ON c.document_number = d.number WHERE d.published_at IS NOT NULL "
        f"GROUP BY d.number HAVING d.chunks = 0 OR count(c.key) != d.chunks OR min({_POSITION}) != 0 "
        f"OR max({_POSITION}) != d.chunks - 1 OR count(DISTINCT c.start) != count(c.key)",
        "{0} ({1}) should have {2} passages; {3} are stored, at positions {4} to {5} and {6} places.",
    ),
    Rule(
        "passages",
        'SELECT d.filename, d.id, d.text_length, max(c."end") FROM documents d '
        "JOIN chunks c ON c.document_number = d.number WHERE d.published_at IS NOT NULL "
        'GROUP BY d.number HAVING max(c."end") > d.text_length',
        "{0} ({1}) is {2} characters long, but its last passage ends at {3}.",
    ),
    Rule(
        "passages",
        f"SELECT c.key, c.document_number FROM chunks c WHERE {_DOCUMENT % 'c.key'} != c.document_number "  # noqa: S608
        "OR NOT EXISTS (SELECT 1 FROM documents d WHERE d.number = c.document_number)",
        "Passage {0:x} belongs to no document, or to another than number {1}.",
    ),
    Rule(
        "vectors",
        "SELECT d.filename, d.id, count(*) FROM documents d JOIN chunks c ON c.document_number = d.number "
        "LEFT JOIN vectors v ON v.key = c.key WHERE d.published_at IS NOT NULL AND v.key IS NULL "
        "GROUP BY d.number",
        "{0} ({1}) has {2} passages without a vector.",
    ),
    Rule(
        "vectors",
        "SELECT v.key FROM vectors v LEFT JOIN chunks c ON c.key = v.key WHERE c.key IS NULL",
        "Vector {0:x} belongs to no passage.",
    ),
    Rule(
        "keywords",
        "SELECT d.filename, d.id, count(*) FROM documents d JOIN chunks c ON c.document_number = d.number "
        "LEFT JOIN chunk_terms_docsize t ON t.id = c.key "
        "WHERE d.published_at IS NOT NULL AND t.id IS NULL GROUP BY d.number",
        "{0} ({1}) has {2} passages without a keyword entry.",
    ),
    Rule(
        "keywords",
        "SELECT t.id FROM chunk_terms_docsize t LEFT JOIN chunks c ON c.key = t.id WHERE c.key IS NULL",
        "Keyword entry {0:x} belongs to no passage.",
    ),
    Rule(
        "keywords",
        "SELECT d.filename, d.id, count(*) FROM chunk_terms_docsize t "  # noqa: S608
        f"JOIN documents d ON d.number = {_DOCUMENT % 't.id'} JOIN jobs j ON j.id = d.job_id "
        f"WHERE d.published_at IS NULL AND j.state IN {_ENDED} GROUP BY d.number",
        "{0} ({1}) has {2} keyword entries, but it was not finished.",
    ),
    Rule(
        "documents",
        "SELECT d.filename, d.id FROM documents d LEFT JOIN jobs j ON j.id = d.job_id WHERE j.id IS NULL",
        "{0} ({1}) has no job, so nobody can see it.",
    ),
    Rule(
        "documents",
        "SELECT d.filename, d.id, j.state FROM documents d JOIN jobs j ON j.id = d.job_id "
        "WHERE d.published_at IS NOT NULL AND j.state IN ('failed', 'stopped')",
        "{0} ({1}) can be found though its job is {2}.",
    ),
    Rule(
        "documents",
        "SELECT d.filename, d.id FROM documents d JOIN jobs j ON j.id = d.job_id "
        "WHERE d.published_at IS NULL AND j.state = 'finished'",
        "{0} ({1}) cannot be found though its job has finished.",
    ),
    Rule(
        "documents",
        "SELECT d.filename, d.id, count(*) FROM chunks c JOIN documents d ON d.number = c.document_number "
        "JOIN jobs j ON j.id = d.job_id WHERE d.published_at IS NULL AND j.state IN ('failed', 'stopped') "
        "GROUP BY d.number",
        "{0} ({1}) did not finish and keeps {2} passages until the next sweep.",
        harmless=True,
    ),
    Rule(
        "jobs",
        "SELECT c.id, c.state, p.id, p.state FROM jobs c JOIN jobs p ON p.id = c.parent "  # noqa: S608
        f"WHERE p.state IN {_ENDED} AND c.state NOT IN {_ENDED}",
        "Job {0} is {1}, but its whole, {2}, is {3}.",
    ),
    Rule(
        "jobs",
        "SELECT c.id, c.parent FROM jobs c LEFT JOIN jobs p ON p.id = c.parent "
        "WHERE c.parent IS NOT NULL AND p.id IS NULL",
        "Job {0} is a part of {1}, which is not there.",
    ),
    Rule(
        "jobs",
        "SELECT j.id, j.kind FROM jobs j WHERE j.state = 'started' AND j.lease_until IS NULL "  # noqa: S608
        f"AND NOT EXISTS (SELECT 1 FROM jobs c WHERE c.parent = j.id AND c.state NOT IN {_ENDED})",
        "Job {0} ({1}) is started, but nobody holds it and it waits for no part.",
    ),
    Rule(
        "jobs",
        "SELECT j.id, j.kind, j.subject FROM jobs j LEFT JOIN documents d ON d.id = j.subject "
        "WHERE j.kind IN ('ingest', 'embed') AND d.id IS NULL",
        "Job {0} ({1}) is about the document {2}, which is not there.",
    ),
    Rule(
        "database",
        'SELECT "table", rowid, parent FROM pragma_foreign_key_check',
        "Row {1} of {0} refers to a row of {2} that is not there.",
    ),
    Rule(
        "database",
        "SELECT quick_check FROM pragma_quick_check WHERE quick_check != 'ok'",
        "SQLite says: {0}.",
    ),
)
