"""The store in memory: same semantics as the others, for tests and trials in one process."""

from flows.stores.memory.store import MemoryStore

__all__ = ["MemoryStore"]
