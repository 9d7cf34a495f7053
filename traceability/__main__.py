"""`python -m traceability verify BUNDLE --log-key KEY [--ledger notary:PATH] [--json]`."""

import sys

from traceability.verify import main

sys.exit(main())
