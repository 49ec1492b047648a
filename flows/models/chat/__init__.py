"""One driver for chat APIs of OpenAI's shape; Groq is a profile of it."""
