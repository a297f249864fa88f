"""The engine: opens images, stages fixes, commits and undoes them, and the command line over it."""

import logging

__version__ = "0.1.0"

# Log records go to a file when the command line says so, and never to the terminal: the screens are drawn there.
logging.getLogger("wizard").addHandler(logging.NullHandler())
