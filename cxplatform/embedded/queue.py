"""kombu's file transport, made safe against half-written messages.

kombu writes a message in place and reads it without a lock: a reader that comes in between, or a writer killed half
way, makes the worker die on broken JSON; two processes that bind queues at once lose bindings. Here a message
appears under its name only when it is complete, one that cannot be read is dropped (the row it spoke of is
dispatched again by the relay's sweep), and the routing table is fixed: every queue gets what is sent to its name.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

SCHEME = "cxfiles"
logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """A channel whose messages are files `<time>_<random>.<queue>.msg`, written and taken by rename."""

    def get_table(self, exchange: str) -> list[tuple[str, str, str]]:  # type: ignore[override]
        return [(name, "", name) for name in self.transport_options["queues"]]

    def _queue_bind(
        self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None
    ) -> None:
        """Nothing to store: see `get_table`."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.monotonic_ns():020d}_{uuid.uuid4().hex}"
        folder = Path(self.data_folder_out)
        scratch = folder / f"{name}.new"
        with open(scratch, "wb") as out:
            out.write(str_to_bytes(dumps(payload)))
        scratch.rename(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = self.data_folder_in
        suffix = f".{queue}.msg"
        for name in sorted(os.listdir(folder)):
            if not name.endswith(suffix) or name.partition(".")[2] != suffix[1:]:
                continue
            path = os.path.join(folder, name)
            taken = f"{path}.{os.getpid()}.taken"
            try:
                os.rename(path, taken)
            except FileNotFoundError:
                continue  # another worker was quicker
            with open(taken, "rb") as handle:
                content = handle.read()
            with contextlib.suppress(FileNotFoundError):
                os.remove(taken)
            try:
                return loads(bytes_to_str(content))
            except ValueError:
                logger.warning("dropped an unreadable message from queue %s", queue)
        raise Empty()


class Transport(filesystem.Transport):
    """The transport behind `cxfiles://`."""

    Channel = Channel


def register() -> None:
    """Teach kombu the scheme (it refuses dotted names in a broker's URL)."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
