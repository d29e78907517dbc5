"""What a document of LlamaIndex is called here, from metadata that readers give to its nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from backend.models.documents import DocumentMetadata
from backend.utils.file_names import safe_name
from backend.utils.unicode_text import without_surrogates

_FILE = ("file_name", "filename", "file_path", "path", "source_file")
_TITLE = ("title", "document_title", "Title")
_URL = ("url", "URL", "source_url", "web_url", "link")
_AUTHOR = ("author", "authors", "Author")
_LONGEST = 1000

MEDIA_TYPE = "application/x-llamaindex"


def filename_of(said: Mapping[str, Any], ref: str | None, store: str) -> str:
    """The name of the file; else where it came from, its title or its id."""
    source = _first(said, ("source",))
    named = _first(said, _FILE) or (source if source and not source.isdigit() else None)
    named = named or _first(said, _TITLE) or _first(said, _URL) or ref or store
    # An address has its name at the end, too, but not behind a slash that ends it.
    return safe_name(re.sub(r"[?#].*$", "", named).rstrip("/\\") if "://" in named else named)


def metadata_of(said: Mapping[str, Any]) -> DocumentMetadata:
    """Title, author, address and dates, where they are told."""
    address = _first(said, (*_URL, "source", "file_path"))
    return DocumentMetadata(
        title=_first(said, _TITLE),
        author=_first(said, _AUTHOR),
        subject=_first(said, ("subject", "category")),
        creation_date=_date(said, "creation_date"),
        modification_date=_date(said, "last_modified_date"),
        url=address if address and re.match(r"https?://", address) else None,
    )


def media_type_of(said: Mapping[str, Any]) -> str:
    """What the reader took the file for."""
    told = _first(said, ("file_type", "mimetype"))
    return told if told and re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", told, re.ASCII) else MEDIA_TYPE


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = said.get(name)
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            value = ", ".join(value)
        if isinstance(value, str) and value.strip():
            return without_surrogates(value).strip()[:_LONGEST]
    return None


def _date(said: Mapping[str, Any], name: str) -> str | None:
    told = _first(said, (name,))
    return told[:64] if told else None
