from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("initiatives", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="initiative",
            name="transformation",
            field=models.TextField(blank=True, default="", max_length=2000, verbose_name="intended transformation"),
        ),
        migrations.AddField(
            model_name="initiative",
            name="transformation_owner",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="who will transform"),
        ),
        migrations.AddField(
            model_name="initiative",
            name="transformation_due_on",
            field=models.DateField(blank=True, null=True, verbose_name="transformed by"),
        ),
        migrations.AddField(
            model_name="initiative",
            name="review_on",
            field=models.DateField(
                blank=True,
                help_text="When we look again at what stays.",
                null=True,
                verbose_name="review of sustainability on",
            ),
        ),
    ]
