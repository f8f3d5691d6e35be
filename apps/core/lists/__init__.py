"""Every list of the product is one of these: search, filters in the address, sort, pages, saved views, exports."""

from apps.core.lists.columns import (
    Column,
    DueColumn,
    FigureColumn,
    GradeColumn,
    MoneyColumn,
    NumberColumn,
    PercentColumn,
    SinceColumn,
    StateColumn,
    WhenColumn,
)
from apps.core.lists.filters import ListFilter
from apps.core.lists.page import BulkAction, ListPage
from apps.core.lists.saved import SavedViewRow, SavedViews
from apps.core.lists.tables import Table

__all__ = [
    "BulkAction",
    "Column",
    "DueColumn",
    "FigureColumn",
    "GradeColumn",
    "ListFilter",
    "ListPage",
    "MoneyColumn",
    "NumberColumn",
    "PercentColumn",
    "SavedViewRow",
    "SavedViews",
    "SinceColumn",
    "StateColumn",
    "Table",
    "WhenColumn",
]
