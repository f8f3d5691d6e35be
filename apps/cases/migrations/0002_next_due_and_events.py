"""When a case is next due as a stored column, and which operational events a case is about."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Case, F, Q, Value, When


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("customers", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="next_due_at",
            field=models.GeneratedField(
                db_persist=True,
                expression=Case(
                    When(state__in=["resolved", "closed"], then=Value(None)),
                    When(first_contacted_at__isnull=True, then=F("first_contact_due_at")),
                    default=F("resolution_due_at"),
                ),
                output_field=models.DateTimeField(null=True, verbose_name="due"),
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=Q(next_due_at__isnull=False), fields=["next_due_at"], name="case_next_due"
            ),
        ),
        migrations.CreateModel(
            name="CaseInteraction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="interactions",
                        to="cases.case",
                    ),
                ),
                (
                    "interaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.interaction",
                    ),
                ),
            ],
        ),
    ]
