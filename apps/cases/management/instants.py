from __future__ import annotations

import argparse
import datetime as dt


def instant_option(text: str) -> dt.datetime:
    """An ISO 8601 instant or date for `--now`; without a zone it is UTC."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} is not an ISO 8601 instant, for example 2018-10-31T00:00:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
