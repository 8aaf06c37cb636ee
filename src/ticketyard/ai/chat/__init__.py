"""A language model behind an OpenAI-compatible address: asked politely, never trusted, never waited for."""
