"""What an index has that may be changed, and how it is let go."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from backend.adapters.faiss_engine.grower import Grower
from backend.adapters.faiss_engine.keeper import Keeper
from backend.adapters.faiss_engine.locks import FileLock
from backend.adapters.faiss_engine.spec import Upkeep
from backend.adapters.faiss_engine.writer import Writer
from backend.errors import QuaestioError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WritingSide:
    """Of an index that is open for writing; ``grower`` of an ``Auto`` one."""

    lock: FileLock
    writer: Writer
    keeper: Keeper
    grower: Grower | None
    rules: Upkeep

    def close(self) -> None:
        """Finish what was handed in, take a snapshot of a long log, let go of lock and log."""
        self.writer.close()
        self.keeper.stop()
        if self.grower is not None:
            self.grower.stop()
        try:
            if self.writer.log.bytes > self.rules.closing_log_bytes:
                self._try_to_snapshot()
        finally:
            self.writer.log.close()
            self.lock.close()

    def _try_to_snapshot(self) -> None:
        """Without it the next opening replays the log: a full disk keeps no index from being closed."""
        try:
            self.keeper.snapshot()
        except QuaestioError as error:
            logger.warning("no snapshot at closing: %s", error)
