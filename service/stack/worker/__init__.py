"""The worker that runs flows, and its warm pool."""
