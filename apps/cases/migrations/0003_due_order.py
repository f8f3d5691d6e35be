"""The first page of the case list straight from an index in its own order: due first, then newest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_next_due_and_events")]

    operations = [
        migrations.RemoveIndex(model_name="case", name="case_next_due"),
        migrations.AddIndex(
            model_name="case", index=models.Index(fields=["next_due_at", "-id"], name="case_due_order")
        ),
    ]
