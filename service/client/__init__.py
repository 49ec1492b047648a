"""The client for a running server, for scripts and notebooks."""

from service.client.client import LearningClient

__all__ = ["LearningClient"]
