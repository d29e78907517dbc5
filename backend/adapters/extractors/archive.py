"""ZIP containers, checked before anything is inflated."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, Self

from lxml import etree

from backend.errors import DamagedFile, EncryptedFile, ExtractionLimit

_MAX_PARTS = 10_000
_MAX_PART_BYTES = 256 << 20
_MAX_TOTAL_BYTES = 512 << 20
_SMALL_PART_BYTES = 16 << 20
_MAX_RATIO = 100
"""Inflated to stored; text markup reaches 10 to 40. Only parts over ``_SMALL_PART_BYTES`` are held to it."""

_BROKEN = "The file is damaged or cut off. Save or download it again."


class Archive:
    """The parts of a ZIP file by name. Names never become paths; nothing is written.

    Raises DamagedFile for a broken container and ExtractionLimit for one that promises to inflate
    beyond reason; zipfile itself stops a part that inflates beyond its promise.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise DamagedFile(_BROKEN) from error
        self._total = 0
        if len(self._zip.filelist) > _MAX_PARTS:
            raise ExtractionLimit(
                f"The file holds more than {_MAX_PARTS:,} parts. Save it as PDF and upload that."
            )

    def __enter__(self) -> Self:
        """The archive itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        """Whether there is a part of that name."""
        return name in self._zip.NameToInfo

    def size(self, name: str) -> int:
        """Bytes that the part inflates to."""
        return self._zip.NameToInfo[name].file_size

    def open(self, name: str) -> IO[bytes]:
        """A stream of the part's bytes; its promised size counts towards the limit at once."""
        part = self._zip.NameToInfo[name]
        self._check(part)
        if part.flag_bits & 1:
            raise EncryptedFile(
                "The file is protected by a password. Save it without one and upload it again."
            )
        try:
            return self._zip.open(part)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise DamagedFile(_BROKEN) from error

    def read(self, name: str) -> bytes:
        """All bytes of the part."""
        try:
            with self.open(name) as stream:
                return stream.read()
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise DamagedFile(_BROKEN) from error

    def _check(self, part: zipfile.ZipInfo) -> None:
        self._total += part.file_size
        bomb = (
            part.file_size > _SMALL_PART_BYTES and part.file_size > _MAX_RATIO * max(1, part.compress_size)
        ) or part.file_size > _MAX_PART_BYTES
        if bomb or self._total > _MAX_TOTAL_BYTES:
            raise ExtractionLimit(
                "The file would unpack to far more data than a document holds, so it was not opened. "
                "Save it again from the program it was made with."
            )


def parse_xml(archive: Archive, name: str) -> Any:  # noqa: ANN401  lxml ships no types
    """The root of a small XML part: no entities, no network, no huge trees."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(archive.read(name), parser)
    except etree.XMLSyntaxError as error:
        raise DamagedFile(_BROKEN) from error
    refuse_document_type(root)
    return root


def refuse_document_type(root: Any) -> None:  # noqa: ANN401  lxml ships no types
    """Office and EPUB programs declare no entities of their own; a file that does is an attack."""
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(iter(declared.iterentities()), None) is not None:
        raise DamagedFile(
            "The file declares its own XML entities, which no document program does; it is not read."
        )
