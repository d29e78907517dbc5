"""What a file is: by its first bytes, by its name only where the bytes do not decide."""

from __future__ import annotations

import re
from pathlib import PurePath

from backend.adapters.extractors.formats import (
    CSV,
    DOCX,
    EPUB,
    HTML,
    MARKDOWN,
    PDF,
    PPTX,
    READS,
    SRT,
    TEXT,
    VTT,
)
from backend.errors import EmptyFile, EncryptedFile, UnsupportedFile

HEAD_BYTES = 4096
_MOSTLY = 0.9
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_ADVICE = {
    "doc": 'Open the old Word file and save it as ".docx".',
    "dot": 'Open the old Word file and save it as ".docx".',
    "rtf": 'Open it in a word processor and save it as ".docx".',
    "odt": 'Open it in a word processor and save it as ".docx" or PDF.',
    "pages": 'Export it as ".docx" or PDF.',
    "ppt": 'Open the old PowerPoint file and save it as ".pptx".',
    "odp": "Export the slides as PDF.",
    "xls": "Save the table as CSV or export it as PDF.",
    "xlsx": "Save the table as CSV or export it as PDF.",
    "ods": "Save the table as CSV or export it as PDF.",
}
_OOXML = {"docx", "pptx", "xlsx", "docm", "pptm", "xlsm", "dotx", "ppsx", "potx"}
_OFFICE_PARTS = ((b"word/", DOCX), (b"ppt/", PPTX))
_ARCHIVES = {
    "docx": DOCX,
    "epub": EPUB,
    **dict.fromkeys(("pptx", "pptm", "ppsx", "ppsm", "potx"), PPTX),
}
_OLD_OFFICE = {"doc", "dot", "xls", "ppt"}
_BINARY_EXTENSIONS = {"pdf", "docx", "epub", "doc", "xls", "xlsx", "ppt", "pptx", "zip", "odt"}
_MARKDOWN = {"md", "markdown", "mdown", "mkd", "mdx"}
_BY_NAME = {"srt": SRT, "vtt": VTT, "csv": CSV, "tsv": CSV, "tab": CSV}
_HTML = {"html", "htm", "xhtml", "xht"}

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"RIFF", "a sound, video or image file"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound or video file"),
    (b"fLaC", "a sound file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"BZh", "a compressed archive"),
    (b"\xfd7zXZ", "a compressed archive"),
    (b"\x28\xb5\x2f\xfd", "a compressed archive"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "an RTF file"),
    (b"%!PS", "a PostScript file"),
)
_TEXTUAL_SIGNATURES = {b"MZ", b"BZh", b"ID3", b"RIFF"}
"""Signatures that a text may start with too: they count only where the bytes are no text."""

_HTML_MARK = re.compile(
    rb"<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>]|(?:title|meta|h1|div|p|table)\b[^>]*>.*</?\w)",
    re.IGNORECASE | re.DOTALL,
)
_VTT_MARK = re.compile(rb"WEBVTT(?=\s|\Z)")
_SRT_MARK = re.compile(rb"\s*(?:\d{1,9}\s*\n\s*)?(?:\d{1,4}:)?\d{1,3}:\d\d[.,]\d{1,3} *--> *\d")
_XML_PROLOGUE = re.compile(rb"\A\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*", re.DOTALL)
_CONTROL = bytes(code for code in range(0x20) if code not in b"\t\n\r\x0b\x0c\x1b\x15\x1a")


def recognise(head: bytes, filename: str) -> str:
    """Media type of a file from its first 4096 bytes and its name.

    Raises EmptyFile, EncryptedFile (a protected Office file) and UnsupportedFile. The type is the most
    probable one for archives, whose directory lies at the end: the reader has the last word.
    """
    head = head[:HEAD_BYTES]
    if not head:
        raise EmptyFile("The file is empty. Upload it again from the original.")
    extension = PurePath(filename.strip()).suffix.lower().lstrip(".")
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith(_ZIP):
        return _archive(head, extension)
    if head.startswith(_OLE):
        raise _old_office(head, extension)
    textual = is_text(head)
    _refuse_known_binary(head, extension, textual)
    if not textual:
        raise UnsupportedFile(_not_read("a binary file of an unknown type", extension))
    return _text_type(head, extension)


def is_text(head: bytes) -> bool:
    """Whether the bytes can be text: a Unicode mark or pattern, or hardly any control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x00\x00\xfe\xff")):
        return True
    if _sparse_nuls(head):
        return True
    printable = head.replace(b"\0", b"") if _words_around_nuls(head) else head
    return len(printable.translate(None, _CONTROL)) >= 0.98 * len(printable)


def _sparse_nuls(head: bytes) -> bool:
    """UTF-16 or UTF-32 of a Latin text without a mark: NULs at every second or three of four places."""
    if b"\0" not in head:
        return False
    share = [head[offset::4].count(0) / max(1, len(head[offset::4])) for offset in range(4)]
    full = [value > _MOSTLY for value in share]
    empty = [value < 1 - _MOSTLY for value in share]
    wide = full in ([False, True, True, True], [True, True, True, False])
    pairs = (full, empty) in (
        ([False, True] * 2, [True, False] * 2),
        ([True, False] * 2, [False, True] * 2),
    )
    return wide or pairs


def _words_around_nuls(head: bytes) -> bool:
    """A text with holes of NULs, as a crash of an editor or file system leaves them."""
    rest = head.replace(b"\0", b"")
    if not rest or len(rest) == len(head):
        return False
    plain = sum(byte in b"\t\n\r" or 0x20 <= byte < 0x7F for byte in rest)  # noqa: PLR2004  ASCII
    return len(rest) >= len(head) // 2 and plain >= 0.95 * len(rest)


def _archive(head: bytes, extension: str) -> str:
    if b"mimetypeapplication/epub+zip" in head[:200]:
        return EPUB
    for mark, media_type in _OFFICE_PARTS:
        if mark in head:
            return media_type
    for mark, found in ((b"xl/", "xlsx"), (b"opendocument.text", "odt")):
        if mark in head:
            raise UnsupportedFile(_not_read(f"a {found.upper()} file", found))
    if extension in _ARCHIVES:
        return _ARCHIVES[extension]
    if b"[Content_Types].xml" in head and extension not in _ADVICE:
        return DOCX
    raise UnsupportedFile(_not_read("a ZIP archive", extension or "zip"))


def _old_office(head: bytes, extension: str) -> EncryptedFile | UnsupportedFile:
    encrypted = "EncryptedPackage".encode("utf-16-le") in head
    if encrypted or extension in _OOXML:
        return EncryptedFile("The file is protected by a password. Save it without one and upload it again.")
    kind = extension if extension in _OLD_OFFICE else "doc"
    return UnsupportedFile(_not_read("an old Microsoft Office file", kind))


def _refuse_known_binary(head: bytes, extension: str, textual: bool) -> None:
    if head[4:12] in {b"ftypmp42", b"ftypisom", b"ftypM4A ", b"ftypqt  ", b"ftypheic", b"ftypavif"}:
        raise UnsupportedFile(_not_read("a sound, video or image file", extension))
    for mark, name in _SIGNATURES:
        if head.startswith(mark) and not (textual and mark in _TEXTUAL_SIGNATURES):
            raise UnsupportedFile(_not_read(name, "rtf" if mark == b"{\\rtf" else extension))


def _text_type(head: bytes, extension: str) -> str:
    html = looks_like_html(head)
    if extension in _BINARY_EXTENSIONS:
        what = "an HTML page" if html else "plain text"
        right = ".html" if html else ".txt"
        raise UnsupportedFile(
            f'The name says {extension.upper()}, but the content is {what}. Rename it to "{right}" if it is '
            f"meant to be read as that. {READS}."
        )
    timed = _transcript(head)
    if timed or extension in _BY_NAME:
        return timed or _BY_NAME[extension]
    if extension in _MARKDOWN:
        return MARKDOWN
    if extension in _HTML or (html and extension not in {"txt", "text"}):
        return HTML
    return TEXT


def looks_like_html(head: bytes) -> bool:
    """Whether the text starts as an HTML page does (in any encoding that keeps ASCII or UTF-16)."""
    start = _start(head)
    prologue = _XML_PROLOGUE.match(start)
    return _HTML_MARK.match(start, prologue.end() if prologue else 0) is not None


def _transcript(head: bytes) -> str | None:
    start = _start(head)
    if _VTT_MARK.match(start):
        return VTT
    return SRT if _SRT_MARK.match(start) else None


def _start(head: bytes) -> bytes:
    """The first bytes without marks of an encoding and the NULs of wide characters."""
    start = head.replace(b"\0", b"")
    return start.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")


def _not_read(what: str, extension: str) -> str:
    advice = _ADVICE.get(extension)
    return f"This is {what}. {READS}.{' ' + advice if advice else ''}"
