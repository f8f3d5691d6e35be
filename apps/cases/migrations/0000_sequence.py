"""Case numbers come from a sequence: no lock, no gap that matters, never twice."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE case_number START 1001", "DROP SEQUENCE case_number"
        )
    ]
