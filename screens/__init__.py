"""The terminal wizard: Textual screens over the engine."""
