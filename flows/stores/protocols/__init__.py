"""The small protocols that `flows.stores.base.Store` is composed of."""
