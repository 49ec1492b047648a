"""The store in a Firestore database, for any number of processes on any number of machines."""

from flows.stores.firestore.driver.location import Location
from flows.stores.firestore.store import FirestoreStore

__all__ = ["FirestoreStore", "Location"]
