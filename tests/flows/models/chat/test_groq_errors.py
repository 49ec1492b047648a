"""What messages call the server that is asked, and what they advise."""

import pytest

from flows.models.chat.errors import key_advice, model_advice, server_name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.groq.com", "Groq"),
        ("https://eu.api.groq.com/openai", "Groq"),
        ("https://notgroq.com", "notgroq.com"),
        ("http://127.0.0.1:8080/v1", "127.0.0.1:8080"),
        ("http://user:secret@llm.example.org", "llm.example.org"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_messages_name_the_server_that_is_asked(url, name):
    assert server_name(url) == name
    assert ("console.groq.com" in key_advice(name)) == (name == "Groq")
    assert ("console.groq.com" in model_advice(name)) == (name == "Groq")
