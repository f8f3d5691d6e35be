"""One at a time across all machines: a named lock in the database, on a connection of its own."""

from __future__ import annotations

import logging
import select
from typing import Any

import psycopg2
from django.db import connection

from apps.core.locks import lock_number

logger = logging.getLogger(__name__)


class Singleton:
    """Holds a session advisory lock; the server frees it when this process or its connection dies.

    The connection is not Django's, so that no request, task or error handler closes it. It can also listen.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.connection: Any = None

    def held(self) -> bool:
        """Whether we hold the lock now; takes it (and reconnects) when it is free. False while another holds it."""
        try:
            if self.connection is not None:
                with self.connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                return True
        except psycopg2.Error:
            logger.warning("%s: lost the database, connecting again", self.name)
            self.release()
        try:
            return self._take()
        except psycopg2.Error as error:
            logger.warning("%s: the database does not answer: %s", self.name, str(error).strip())
            self.release()
            return False

    def _take(self) -> bool:
        parameters = connection.get_connection_params()
        self.connection = connection.get_new_connection(parameters)
        self.connection.autocommit = True
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock_number(self.name)])
            if cursor.fetchone()[0]:
                return True
        self.release()
        return False

    def listen(self, channel: str) -> None:
        """Ask to be woken by `NOTIFY channel`. Only while the lock is held."""
        with self.connection.cursor() as cursor:
            cursor.execute(f'LISTEN "{channel}"')

    def wait(self, seconds: float) -> bool:
        """Sleep until a notification arrives or the time is up; says whether one came. A lost server ends the sleep."""
        if not select.select([self.connection], [], [], seconds)[0]:
            return False
        self.connection.poll()
        woken = bool(self.connection.notifies)
        self.connection.notifies.clear()
        return woken

    def release(self) -> None:
        """Give the lock back by closing the connection."""
        if self.connection is not None:
            try:
                self.connection.close()
            except psycopg2.Error:
                logger.debug("%s: the connection was gone already", self.name)
            self.connection = None
