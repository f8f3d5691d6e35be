from django.urls import path

from apps.cases.lists import CaseList, RuleList
from apps.cases.views import acting, bundles, detail, ruling

app_name = "cases"
urlpatterns = [
    path("", CaseList.as_view(), name="list"),
    path("new/", bundles.new, name="new"),
    path("assign/", bundles.bulk_assign, name="bulk_assign"),
    path("rules/", RuleList.as_view(), name="rules"),
    path("rules/new/", ruling.new, name="rule_new"),
    path("rules/<uuid:uid>/", ruling.edit, name="rule_edit"),
    path("rules/<uuid:uid>/delete/", ruling.delete, name="rule_delete"),
    path("<uuid:uid>/", detail.detail, name="detail"),
    *[
        path(f"<uuid:uid>/{name.replace('_', '-')}/", acting.act_on, {"name": name}, name=name)
        for name in acting.ACTS
    ],
]
