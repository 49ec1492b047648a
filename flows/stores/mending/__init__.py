"""Mending a store: what earlier versions stored otherwise than this one would."""

from flows.stores.mending.mend import Mend, MendKind, MendOutcome, Rules, mend

__all__ = ["Mend", "MendKind", "MendOutcome", "Rules", "mend"]
