"""`python -m service.cli`, which is `learn`."""

import sys

from service.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
