"""Another app may be entered only by its doors."""

import grimp

DOORS = {"services", "selectors", "models", "querysets", "types", "policy", "panels"}
OPEN_APPS = {"core", "engine"}
BUILDER = "demo"  # builds a whole organisation, and may use what tests use


def test_apps_enter_each_other_only_by_their_doors():
    graph = grimp.build_graph("apps", exclude_type_checking_imports=True, cache_dir=None)
    wrong = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            a, b = importer.split("."), imported.split(".")
            if len(a) < 2 or len(b) < 2 or a[1] == b[1] or b[1] in OPEN_APPS or a[1] == BUILDER:
                continue
            if len(b) == 2 or b[2] not in DOORS:
                wrong.append(f"{importer} -> {imported}")
    assert not wrong, "\n".join(sorted(wrong))
