"""The application that a WSGI server runs."""

import gc

from portal import create_app

app = create_app()

# What the start made stays for ever: looking through it again and again would cost each request a tenth of its time.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
