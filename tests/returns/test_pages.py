"""The panel on the initiative's page, the arithmetic, and the run that people watch."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from apps.core.actor import Actor
from apps.initiatives.models import Initiative
from apps.returns import recompute, services
from apps.returns.models import RecomputeItem, RecomputeRun, ReturnState

SYSTEM = Actor.system("test")


@pytest.fixture
def computed(coaching: Initiative, now: dt.datetime) -> Initiative:
    services.recompute_now(actor=SYSTEM, now=now)
    return coaching


def test_press_recompute_watch_it_and_open_the_arithmetic(
    cast: Any, coaching: Initiative, now: dt.datetime
) -> None:
    client, page = cast.client("cx_manager"), coaching.get_absolute_url()
    assert "Its return was not computed yet." in client.get(page).content.decode()
    assert client.post(reverse("returns:recompute", args=[coaching.uid])).status_code == 303
    run = RecomputeRun.objects.get()
    waiting = client.get(page).content.decode()
    assert f'id="run-{run.uid}"' in waiting
    poll = client.get(
        reverse("returns:run", args=[run.uid]), headers={"HX-Request": "true", "HX-Target": f"run-{run.uid}"}
    )
    assert "<html" not in poll.content.decode()
    assert "every 2s" in poll.content.decode()
    recompute.item_work(key=str(RecomputeItem.objects.get().pk), payload={}, now=now)
    done = client.get(reverse("returns:run", args=[run.uid])).content.decode()
    assert "1 changed, 0 as before, 0 failed." in done
    assert f'href="{page}">Show the return' in done
    assert "every 2s" not in done
    snapshot = ReturnState.objects.get().current
    assert snapshot is not None
    text = client.get(page).content.decode()
    assert "Proven gain" in text
    assert snapshot.get_absolute_url() in text
    sums = client.get(snapshot.get_absolute_url()).content.decode()
    for words in (
        snapshot.digest,
        "KPI units gained",
        "A simple before/after comparison would have claimed",
        "Checks",
        "Set-up",
    ):
        assert words in sums


def test_who_may_look_and_press(cast: Any, computed: Initiative) -> None:
    snapshot = ReturnState.objects.get().current
    assert snapshot is not None
    for who, see, press in [
        ("cx_manager", 200, 303), ("analyst", 200, 303), ("finance", 200, 303), ("executive", 200, 403), ("team_lead", 403, 403),
        ("frontline", 403, 403), ("administrator", 403, 403), ("other_unit", 404, 404), ("anonymous", 302, 302),
    ]:  # fmt: skip
        client = cast.client(who)
        assert client.get(snapshot.get_absolute_url()).status_code == see, who
        assert client.post(reverse("returns:recompute", args=[computed.uid])).status_code == press, who


def test_a_stale_return_says_so_before_any_job(cast: Any, computed: Initiative, now: dt.datetime) -> None:
    from apps.initiatives import services as initiatives

    client = cast.client("finance")
    assert "inputs changed" not in client.get(computed.get_absolute_url()).content.decode()
    initiatives.initiative_edit(actor=SYSTEM, now=now, initiative=computed, stays_24m=0, stays_12m=40)
    assert "inputs changed" in client.get(computed.get_absolute_url()).content.decode()


def test_history_and_runs_are_lists(cast: Any, computed: Initiative) -> None:
    client = cast.client("analyst")
    assert b"Gain" in client.get(reverse("returns:history", args=[computed.uid])).content
    assert client.get(reverse("returns:runs"), {"state": "done"}).status_code == 200
    assert client.post(reverse("returns:recompute_all")).status_code == 303


def test_the_api_gives_snapshots_and_runs(cast: Any, computed: Initiative) -> None:
    api = cast.api("analyst")
    listed = api.get("/api/v1/returns/snapshots/", {"initiative": "coaching"}).json()["results"]
    assert (len(listed), listed[0]["invested"]) == (1, "1000.00")
    one = api.get(f"/api/v1/returns/snapshots/{listed[0]['uid']}/").json()
    assert one["result"]["so_far"]["steps"]
    made = api.post("/api/v1/returns/runs/", {"initiative": "coaching"})
    assert made.status_code == 201
    assert api.post(f"/api/v1/returns/runs/{made.json()['uid']}/cancel/").json()["state"] == "cancelled"
    assert api.post("/api/v1/returns/runs/", {"initiative": "nothing"}).status_code == 422
    assert cast.api("executive").post("/api/v1/returns/runs/", {}).status_code == 403
    assert cast.api("frontline").get("/api/v1/returns/snapshots/").status_code == 403
    assert cast.api("other_unit").get("/api/v1/returns/snapshots/").json()["results"] == []


def test_the_command_computes_and_says_so(computed: Initiative, capsys: Any) -> None:
    from django.core.management import CommandError, call_command

    call_command("recompute_returns", "--initiative", "coaching", "--wait")
    assert "1 of 1 initiatives" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("recompute_returns", "--initiative", "nothing", "--wait")
