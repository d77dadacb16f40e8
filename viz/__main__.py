"""Draw a value of a script: `python -m viz SCRIPT.py --root loss -o graph.svg`."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
