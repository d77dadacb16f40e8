"""`python -m autograd_core.debug SCRIPT.py`: step through what a script computes."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
