"""FAISS indexes that last: durable, mapped, checked, with one writer each.

``Engine`` makes, opens and drops them; ``EngineIndex`` searches and changes one. See
docs/adr/0007-faiss-engine.md.
"""

from backend.adapters.faiss_engine.changes import Change, Note, Put, Remove, Reset
from backend.adapters.faiss_engine.engine import Engine, Opening
from backend.adapters.faiss_engine.index import EngineIndex
from backend.adapters.faiss_engine.spec import IndexSpec, Limits, Upkeep
from backend.adapters.faiss_engine.stats import Stats
from backend.adapters.faiss_engine.writer import Outcome

__all__ = [
    "Change",
    "Engine",
    "EngineIndex",
    "IndexSpec",
    "Limits",
    "Note",
    "Opening",
    "Outcome",
    "Put",
    "Remove",
    "Reset",
    "Stats",
    "Upkeep",
]
