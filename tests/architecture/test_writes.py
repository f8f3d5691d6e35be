"""Rows are written only by services (and the job bodies they own), and tasks are published only by the relay.

A line that must be different says why, on the line: `# unscoped: <why>` for a read that does not start from what the
actor may see, `# writes: <why>` for a write in an interface.
"""

import ast

from tests.architecture.layers import APPS, ROOT

INTERFACES = {"views.py", "forms.py", "admin.py", "selectors.py", "querysets.py"}
WRITES = {"save", "delete", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
PUBLISHES = {"delay", "apply_async", "send_task", "on_commit"}
MAY_PUBLISH = {"apps/notifications/relay.py"}


def interface_files():
    for path in APPS.rglob("*.py"):
        if path.name in INTERFACES or "api" in path.parts or "views" in path.parts:
            yield path


def chain(node):
    names = []
    while isinstance(node, (ast.Attribute, ast.Call)):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        else:
            node = node.func
    return names[::-1]


def method_calls(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node


def excused(path, node, mark):
    """Whether the statement's lines carry `# mark: reason`."""
    lines = path.read_text().splitlines()[node.lineno - 1 : node.end_lineno]
    return any(len(line.partition(f"# {mark}: ")[2]) > 10 for line in lines)


def test_interfaces_do_not_write():
    wrong = []
    for path in interface_files():
        for node in method_calls(path):
            names = chain(node)
            if excused(path, node, "writes"):
                continue
            if names[-1] in WRITES or (names[-1] == "update" and "objects" in names):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} .{node.func.attr}()")
    assert not wrong, "\n".join(wrong)


def test_every_read_starts_from_what_the_actor_may_see():
    wrong = []
    for path in interface_files():
        if path.name == "querysets.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            is_manager = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)
            if not is_manager or node.value.attr != "objects" or node.attr in {"visible_to", "none"}:
                continue
            if not excused(path, node, "unscoped"):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} .objects.{node.attr}")
    assert not wrong, "\n".join(wrong)


def test_only_the_relay_publishes_tasks():
    wrong = []
    for path in APPS.rglob("*.py"):
        if str(path.relative_to(ROOT)) in MAY_PUBLISH:
            continue
        wrong += [
            f"{path.relative_to(ROOT)}:{node.lineno} .{node.func.attr}()"
            for node in method_calls(path)
            if node.func.attr in PUBLISHES
        ]
    assert not wrong, "\n".join(wrong)
