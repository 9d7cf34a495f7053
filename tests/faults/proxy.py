"""A fault proxy between any two parts: bytes pass, are held back, or their answer is swallowed."""

import socket
import threading
from contextlib import suppress
from typing import Literal

Mode = Literal["ok", "hold", "swallow"]


class Proxy:
    """Forwards a port of loopback to `target`. `hold`: the target sees nothing; `swallow`: it does, nobody hears."""

    def __init__(self) -> None:
        self.target = 0
        self.caught = threading.Event()
        self._mode: Mode = "ok"
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, mode: Mode) -> None:
        """Behave so from now on; `caught` is set when the first bytes are kept."""
        self.caught.clear()
        self._mode = mode

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listening.accept()[0],), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller:
            try:
                target = socket.create_connection(("127.0.0.1", self.target), timeout=60)
            except OSError:
                return
            with target:
                back = threading.Thread(target=self._pump, args=(target, caller, "swallow"), daemon=True)
                back.start()
                self._pump(caller, target, "hold")
                back.join(timeout=60)

    def _pump(self, source: socket.socket, sink: socket.socket, keeps: Mode) -> None:
        """Carry bytes one way until either end closes; in the mode that keeps this way's, drop them and say so."""
        with suppress(OSError):
            while data := source.recv(65536):
                if self._mode == keeps:
                    self.caught.set()
                    while source.recv(65536):
                        pass
                    break
                sink.sendall(data)
        with suppress(OSError):  # a target that is gone leaves nobody to talk to; a caller may still listen
            sink.shutdown(socket.SHUT_RDWR if keeps == "swallow" else socket.SHUT_WR)
