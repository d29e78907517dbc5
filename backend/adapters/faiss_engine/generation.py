"""Snapshots: a folder of checksummed files per generation, complete or not there at all."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import xxhash

from backend.adapters.faiss_engine import structure
from backend.adapters.faiss_engine.blocks import BLOCK, BlockFile, Mapped, Sums, write_arrays
from backend.adapters.faiss_engine.disk import Disk
from backend.adapters.faiss_engine.locks import FileLock
from backend.adapters.faiss_engine.rows import Rows, Stored
from backend.adapters.faiss_engine.spec import IndexSpec
from backend.errors import DamagedIndex, InvalidRequest

KEPT = 2
"""Generations that stay; the log reaches back to the older one."""

_DIGEST = 16
_FORMAT = 1
_AT_ONCE = 4 * BLOCK
"""Files up to this size are checked whenever they are opened."""

INDEX = "index.faiss"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. ``sequence`` is the last change in it; ``files`` what they must be."""

    identity: bytes
    spec: IndexSpec
    number: int
    sequence: int
    note: bytes
    files: dict[str, Sums]

    def to_bytes(self) -> bytes:
        """With a checksum in front."""
        body = orjson.dumps(
            {
                "format": _FORMAT,
                "identity": self.identity.hex(),
                "spec": self.spec.to_json(),
                "generation": self.number,
                "sequence": self.sequence,
                "note": base64.b64encode(self.note).decode(),
                "files": {name: [sums.size, *sums.blocks] for name, sums in self.files.items()},
            }
        )
        return xxhash.xxh3_128_digest(body) + body


def _manifest(path: Path) -> Manifest:
    content = path.read_bytes()
    if len(content) <= _DIGEST or xxhash.xxh3_128_digest(content[_DIGEST:]) != content[:_DIGEST]:
        raise DamagedIndex(f"The manifest of {path.parent.name} is damaged.")
    told: dict[str, Any] = orjson.loads(content[_DIGEST:])
    if told["format"] != _FORMAT:
        raise DamagedIndex(f"{path.parent.name} was written by a newer version of this program.")
    files = {name: Sums(size, tuple(blocks)) for name, (size, *blocks) in told["files"].items()}
    return Manifest(
        bytes.fromhex(told["identity"]),
        IndexSpec(**told["spec"]),
        told["generation"],
        told["sequence"],
        base64.b64decode(told["note"]),
        files,
    )


def generations(folder: Path) -> list[tuple[int, Path]]:
    """Number and folder of each complete generation, newest first."""
    found = ((int(p.name[4:]), p) for p in folder.glob("gen-*") if p.name[4:].isdigit())
    return sorted(found, reverse=True)


class Generation:
    """An opened generation: its files stay readable until ``close``, also when it is replaced meanwhile.

    Raises DamagedIndex or FileNotFoundError. Unless ``whole``, large files of types that a damaged byte
    cannot make dangerous are left unchecked: ``unchecked`` names their blocks.
    """

    def __init__(self, path: Path, *, whole: bool) -> None:
        self.path = path
        self._lock = FileLock(path / "manifest")
        try:
            self._lock.take(shared=True)
            self.manifest = _manifest(path / "manifest")
            self._files = {name: Mapped(path / name, sums) for name, sums in self.manifest.files.items()}
            self._late: list[tuple[Mapped, range]] = []
            for name, file in self._files.items():
                if whole or file.sums.size <= _AT_ONCE:
                    file.check_all()
                elif name != INDEX:
                    self._late.append((file, range(len(file.sums.blocks))))
            self.index = self._index()
        except BaseException:
            self._lock.close()
            raise

    def _index(self) -> structure.Index:
        spec = self.manifest.spec
        if INDEX not in self._files:
            return structure.make(spec)
        file = self._files[INDEX]
        blocks = len(file.sums.blocks)
        if file.sums.size > _AT_ONCE and self._late_allowed(spec):
            file.check([0, blocks - 1])
            self._late.append((file, range(1, blocks - 1)))
        else:
            file.check_all()
        return _read(file.path, spec, mapped=True)

    def _late_allowed(self, spec: IndexSpec) -> bool:
        return structure.only_numbers(structure.make(spec))

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(sums.size for sums in self.manifest.files.values())

    def unchecked(self) -> Iterator[tuple[Mapped, int]]:
        """Blocks that opening left out."""
        return ((file, number) for file, blocks in self._late for number in blocks)

    def checked(self) -> None:
        """Nothing is left to check."""
        self._late = []

    def check(self) -> None:
        """Check what is left; raises DamagedIndex."""
        for file, number in self.unchecked():
            file.check([number])
        self.checked()

    def owned_index(self) -> structure.Index:
        """The FAISS index in memory of its own, read after all blocks were found sound."""
        self.check()
        if INDEX not in self._files:
            return structure.make(self.manifest.spec)
        return _read(self.path / INDEX, self.manifest.spec, mapped=False)

    def rows(self) -> Rows:
        """Ids, metadata and removals."""
        ids = self._files["ids"].array(np.int64)
        bits = np.unpackbits(self._files["dead"].array(np.uint8), count=len(ids), bitorder="little")
        by_id, order = self._files["by_id"].array(np.int64), self._files["order"].array(np.uint32)
        if not len(by_id) and not bits.any():
            by_id, order = ids, np.arange(len(ids), dtype=np.uint32)
        offsets = self._files["offsets"].array(np.uint64)
        metadata = self._files["metadata"] if len(offsets) else None
        return Rows(Stored(ids, bits.astype(np.bool_), by_id, order, offsets, metadata))

    def close(self) -> None:
        """Let the files go; arrays and the index that came from them stay usable while they are held."""
        self._lock.close()


def _read(path: Path, spec: IndexSpec, *, mapped: bool) -> structure.Index:
    try:
        return structure.read(path, spec, mapped=mapped)
    except InvalidRequest as error:
        raise DamagedIndex(f"{path.name} cannot be read: {error}") from error


def write_generation(
    folder: Path,
    identity: bytes,
    spec: IndexSpec,
    sequence: int,
    note: bytes,
    index: structure.Index,
    rows: Rows,
    disk: Disk,
) -> Path:
    """A new generation, durable and complete; raises OSError and leaves nothing behind."""
    number = max((n for n, _ in generations(folder)), default=0) + 1
    path, fresh = folder / f"gen-{number:08d}", folder / f"new-{number:08d}"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir()
        # One that is not trained holds nothing, and FAISS cannot read some such types again.
        files = {INDEX: structure.write(index, fresh / INDEX, disk)} if index.is_trained else {}
        disk.reached("snapshot.index")
        files |= _write_rows(fresh, rows, disk)
        disk.reached("snapshot.rows")
        with BlockFile(fresh / "manifest", disk) as file:
            file.write(Manifest(identity, spec, number, sequence, note, files).to_bytes())
        disk.sync_folder(fresh)
        disk.reached("snapshot.complete")
        fresh.rename(path)
        disk.sync_folder(folder)
        disk.reached("snapshot.named")
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return path


def _write_rows(folder: Path, rows: Rows, disk: Disk) -> dict[str, Sums]:
    by_id, order = rows.sorted_ids()
    ids, nothing = rows.all_ids(), np.empty(0, np.int64)
    if len(by_id) == len(ids) and np.array_equal(by_id, ids):
        by_id, order = nothing, nothing  # the ids themselves are sorted
    arrays: dict[str, npt.NDArray[Any]] = {
        "ids": ids,
        "dead": np.packbits(rows.dead, bitorder="little"),
        "by_id": by_id,
        "order": order.astype(np.uint32),
    }
    files = {name: write_arrays(folder / name, [array], disk) for name, array in arrays.items()}
    offsets = np.zeros(rows.count + 1 if rows.metadata_bytes else 0, np.uint64)
    with BlockFile(folder / "metadata", disk) as file:
        if rows.metadata_bytes:
            end = 0
            for position in range(rows.count):
                text = b"" if rows.dead[position] else rows.metadata_at(position)
                file.write(text)
                end += len(text)
                offsets[position + 1] = end
    files["metadata"] = file.sums
    files["offsets"] = write_arrays(folder / "offsets", [offsets], disk)
    return files


def forget_old(folder: Path) -> int:
    """Remove what is neither kept nor read by anyone; returns the last change in the oldest kept one."""
    for remains in folder.glob("new-*"):
        shutil.rmtree(remains, ignore_errors=True)
    kept = 0
    oldest = 0
    for _, path in generations(folder):
        if kept < KEPT:
            with suppress(DamagedIndex, OSError):
                oldest = _manifest(path / "manifest").sequence
                kept += 1
            continue
        with suppress(OSError):
            lock = FileLock(path / "manifest")
            if lock.take():
                gone = path.with_name(f"new-{path.name[4:]}")
                path.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
            lock.close()
    return oldest if kept == KEPT else 0
