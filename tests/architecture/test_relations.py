"""Foreign keys point down the DAG, and leave no way back up."""

from django.apps import apps as registry

from tests.architecture.layers import heights

HEIGHT = heights()


def cross_app_relations():
    for model in registry.get_models():
        source = model._meta.app_label
        for field in model._meta.get_fields():
            if not field.is_relation or field.auto_created or field.related_model is None:
                continue
            target = field.related_model._meta.app_label
            if source != target and source in HEIGHT and target in HEIGHT:
                yield f"{model._meta.label}.{field.name}", source, target, field


def test_relations_point_downwards():
    wrong = [
        f"{name} -> {target}"
        for name, source, target, _ in cross_app_relations()
        if HEIGHT[target] >= HEIGHT[source]
    ]
    assert not wrong, "\n".join(wrong)


def test_relations_leave_no_reverse_name():
    wrong = [name for name, _, _, field in cross_app_relations() if not field.remote_field.hidden]
    assert not wrong, "\n".join(wrong)


def test_every_app_of_the_project_has_a_place():
    ours = {config.label for config in registry.get_app_configs() if config.name.startswith("apps.")}
    assert ours <= set(HEIGHT)
