"""Pure: days, weeks and months as the first day of each."""

from __future__ import annotations

import datetime as dt


def start_of(grain: str, day: dt.date) -> dt.date:
    """The first day of the period that `day` lies in; weeks start on Monday (ISO 8601)."""
    if grain == "week":
        return day - dt.timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    return day


def after(grain: str, period: dt.date, steps: int = 1) -> dt.date:
    """The first day of the period `steps` after (or, when negative, before) this one."""
    if grain == "month":
        months = period.year * 12 + period.month - 1 + steps
        return dt.date(months // 12, months % 12 + 1, 1)
    return period + dt.timedelta(days=steps * (7 if grain == "week" else 1))


def label(grain: str, period: dt.date) -> str:
    """A period as written on an axis: 2026-03 for a month, 2026-03-02 for a day or a week's Monday."""
    return period.strftime("%Y-%m") if grain == "month" else period.isoformat()
