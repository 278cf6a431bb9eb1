"""`python -m rlzoo`."""

import sys

from rlzoo.cli import main

if __name__ == "__main__":
    sys.exit(main())
