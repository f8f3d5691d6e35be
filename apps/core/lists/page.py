"""The view behind every list: one read, one template, one fragment, two exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from django_tables2.rows import BoundRow

from apps.core import judge
from apps.core.actor import Actor
from apps.core.components import Action, Crumb
from apps.core.errors import Denied, Invalid, NotVisible
from apps.core.export import csv_response, file_name, xlsx_response
from apps.core.formatting import Text
from apps.core.htmx import redirect_or_refresh, render_page
from apps.core.lists import saved
from apps.core.lists.filters import ListFilter
from apps.core.lists.paging import PER_PAGE, CappedPaginator
from apps.core.lists.tables import Table

# Excel's own limit, less the heading.
XLSX_ROW_LIMIT = 1_048_575
OWN_KEYS = ("page", "export", "csrfmiddlewaretoken", "do")


@dataclass(frozen=True)
class BulkAction:
    """A button over the selected rows: it posts `ids` (several) to `url_name`; `action` is its policy action."""

    label: Text
    url_name: str
    action: str
    icon: str = ""
    danger: bool = False


class ListPage(View):
    """A list with search, filters, sort, pages, saved views and exports.

    A room gives `title`, `page_key`, `table_class` and `get_queryset` (already visible to the actor), and as it
    needs: `filterset_class`, `search_fields` or `search`, `export_name`, `bulk_actions`, the words of the empty state,
    `see` (the policy action to look at all), `get_sentence`, `get_actions`, `get_crumbs`, `get_table_kwargs`.
    """

    title: ClassVar[Text] = ""
    page_key: ClassVar[str] = ""
    see: ClassVar[str] = ""
    table_class: ClassVar[type[Table]]
    filterset_class: ClassVar[type[ListFilter] | None] = None
    search_fields: ClassVar[Sequence[str]] = ()
    search_label: ClassVar[Text] = gettext_lazy("Search this list")
    export_name: ClassVar[str] = ""
    bulk_actions: ClassVar[Sequence[BulkAction]] = ()
    bulk_id: ClassVar[str] = "uid"
    per_page: ClassVar[int] = PER_PAGE
    empty_icon: ClassVar[str] = "inbox"
    empty_title: ClassVar[Text] = gettext_lazy("Nothing here yet")
    empty_text: ClassVar[Text] = ""
    empty_action: ClassVar[Action | None] = None
    template_name: ClassVar[str] = "components/list/page.html"
    fragment_name: ClassVar[str] = "components/list/_list.html"

    # --- what a room fills in ------------------------------------------------------------------------------------

    def get_queryset(self) -> QuerySet[Any]:
        """All rows the actor may see, with `select_related`/`prefetch_related`/annotations for the columns."""
        raise NotImplementedError

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The rows that match all words of `text` in any of `search_fields`."""
        for word in text.split()[:8]:
            rows = rows.filter(
                reduce(or_, (Q(**{f"{name}__icontains": word}) for name in self.search_fields))
            )
        return rows

    def get_sentence(self) -> Text:
        """The one plain sentence on top of the page."""
        return ""

    def get_actions(self) -> Sequence[Action]:
        """What can be done from here (new, import)."""
        return ()

    def get_crumbs(self) -> Sequence[Crumb]:
        """The way here, for lists below another page."""
        return ()

    def get_empty_action(self) -> Action | None:
        """What to do when there is nothing yet."""
        return self.empty_action

    def get_table_kwargs(self) -> dict[str, Any]:
        """Further arguments of the table (`exclude=("amount",)` for who may not see money)."""
        return {}

    def get_context(self) -> dict[str, Any]:
        """Further context of the template."""
        return {}

    # --- requests ------------------------------------------------------------------------------------------------

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.request.actor  # type: ignore[attr-defined]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.actor.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if self.see and not (answer := judge.can(self.actor, self.see)):
            raise Denied(str(getattr(answer, "reason", "")))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        filters = self._filters()
        rows = self._found(filters)
        table = self.table_class(rows, order_by=request.GET.get("sort") or None, **self.get_table_kwargs())
        if request.GET.get("export") in {"csv", "xlsx"}:
            return self._export(table, request.GET["export"])
        paginator = CappedPaginator(table.sorted_rows(), self.per_page)
        page = paginator.page_or_nearest(request.GET.get("page"))
        shown = [BoundRow(record, table=table) for record in page.object_list]
        return render_page(
            request,
            self.template_name,
            {**self._context(table, filters, paginator), "page": page, "shown": shown, **self.get_context()},
            fragments={"list": self.fragment_name},
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep or forget a saved view of this list; where no keeper is registered there is nothing to post to."""
        keeper = saved.keeper()
        if keeper is None or not self.page_key:
            raise NotVisible
        query = self._clean(
            QueryDict(request.POST.get("query", "").lstrip("?")[:2000], mutable=True)
        ).urlencode()
        if request.POST.get("do") == "view-delete":
            keeper.delete(self.actor, page_key=self.page_key, view_id=request.POST.get("view", ""))
            messages.success(request, _("The view is deleted."))
        elif request.POST.get("do") == "view-save":
            name = request.POST.get("name", "").strip()[:60]
            if not name:
                raise Invalid(_("Give the view a name."))
            shared = bool(request.POST.get("is_shared"))
            keeper.save(self.actor, page_key=self.page_key, name=name, query=query, is_shared=shared)
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": name})
        else:
            raise Invalid(_("This list cannot do that."))
        return redirect_or_refresh(request, f"{request.path}?{query}" if query else request.path)

    # --- parts ---------------------------------------------------------------------------------------------------

    def _filters(self) -> ListFilter | None:
        if self.filterset_class is None:
            return None
        return self.filterset_class(self.request.GET, queryset=self.get_queryset(), request=self.request)

    def _found(self, filters: ListFilter | None) -> QuerySet[Any]:
        # An impossible filter value shows its error and the unfiltered list, never a false "nothing".
        if filters is None:
            rows = self.get_queryset()
        else:
            rows = filters.qs if filters.is_valid() else self.get_queryset()
        text = self._text
        return self.search(rows, text) if text and self._searchable else rows

    @property
    def _text(self) -> str:
        # PostgreSQL has no NUL in text.
        return self.request.GET.get("q", "").replace("\x00", "").strip()[:200]

    @property
    def _searchable(self) -> bool:
        return bool(self.search_fields) or type(self).search is not ListPage.search

    def _clean(self, query: QueryDict) -> QueryDict:
        cleaned = query.copy()
        for key in list(cleaned):
            if key in OWN_KEYS or not any(cleaned.getlist(key)):
                cleaned.pop(key)
        return cleaned

    def _context(
        self, table: Table, filters: ListFilter | None, paginator: CappedPaginator
    ) -> dict[str, Any]:
        query = self._clean(self.request.GET)
        chips = filters.chips(query) if filters else []
        keeper = saved.keeper() if self.page_key else None
        allowed = [action for action in self.bulk_actions if judge.can(self.actor, action.action)]
        return {
            "title": self.title,
            "sentence": self.get_sentence(),
            "actions": self.get_actions(),
            "crumbs": self.get_crumbs(),
            "table": table,
            "filters": filters,
            "chips": chips,
            "paginator": paginator,
            "searchable": self._searchable,
            "search_label": self.search_label,
            "text": self._text,
            "query": query.urlencode(),
            "sort": self.request.GET.get("sort", ""),
            "is_narrowed": bool(chips or self._text),
            "saved_views": keeper.rows(self.actor, self.page_key) if keeper else (),
            "can_save_views": keeper is not None,
            "exports": bool(self.export_name),
            "bulk_id": self.bulk_id,
            "bulk": [(action, reverse(action.url_name)) for action in allowed],
            "empty": self._empty(),
        }

    def _empty(self) -> dict[str, Text]:
        action = self.get_empty_action()
        words = {"icon": self.empty_icon, "title": self.empty_title, "text": self.empty_text}
        return {**words, "url": action.url if action else "", "label": action.label if action else ""}

    def _export(self, table: Table, kind: str) -> HttpResponseBase:
        if not self.export_name:
            raise NotVisible
        rows = table.sorted_rows()
        name = file_name(f"{self.export_name}-{timezone.localdate().isoformat()}")
        if kind == "xlsx":
            if isinstance(rows, QuerySet) and rows.order_by()[XLSX_ROW_LIMIT : XLSX_ROW_LIMIT + 1].exists():
                raise Invalid(
                    _("A spreadsheet holds at most 1,048,575 rows. Export as CSV, or narrow the list.")
                )
            return xlsx_response(name, table.export_headers(), table.export_rows(rows))
        return csv_response(name, table.export_headers(), table.export_rows(rows))
