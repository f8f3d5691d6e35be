"""Every verb asks the policy, leaves a trace, and is atomic."""

import ast

from tests.architecture.layers import APPS

# The primitives themselves, and the system's own housekeeping that nobody is asked about and nobody needs to trace.
NOT_VERBS = {
    "audit.record",
    "audit.seal",
    "notifications.outbox_add",
    "notifications.notify",
    "notifications.mail_add",
    "notifications.mail_send",
}
# A person's own reading marks and the like: the policy is asked, the audit log is not filled.
WITHOUT_TRACE = {"notifications.notifications_read"}


def verbs():
    for path in sorted([*APPS.glob("*/services.py"), *APPS.glob("*/services/*.py")]):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                name = f"{path.relative_to(APPS).parts[0]}.{node.name}"
                if name not in NOT_VERBS:
                    yield name, node


def calls(node):
    return {ast.unparse(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}


def test_verbs_have_the_house_shape():
    wrong = []
    for name, node in verbs():
        if node.args.args or node.args.posonlyargs:
            wrong.append(f"{name}: arguments must be keyword-only")
        if not node.args.kwonlyargs or node.args.kwonlyargs[0].arg != "actor":
            wrong.append(f"{name}: first argument must be actor")
        if "transaction.atomic" not in {ast.unparse(d) for d in node.decorator_list}:
            wrong.append(f"{name}: not atomic")
        for needed in ("policy.require", "audit.record"):
            if needed == "audit.record" and name in WITHOUT_TRACE:
                continue
            if needed not in calls(node):
                wrong.append(f"{name}: never calls {needed}")
    assert not wrong, "\n".join(wrong)


def test_the_exceptions_still_exist():
    names = {
        f"{path.relative_to(APPS).parts[0]}.{node.name}"
        for path in [*APPS.glob("*/services.py"), *APPS.glob("*/services/*.py")]
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    assert names >= NOT_VERBS | WITHOUT_TRACE
