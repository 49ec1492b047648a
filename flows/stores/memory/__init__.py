"""The store in memory: the double of the others, with their semantics to the letter, for tests and trials in
one process.
"""

from flows.stores.memory.store import MemoryStore

__all__ = ["MemoryStore"]
