"""One driver for OpenAI-shaped chat APIs; Groq is a profile of it."""
