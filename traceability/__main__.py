"""`python -m traceability verify BUNDLE --log-key KEY [--ledger URL] [--json]`."""

import sys

from traceability.verify import main

sys.exit(main())
