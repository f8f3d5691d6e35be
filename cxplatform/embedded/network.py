"""Ports and addresses of this machine."""

from __future__ import annotations

import errno
import socket

from cxplatform.embedded.binaries import EmbeddedError
from cxplatform.embedded.state import DEFAULT_PORT

PORTS_TO_TRY = 50


def port_problem(host: str, port: int) -> str:
    """Why we cannot listen on the port; empty when we can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            return "is not a port number (1 to 65535)"
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "is used by another program"
            return f"cannot be used ({error.strerror})"
    return ""


def choose_port(host: str, asked: int | None) -> int:
    """The port asked for, or the first free one from 8000 on; EmbeddedError with a remedy when there is none."""
    if asked is not None:
        problem = port_problem(host, asked)
        if problem:
            raise EmbeddedError(
                f"Port {asked} {problem}. Choose another one: python3 start.py --port {suggestion(host, asked)}\n"
                "or leave --port out: the next free one is taken."
            )
        return asked
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TO_TRY):
        if not port_problem(host, port):
            if port != DEFAULT_PORT:
                print(
                    f"  port {DEFAULT_PORT} {port_problem(host, DEFAULT_PORT) or 'is busy'}: using {port}",
                    flush=True,
                )
            return port
    last = DEFAULT_PORT + PORTS_TO_TRY - 1
    raise EmbeddedError(
        f"Ports {DEFAULT_PORT} to {last} are all in use. Name a free one: python3 start.py --port N"
    )


def suggestion(host: str, asked: int) -> int:
    """A free port to propose instead of the one asked for."""
    for port in range(max(1024, asked + 1), max(1024, asked + 1) + PORTS_TO_TRY):
        if port < 65536 and not port_problem(host, port):
            return port
    return DEFAULT_PORT


def lan_address() -> str:
    """This machine's address in its network (nothing is sent to find out); localhost when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "localhost"


def lan_names() -> list[str]:
    """The host names under which others may call us."""
    name = socket.gethostname()
    return [lan_address(), name, f"{name}.local"]
