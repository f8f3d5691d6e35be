"""Every verb asks the policy, leaves a trace, and is atomic.

A verb is a public function of `services` that writes rows, itself or through private helpers of its module. One that
must be different says so in its body: `# not a verb: <why>` (a primitive, a job's inner step).
"""

import ast
from functools import cache

import pytest

from tests.architecture.layers import APPS

WRITES = {
    "save", "delete", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "update",
}  # fmt: skip
EXCUSE = "# not a verb: "


def services():
    return sorted([*APPS.glob("*/services.py"), *APPS.glob("*/services/*.py")])


@cache
def functions(path):
    """Name -> function node, of one module."""
    return {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def reach(path, node, seen=()):
    """The function and the private functions of its module that it calls, directly or not."""
    yield node
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id.startswith("_"):
            helper = functions(path).get(call.func.id)
            if helper is not None and helper.name not in seen:
                yield from reach(path, helper, (*seen, helper.name))


def calls(path, node):
    return [call for part in reach(path, node) for call in ast.walk(part) if isinstance(call, ast.Call)]


def writes(path, node):
    for call in calls(path, node):
        if isinstance(call.func, ast.Attribute) and call.func.attr in WRITES:
            on = ast.unparse(call.func.value)
            if call.func.attr != "update" or "objects" in on or "filter(" in on or call.keywords:
                return True
    return False


def excused(path, node):
    lines = path.read_text().splitlines()[node.lineno - 1 : node.end_lineno]
    return any(len(line.partition(EXCUSE)[2]) > 10 for line in lines)


def verbs():
    for path in services():
        for name, node in functions(path).items():
            if not name.startswith("_") and writes(path, node) and not excused(path, node):
                yield f"{path.relative_to(APPS).parts[0]}.{name}", path, node


def faults(path, node):
    if node.args.args or node.args.posonlyargs:
        yield "arguments must be keyword-only"
    if not node.args.kwonlyargs or node.args.kwonlyargs[0].arg != "actor":
        yield "first argument must be actor"
    if "transaction.atomic" not in {ast.unparse(decorator) for decorator in node.decorator_list}:
        yield "not atomic"
    names = {ast.unparse(call.func) for call in calls(path, node)}
    if "policy.require" not in names:
        yield "never calls policy.require"
    if not any(name.startswith("audit.record") for name in names):
        yield "never calls audit.record"


def test_verbs_have_the_house_shape():
    wrong = [f"{name}: {fault}" for name, path, node in verbs() for fault in faults(path, node)]
    assert not wrong, "\n".join(wrong)


def test_there_are_verbs():
    assert len(list(verbs())) > 20


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def bad(actor): Row.objects.create()", "arguments must be keyword-only"),
        ("def bad(*, now): Row.objects.create()", "first argument must be actor"),
        ("@transaction.atomic\ndef bad(*, actor): Row.objects.create()", "never calls policy.require"),
        (
            "@transaction.atomic\ndef bad(*, actor):\n  policy.require()\n  row.save()",
            "never calls audit.record",
        ),
        ("def bad(*, actor): _write()\ndef _write(): row.save()", "not atomic"),
    ],
)
def test_a_planted_fault_is_found(tmp_path, source, fault):
    path = tmp_path / "services.py"
    path.write_text(source)
    node = functions(path)["bad"]
    assert writes(path, node)
    assert fault in set(faults(path, node))
