"""What `python3 start.py` promises, tried on real processes in a folder of their own."""

import os
import signal
import socket
import sys

import pytest

from tests.ops.checkout import Checkout

pytestmark = [pytest.mark.ops, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A running site without demo data; the tests below follow it through its life, in order."""
    checkout = Checkout(tmp_path_factory.mktemp("start") / "a folder with spaces and an é" / "cx")
    checkout.start("--empty")
    yield checkout
    checkout.clean_up()


def test_it_says_where_to_open_and_every_part_is_well(site):
    assert f"Open http://localhost:{site.port}" in site.said.read_text()
    site.wait_until(site.ready, 30)


def test_a_second_start_says_that_it_runs_already_and_where(site):
    answer = site.run()
    assert answer.returncode == 1
    assert f"already running at http://localhost:{site.port}" in answer.stdout


def test_commands_use_the_running_database_with_the_rights_of_the_application(site):
    said = site.manage("shell", "-v0", "-c", WRITE_A_ROW)
    assert said.strip() == "cxp_app"


WRITE_A_ROW = """
from django.db import connection
from django.utils import timezone
from apps.core.models import Heartbeat
Heartbeat.objects.update_or_create(name="kept", defaults={"at": timezone.now()})
with connection.cursor() as cursor:
    cursor.execute("SELECT current_user")
    print(cursor.fetchone()[0])
"""
READ_THE_ROW = "from apps.core.models import Heartbeat; print(Heartbeat.objects.filter(name='kept').count())"


def test_every_killed_child_comes_back(site):
    words = ("gunicorn", "quick@%h", "jobs@%h", "beat", "relay")
    before = {word: site.child(word) for word in words}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    site.wait_until(lambda: all(site.child(word) != before[word] for word in words), 20)
    site.wait_until(site.ready, 30)


def test_a_killed_database_comes_back_with_its_rows(site):
    before = site.database_pid()
    os.kill(before, signal.SIGKILL)
    site.wait_until(lambda: "the database is back" in site.said.read_text(), 30)
    assert site.database_pid() != before
    site.wait_until(site.ready, 30)
    assert site.manage("shell", "-v0", "-c", READ_THE_ROW).strip() == "1"


def test_a_second_checkout_runs_beside_it(site, tmp_path):
    other = Checkout(tmp_path / "other")
    try:
        other.start("--empty")
        other.wait_until(other.ready, 30)
        assert site.ready()
        assert other.manage("shell", "-v0", "-c", READ_THE_ROW).strip() == "0"
    finally:
        other.clean_up()
    assert site.ready()


def test_a_killed_start_leaves_nothing_that_hinders_the_next(site):
    os.kill(site.note()["pid"], signal.SIGKILL)
    site.process.wait(10)
    site.start()
    site.wait_until(site.ready, 30)
    assert site.manage("shell", "-v0", "-c", READ_THE_ROW).strip() == "1"


def test_a_busy_port_is_named_with_a_remedy(tmp_path):
    checkout = Checkout(tmp_path / "busy")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = checkout.run("--port", str(port))
    assert answer.returncode == 1
    assert f"Port {port} is used by another program" in answer.stdout
    assert "--port" in answer.stdout
    assert not (checkout.folder / "var" / "pg").exists()


def test_ctrl_c_stops_everything_and_a_command_brings_its_own_database(site):
    assert site.stop() == 0
    assert site.processes() == []
    assert site.manage("shell", "-v0", "-c", READ_THE_ROW).strip() == "1"
    assert site.processes() == []


def test_reset_asks_first_and_then_deletes_the_data(site):
    assert site.run("reset").returncode == 1
    assert (site.folder / "var" / "pg").exists()
    assert site.run("reset", "--yes").returncode == 0
    assert not (site.folder / "var" / "pg").exists()
    assert not (site.folder / "var" / "secret_key").exists()
