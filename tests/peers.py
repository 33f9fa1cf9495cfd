"""A peer on loopback that says something and hangs up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def peer(said: bytes) -> Iterator[str]:
    """Its address, as the commands take it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            other, _ = server.accept()
            with other:
                other.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        thread.join()
