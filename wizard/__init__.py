"""The engine: opens images, stages fixes, commits and undoes them, and the command line over it."""

__version__ = "0.1.0"
