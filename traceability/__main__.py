"""`python -m traceability`: see `cli.py`."""

import sys

from traceability.cli import main

sys.exit(main())
