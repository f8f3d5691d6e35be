"""Another app may be entered only by its doors, or by a module that cannot touch a row."""

import ast

import grimp

from tests.architecture.layers import ROOT

DOORS = {"services", "selectors", "models", "querysets", "types", "policy", "panels", "actors"}
OPEN_APPS = {"core", "engine"}
BUILDER = "demo"  # builds a whole organisation, and may use what tests use
TOUCHES_ROWS = ("django.db", "django.http", "rest_framework", "celery")
INTERFACES = {"views", "api", "forms", "urls", "admin", "tasks", "management"}
DOORS_TO_ROWS = {"models", "querysets", "services", "selectors"}


def imports_of(module: str) -> set[str]:
    """The names a module imports, wherever in its source."""
    path = ROOT / (module.replace(".", "/") + ".py")
    if not path.exists():
        path = ROOT / module.replace(".", "/") / "__init__.py"
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def is_pure(module: str) -> bool:
    """Whether a module is tables, words and arithmetic only: it imports nothing that reads, writes or answers."""
    if module.split(".")[2] in INTERFACES:
        return False
    for name in imports_of(module):
        parts = name.split(".")
        is_app = parts[0] == "apps" and len(parts) > 2 and parts[2] in DOORS_TO_ROWS
        if name.startswith(TOUCHES_ROWS) or is_app:
            return False
    return True


def faults(graph) -> list[str]:
    """`importer -> imported` for each entry by something else than a door."""
    wrong = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            a, b = importer.split("."), imported.split(".")
            if len(a) < 2 or len(b) < 2 or a[1] == b[1] or b[1] in OPEN_APPS or a[1] == BUILDER:
                continue
            if len(b) == 2 or (b[2] not in DOORS and not is_pure(imported)):
                wrong.append(f"{importer} -> {imported}")
    return sorted(wrong)


def test_apps_enter_each_other_only_by_their_doors():
    wrong = faults(grimp.build_graph("apps", exclude_type_checking_imports=True, cache_dir=None))
    assert not wrong, "\n".join(wrong)


def test_a_planted_fault_is_found():
    graph = grimp.ImportGraph()
    for module in ("apps.home.views", "apps.cases.views", "apps.cases.models"):
        graph.add_module(module)
    graph.add_import(importer="apps.home.views", imported="apps.cases.views")
    graph.add_import(importer="apps.home.views", imported="apps.cases.models")
    assert faults(graph) == ["apps.home.views -> apps.cases.views"]
