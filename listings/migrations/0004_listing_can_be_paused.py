from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0003_listing_drafts"),
    ]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="paused_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
