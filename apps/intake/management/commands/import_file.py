"""`import_file KIND FILE --mapping NAME|JSON` and `import_file --preset olist DIR`: import without screens or worker."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.accounts.models import User
from apps.accounts.services import actor_for
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.export import csv_text
from apps.intake.fields import KINDS
from apps.intake.importers.jobs import job_work
from apps.intake.models import ImportJob, ImportMapping, State
from apps.intake.presets import PRESETS, preset_named
from apps.intake.reading.faults import FileRefused
from apps.intake.services import bundle_submit, import_confirm, import_preview, import_submit
from apps.intake.storage import Stored, file_chunks, path_of, upload_forget, upload_keep

REFUSED = 2
SHOWN_REJECTS = 10


class Command(BaseCommand):
    help = (
        "Import a file, or a bundle of files by a preset. Exit 2: the input was refused, nothing was written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", help=f"kind ({', '.join(KINDS)}), or with --preset the folder")
        parser.add_argument("file", nargs="?", help="the CSV or XLSX file")
        parser.add_argument("--mapping", default="", help="a saved mapping's name, JSON, or @file with JSON")
        parser.add_argument("--preset", choices=sorted(PRESETS), help="a bundle of files with their mappings")
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would happen and write nothing"
        )
        parser.add_argument(
            "--as", dest="email", default="", help="import with this person's rights and name"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
        parser.add_argument(
            "--notify", action="store_true", help="send mail and breach notices, as if it came in live"
        )
        parser.add_argument("--now", default="", help="the instant to take for now (ISO 8601)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except FileRefused as refused:
            self._refuse(str(refused))
        except DomainError as refused:
            self._refuse(refused.message)

    def _refuse(self, words: str) -> None:
        raise CommandError(" ".join(words.split()), returncode=REFUSED)

    def _handle(self, options: dict[str, Any]) -> None:
        clock = self._clock(options["now"])
        actor = self._actor(options["email"])
        if options["preset"]:
            kept = self._keep_bundle(options["preset"], Path(options["what"]))
        else:
            if not options["file"]:
                self._refuse("Name the file to import.")
            kept = {options["file"]: self._keep(Path(options["file"]))}
        try:
            with transaction.atomic() if options["dry_run"] else nullcontext():
                job = self._submit(options, actor, clock, kept)
                self._run(job, actor, clock, options)
                report = self._report(job, options)
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except (FileRefused, DomainError):
            self._forget(kept)
            raise
        if options["dry_run"]:
            self._forget(kept)
        self._print(report, options)

    # ---- what to import ------------------------------------------------------------------------------------------------

    def _clock(self, text: str) -> Callable[[], dt.datetime]:
        if not text:
            return timezone.now
        now = parse_datetime(text)
        if now is None:
            self._refuse(f"--now: {text} is not an ISO 8601 instant.")
            raise AssertionError
        fixed = now if now.tzinfo else now.replace(tzinfo=dt.UTC)
        return lambda: fixed

    def _actor(self, email: str) -> Actor:
        if not email:
            return Actor.system("import_file")
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            self._refuse(f"--as: nobody has the address {email}.")
            raise AssertionError
        return actor_for(user)

    def _keep(self, path: Path) -> Stored:
        if not path.is_file():
            self._refuse(f"There is no file {path}.")
        return upload_keep(file_chunks(path), path.name, size=path.stat().st_size)

    def _keep_bundle(self, preset: str, folder: Path) -> dict[str, Stored]:
        names = preset_named(preset).files
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            self._refuse(f"{folder} lacks {', '.join(missing)}.")
        return {name: self._keep(folder / name) for name in names}

    def _forget(self, kept: dict[str, Stored]) -> None:
        for stored in kept.values():
            upload_forget(stored.name)

    def _mapping(self, kind: str, text: str) -> dict[str, Any]:
        """The document of --mapping: a saved name, JSON, or @file."""
        text = text.strip()
        if not text:
            return {}
        if text.startswith("@"):
            try:
                text = Path(text[1:]).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                self._refuse(f"--mapping: {error}")
        elif not text.startswith("{"):
            saved = ImportMapping.objects.for_kind(kind).filter(name__iexact=text).first()
            if saved is None:
                self._refuse(f"--mapping: no mapping for {kind} is saved as {text}.")
                raise AssertionError
            return dict(saved.document)
        try:
            found = json.loads(text)
        except ValueError as error:
            self._refuse(f"--mapping: not valid JSON ({error}).")
        if not isinstance(found, dict):
            self._refuse("--mapping: a JSON object is needed.")
        return dict(found)

    # ---- importing -----------------------------------------------------------------------------------------------------

    def _submit(
        self, options: dict[str, Any], actor: Actor, clock: Callable[[], dt.datetime], kept: dict[str, Stored]
    ) -> ImportJob:
        now = clock()
        if options["preset"]:
            return bundle_submit(
                actor=actor, now=now, preset=options["preset"], files=kept, notify=options["notify"]
            )
        kind = options["what"]
        path, stored = next(iter(kept.items()))
        return import_submit(
            actor=actor, now=now, kind=kind, filename=Path(path).name, stored=stored,
            mapping=self._mapping(kind, options["mapping"]), notify=options["notify"],
        )  # fmt: skip

    def _run(
        self, job: ImportJob, actor: Actor, clock: Callable[[], dt.datetime], options: dict[str, Any]
    ) -> None:
        """Preview (dry run) or confirm, and work until it is over. Needs no worker and no broker.

        The whole file is read once before anything is written, so that what must be refused is refused in time.
        """
        if options["dry_run"]:
            import_preview(actor=actor, now=clock(), job=job, wakes=False)
            self._work(job, actor, clock)
            if job.questions:
                self._refuse(job.questions[0]["words"])
            return
        import_confirm(actor=actor, now=clock(), job=job, wakes=False, is_checked=False)
        self._work(job, actor, clock)
        if job.state != State.DONE:
            raise CommandError(
                f"The import stopped in state {job.state}: run it again, it goes on where it stopped."
            )

    def _work(self, job: ImportJob, actor: Actor, clock: Callable[[], dt.datetime]) -> None:
        while job_work(job_id=job.pk, actor=actor, clock=clock) is False:
            pass
        job.refresh_from_db()
        if job.state == State.FAILED:
            self._refuse(job.error)

    # ---- saying it -----------------------------------------------------------------------------------------------------

    def _report(self, job: ImportJob, options: dict[str, Any]) -> dict[str, Any]:
        def counts(row: ImportJob) -> dict[str, Any]:
            rejects = self._rejects_file(row) if not options["dry_run"] else None
            return {
                "job": str(row.uid), "kind": row.kind, "rows": row.rows, "added": row.added, "changed": row.changed,
                "skipped": row.skipped, "rejected": row.rejected, "rejects_file": rejects,
            }  # fmt: skip

        steps = list(job.steps.order_by("position"))
        report = counts(job)
        report["dry_run"] = options["dry_run"]
        report["file"] = job.filename
        report["layout"] = {
            name: job.layout.get(name) for name in ("encoding", "delimiter", "guessed") if job.layout
        }
        if steps:
            report["steps"] = [{**counts(step), "file": step.filename} for step in steps]
        report["faults"] = [
            {
                "line": each.line,
                "column": each.column,
                "value": each.value,
                "reason": each.reason,
                "remedy": each.remedy,
            }
            for each in job.rejects.all()[:SHOWN_REJECTS]
        ]
        return report

    def _rejects_file(self, job: ImportJob) -> str | None:
        """All rejected cells of a job as a CSV file beside the kept uploads."""
        if not job.rejected or not job.stored_as:
            return None
        path = path_of(job.stored_as).with_suffix(".rejects.csv")
        rows = job.rejects.values_list("line", "column", "value", "reason", "remedy")
        path.write_text(
            csv_text(["line", "column", "value", "reason", "remedy"], rows.iterator()), encoding="utf-8"
        )
        return str(path)

    def _print(self, report: dict[str, Any], options: dict[str, Any]) -> None:
        for fault in report["faults"]:
            place = f"line {fault['line']}" + (f", column {fault['column']}" if fault["column"] else "")
            sys.stderr.write(f"{place}: {fault['reason']} {fault['remedy']}\n")
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        for step in report.get("steps", []):
            self.stdout.write(f"  {step['file']}: {_sentence(step)}")
        verb = "Would import" if report["dry_run"] else "Imported"
        self.stdout.write(f"{verb} {report['file']}: {_sentence(report)}")
        if not report["rows"]:
            self.stdout.write("The file holds a header and no rows.")
        elif report["skipped"] == report["rows"]:
            self.stdout.write("Everything was there already: nothing changed.")
        if report["rejects_file"]:
            self.stdout.write(f"Rejected rows with reasons: {report['rejects_file']}")


def _sentence(counts: dict[str, Any]) -> str:
    return (
        f"{counts['rows']} rows: {counts['added']} added, {counts['changed']} changed, "
        f"{counts['skipped']} skipped, {counts['rejected']} rejected."
    )
