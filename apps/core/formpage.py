"""The view behind every simple form page: parse, run one verb, go on; or say what is wrong and keep what was typed."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from apps.core import judge
from apps.core.actor import Actor
from apps.core.components import Crumb, Text
from apps.core.errors import Conflict, Denied, DomainError, Invalid, Stale
from apps.core.htmx import redirect_or_refresh, render_page


def show_refusal(form: forms.BaseForm, error: DomainError) -> int:
    """Put a verb's refusal beside the fields it names (else on top of the form); returns the status to answer with."""
    if isinstance(error, Invalid):
        for name, texts in error.fields.items():
            for text in texts:
                form.add_error(name if name in form.fields else None, text)
    else:
        form.add_error(None, error.message)
    return error.status


class FormPage(View):
    """One form, one verb. A room gives `title`, `form_class`, `see` (policy action) and `run(cleaned) -> next address`.

    Optional: `load()` (runs first; fetch the row with `visible_to`), `get_initial()`, `sentence`, `submit_label`,
    `get_cancel_url()`, `get_crumbs()`, `done` (the message afterwards), `draft` (keeps what is typed in this browser).
    """

    title: ClassVar[Text] = ""
    sentence: ClassVar[Text] = ""
    form_class: ClassVar[type[forms.BaseForm]]
    see: ClassVar[str] = ""
    submit_label: ClassVar[Text] = _("Save")
    done: ClassVar[Text] = _("Saved.")
    draft: ClassVar[str] = ""
    danger: ClassVar[bool] = False
    template_name: ClassVar[str] = "components/form_page.html"

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.request.actor  # type: ignore[attr-defined]

    def load(self) -> None:
        """Fetch what the form is about."""

    def get_title(self) -> Text:
        return self.title

    def get_initial(self) -> dict[str, Any]:
        return {}

    def get_cancel_url(self) -> str:
        return ""

    def get_crumbs(self) -> list[Crumb]:
        return []

    def get_form(self, *args: Any, **kwargs: Any) -> forms.BaseForm:
        return self.form_class(*args, **{"initial": self.get_initial(), **kwargs})

    def run(self, cleaned: dict[str, Any]) -> str | HttpResponse:
        """Call the verb; return where to go next, or a whole answer."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.actor.is_authenticated:
            return redirect_to_login(request.get_full_path())
        self.load()
        if self.see and not (answer := judge.can(self.actor, self.see, getattr(self, "row", None))):
            raise Denied(str(getattr(answer, "reason", "")))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(self.get_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form(request.POST, request.FILES)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            where = self.run(form.cleaned_data)
        except (Invalid, Conflict, Stale) as error:
            return self.page(form, status=show_refusal(form, error))
        if isinstance(where, HttpResponse):
            return where
        if self.done:
            messages.success(request, self.done)
        return redirect_or_refresh(request, where)

    def page(self, form: forms.BaseForm, *, status: int = 200) -> HttpResponse:
        """The page around a form."""
        context = {
            "title": self.get_title(),
            "sentence": self.sentence,
            "crumbs": self.get_crumbs(),
            "form": form,
            "submit_label": self.submit_label,
            "cancel_url": self.get_cancel_url(),
            "draft": self.draft,
            "danger": self.danger,
            **self.get_context(),
        }
        fragments = {"form-page": "components/_form_page.html"}
        return render_page(self.request, self.template_name, context, fragments=fragments, status=status)

    def get_context(self) -> dict[str, Any]:
        """Further context of the template."""
        return {}
