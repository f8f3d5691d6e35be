"""How long pages take and how many queries they ask, with a hundred rows and with very many.

    createdb bench_pages
    DATABASE_URL=postgresql://postgres@127.0.0.1:5432/bench_pages CX_TESTING=1 python benchmarks/pages.py \\
        [--cases 100000] [--responses 1000000] [--rounds 15]

The database must be a scratch one: tables are filled by INSERT … SELECT. Pages are asked through Django's test client, so
the figures hold the application and the database, not a web server or a network.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxplatform.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from apps.accounts.models import Organisation  # noqa: E402
from apps.cases.models import Case  # noqa: E402
from apps.feedback.models import Response  # noqa: E402
from tests.cast import Cast  # noqa: E402

CUSTOMERS = """
INSERT INTO customers_customer (uid, version, created_at, updated_at, name, email, email_key, phone, phone_key, language,
  segment, value_band, value_currency, attributes, unit_id)
SELECT gen_random_uuid(), 1, now(), now(), 'Customer ' || n, 'c' || n || '@example.org', 'c' || n || '@example.org', '', '', 'en',
  'family', (ARRAY['high','medium','low',''])[1 + n %% 4], '', '{}', %(unit)s
FROM generate_series((SELECT count(*) + 1 FROM customers_customer), %(total)s) n"""
RESPONSES = """
INSERT INTO feedback_response (uid, external_id, score, score_norm, title, verbatim, language, responded_at, received_at,
  local_date, attributes, customer_id, unit_id, source_id)
SELECT gen_random_uuid(), 'r' || n, 1 + n %% 5, (n %% 5) / 4.0, '',
  (ARRAY['The parcel came late','Friendly people','Nobody answers the phone','All fine','Wrong colour delivered'])[1 + n %% 5]
    || ' word' || n %% 5000,
  'en', now() - n * interval '30 seconds', now(), (now() - n * interval '30 seconds')::date, '{}',
  (SELECT min(id) FROM customers_customer) + n %% %(customers)s, %(unit)s, %(source)s
FROM generate_series((SELECT count(*) + 1 FROM feedback_response), %(total)s) n"""
CASES = """
INSERT INTO cases_case (uid, version, created_at, updated_at, trigger, subject, wish, state, priority, opened_at,
  first_contact_due_at, resolution_due_at, resolved_at, closed_at, first_contacted_at, reopened_count, cause, resolution,
  outcome, minutes, goodwill, goodwill_currency, is_historical, customer_id, owner_id, source_id, unit_id)
SELECT gen_random_uuid(), 1, now(), now(), 'feedback', 'Matter number ' || n, '', s.state, 3, s.at, s.at + interval '24 h',
  s.at + interval '120 h', CASE WHEN s.state = 'closed' THEN s.at + interval '50 h' END,
  CASE WHEN s.state = 'closed' THEN s.at + interval '60 h' END,
  CASE WHEN s.state IN ('closed', 'contacted') THEN s.at + (n %% 30) * interval '1 h' END, 0, '', '',
  CASE WHEN s.state = 'closed' THEN 'confirmed' ELSE '' END, n %% 40, 0, '', true,
  CASE WHEN s.state = 'closed' THEN (SELECT min(id) FROM customers_customer) + n %% %(customers)s END,
  CASE WHEN s.state = 'new' THEN NULL ELSE %(owner)s END, %(source)s, %(unit)s
FROM generate_series((SELECT count(*) + 1 FROM cases_case), %(total)s) n
CROSS JOIN LATERAL (SELECT (ARRAY['closed','closed','closed','new','assigned','contacted'])[1 + n %% 6] AS state,
  now() - n * interval '5 minutes' AS at) s"""
PAGES = [
    ("case list", "team_lead", "/cases/"),
    ("case list, overdue", "team_lead", "/cases/?due=breached"),
    ("case list, words", "team_lead", "/cases/?q=matter+number+77"),
    ("case list, last page", "team_lead", "/cases/?page=200"),
    ("one case", "team_lead", None),
    ("my work", "frontline", "/"),
    ("my team", "team_lead", "/"),
    ("cases by API", "team_lead", "/api/v1/cases/"),
    ("feedback list", "team_lead", "/feedback/"),
    ("feedback list, words", "team_lead", "/feedback/?q=word77"),
    ("search everything", "team_lead", "/search/?q=word77"),
]


def fill(cast: Cast, source: int, *, cases: int, responses: int) -> None:
    """Top the tables up to these numbers of rows."""
    begun = time.perf_counter()
    values = {
        "unit": cast.store.pk,
        "source": source,
        "owner": cast.frontline.pk,
        "customers": min(20_000, responses),
    }
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, {**values, "total": min(20_000, responses)})
        cursor.execute(RESPONSES, {**values, "total": responses})
        cursor.execute(CASES, {**values, "total": cases})
        cursor.execute("VACUUM ANALYZE")
    print(
        f"{cases:,} cases and {responses:,} responses after {time.perf_counter() - begun:.0f} s", flush=True
    )


def measure(cast: Cast, rounds: int) -> dict[str, tuple[int, float, float]]:
    """{page: (queries, p50 in ms, slowest in ms)}."""
    found = {}
    newest = Case.objects.order_by("-id").first()
    for name, who, address in PAGES:
        client = cast.client(who)
        url = address or (newest.get_absolute_url() if newest else "/cases/")
        client.get(url)
        queries: list[str] = []

        def count(execute: Any, sql: str, *rest: Any, queries: list[str] = queries) -> Any:
            queries.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(count):
            answer = client.get(url)
        assert answer.status_code == 200, (name, answer.status_code)
        times = []
        for _round in range(rounds):
            begun = time.perf_counter()
            client.get(url)
            times.append(1000 * (time.perf_counter() - begun))
        found[name] = (len(queries), statistics.median(times), max(times))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    if Organisation.objects.exists():
        sys.exit("This database is in use: give a fresh scratch database by DATABASE_URL.")
    cast = Cast()
    from apps.feedback.models import Source

    source = Source.objects.create(
        key="bench",
        name="Bench",
        kind="survey",
        score_kind="stars",
        scale_min=1,
        scale_max=5,
        unit=cast.company,
    )
    fill(cast, source.pk, cases=100, responses=100)
    few = measure(cast, options.rounds)
    fill(cast, source.pk, cases=options.cases, responses=options.responses)
    many = measure(cast, options.rounds)
    print(
        f"\n| page | queries, 100 rows | queries, {Case.objects.count():,} cases and {Response.objects.count():,} responses | p50 ms, 100 | p50 ms, many | slowest ms |"
    )
    print("|---|---|---|---|---|---|")
    for name, (queries, p50, slowest) in many.items():
        small = few[name]
        print(f"| {name} | {small[0]} | {queries} | {small[1]:.0f} | {p50:.0f} | {slowest:.0f} |")


if __name__ == "__main__":
    main()
