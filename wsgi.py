"""The application that a WSGI server runs."""

import gc
import sys

from portal import create_app

app = create_app()

# What the start made stays for ever: looking through it again and again would cost each request a tenth of its time.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
# A thread that holds the database's lock must get the interpreter back at once, not after the usual 5 ms.
sys.setswitchinterval(0.0005)
