"""Mending a store: what earlier versions stored otherwise than this one would."""

from flows.stores.mending.mend import Mend, MendKind, MendOutcome, MendRules, mend_store

__all__ = ["Mend", "MendKind", "MendOutcome", "MendRules", "mend_store"]
