"""A door in front of a real broker that can be shut: refused, or silent as a hanging one is. Loopback only."""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

RABBITMQ = "amqp://guest:guest@127.0.0.1:5672"


def answers(port: int) -> bool:
    """Whether a service listens on this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def private_vhost(name: str) -> Iterator[str]:
    """The address of a RabbitMQ virtual host of our own; the default one, where we may not make one."""
    control = shutil.which("rabbitmqctl") or "/usr/sbin/rabbitmqctl"

    def run(*arguments: str) -> bool:
        try:
            return (
                subprocess.run(
                    [control, "-q", *arguments], capture_output=True, check=False, timeout=60
                ).returncode
                == 0
            )
        except (OSError, subprocess.TimeoutExpired):
            return False

    made = run("add_vhost", name) and run("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
    try:
        yield f"{RABBITMQ}/{name if made else '/'}"
    finally:
        if made:
            run("delete_vhost", name)


class Door:
    """Forwards a local port to a broker; `refuse()`, `hang()` and `open()` change what clients meet."""

    def __init__(self, port: int) -> None:
        self.target = ("127.0.0.1", port)
        self.state = "open"
        self.pairs: list[socket.socket] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        self.running = True
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, broker_url: str) -> str:
        """The broker's address with our port in it."""
        parts = urlsplit(broker_url)
        return broker_url.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{self.port}", 1)

    def refuse(self) -> None:
        """Cut all connections and take no new ones."""
        self.state = "refuse"
        self._cut()

    def hang(self) -> None:
        """Take connections and never answer."""
        self.state = "hang"

    def open(self) -> None:
        """Let everything through again; connections that hung are cut."""
        self._cut()
        self.state = "open"

    def close(self) -> None:
        """Shut for good."""
        self.running = False
        self._cut()
        self.server.close()

    def _cut(self) -> None:
        pairs, self.pairs = self.pairs, []
        for side in pairs:
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()

    def _accept(self) -> None:
        while self.running:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            if self.state == "refuse":
                client.close()
            else:
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        try:
            broker = socket.create_connection(self.target, timeout=5)
        except OSError:
            client.close()
            return
        self.pairs += [client, broker]
        other = {client: broker, broker: client}
        with contextlib.suppress(OSError, ValueError):
            while self.running:
                for side in (
                    select.select([client, broker], [], [], 0.5)[0] if self.state == "open" else self._idle()
                ):
                    content = side.recv(65536)
                    if not content:
                        return
                    other[side].sendall(content)
        client.close()
        broker.close()

    def _idle(self) -> list[socket.socket]:
        threading.Event().wait(0.1)
        return []
