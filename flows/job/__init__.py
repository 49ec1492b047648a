"""One attempt of a job, from its beginning to its end."""
