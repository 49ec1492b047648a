"""The HTTP and WebSocket server as an ASGI app."""
