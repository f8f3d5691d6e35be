"""How fast rows come in: `python benchmarks/import.py [--rows 50000] [--kind feedback]` on the database of DATABASE_URL.

Prints rows per second (wall and CPU) of: parsing alone, the preview, the import, the same file again; the peak memory;
and, as the yardstick of reliability.md 4.1, COPY of the same responses straight into the table. All that is written is
rolled back or undone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxplatform.settings")

import django  # noqa: E402

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.core.actor import Actor  # noqa: E402
from apps.feedback.models import Response, Source  # noqa: E402
from apps.intake.convert import Defaults  # noqa: E402
from apps.intake.importers.jobs import job_work  # noqa: E402
from apps.intake.importers.staging import rows_insert  # noqa: E402
from apps.intake.models import ImportJob  # noqa: E402
from apps.intake.prepare import file_prepare  # noqa: E402
from apps.intake.services import import_confirm, import_preview, import_submit  # noqa: E402
from apps.intake.storage import file_chunks, upload_forget, upload_keep  # noqa: E402


def written(rows: int) -> Path:
    """A feedback file of distinct rows, one customer per five."""
    path = Path(tempfile.mkdtemp()) / "bench.csv"
    with path.open("w") as target:
        target.write("source_id,responded_at,score,verbatim,customer_key,product\n")
        for i in range(rows):
            target.write(
                f"bench-{i},2026-01-{i % 28 + 1:02d}T10:{i % 60:02d}:00Z,{i % 11},Some words about visit {i},B{i // 5},p{i % 7}\n"
            )
    return path


def timed(name: str, rows: int, call) -> dict:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "what": name,
        "rows_per_s": round(rows / wall),
        "rows_per_cpu_s": round(rows / max(cpu, 1e-6)),
        "seconds": round(wall, 2),
    }


def worked(job: ImportJob, actor: Actor) -> None:
    while job_work(job_id=job.pk, actor=actor) is False:
        pass
    job.refresh_from_db()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    rows = parser.parse_args().rows
    actor, path = Actor.system("benchmark"), written(rows)
    document = {
        "constants": {"source": "benchmark"},
        "columns": {
            "source_id": "external_id", "responded_at": "answered_at", "score": "score", "verbatim": "verbatim",
            "customer_key": "customer_key", "product": "attributes.product",
        },
    }  # fmt: skip
    found = [
        timed(
            "parse and convert",
            rows,
            lambda: sum(1 for _ in file_prepare(path, "b.csv", kind="feedback").outcomes(Defaults())),
        )
    ]
    stored = upload_keep(file_chunks(path), "bench.csv")
    try:
        with transaction.atomic():
            for name in ("import", "the same file again"):
                job = import_submit(
                    actor=actor,
                    now=timezone.now(),
                    kind="feedback",
                    filename="bench.csv",
                    stored=stored,
                    mapping=document,
                )
                import_preview(actor=actor, now=timezone.now(), job=job, wakes=False)
                found.append(timed(f"preview before {name}", rows, lambda job=job: worked(job, actor)))
                import_confirm(actor=actor, now=timezone.now(), job=job, wakes=False)
                found.append(timed(name, rows, lambda job=job: worked(job, actor)))
                assert job.rows == rows, job.error
            source = Source.objects.get(key="benchmark")
            copies = [
                Response(source=source, external_id=f"copy-{i}", unit_id=source.unit_id, responded_at=timezone.now(),
                         local_date=timezone.now().date(), score=i % 11, verbatim=f"Some words about visit {i}",
                         received_at=timezone.now())
                for i in range(rows)
            ]  # fmt: skip
            found.append(
                timed(
                    "COPY of the responses alone",
                    rows,
                    lambda: rows_insert(copies, key=("source_id", "external_id")),
                )
            )
            transaction.set_rollback(True)
    finally:
        upload_forget(stored.name)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"rows": rows, "peak_mb": peak, "measured": found}, indent=1))


if __name__ == "__main__":
    main()
