"""Several workers drain at once: a row is claimed for a while, and the database lets one claim a thing at a time.

New columns have defaults in the database, so that the code before them goes on writing rows.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("core", "0003_pictures_ask_for_looks")]

    operations = [
        migrations.AddField(
            "OutboxRow", "claimed_by", models.CharField(max_length=80, blank=True, default="", db_default="")
        ),
        migrations.AddField("OutboxRow", "locked_until", models.DateTimeField(null=True, blank=True)),
        migrations.AddField(
            "OutboxRow",
            "waits",
            models.PositiveIntegerField(default=0, db_default=0, help_text="how often a server was away"),
        ),
        migrations.AddField("OutboxRow", "set_aside_at", models.DateTimeField(null=True, blank=True)),
        migrations.AlterField(
            "OutboxRow",
            "attempts",
            models.PositiveSmallIntegerField(default=0, help_text="counted when a worker begins"),
        ),
        migrations.AlterField(
            "OutboxLease", "name", models.CharField(max_length=100, primary_key=True, serialize=False)
        ),
        migrations.RemoveIndex("OutboxRow", "outbox_next_rows"),
        migrations.AddIndex(
            "OutboxRow",
            models.Index(fields=["topic", "id"], condition=Q(is_dead=False), name="outbox_next_of_topic"),
        ),
        migrations.AddIndex("OutboxRow", models.Index(fields=["topic", "key"], name="outbox_same_thing")),
        migrations.AddIndex(
            "OutboxRow", models.Index(fields=["topic", "id"], condition=Q(is_dead=True), name="outbox_dead_of_topic")
        ),
        migrations.AddConstraint(
            "OutboxRow",
            models.UniqueConstraint(
                fields=["topic", "key"], condition=~Q(claimed_by=""), name="outbox_thing_is_claimed_once"
            ),
        ),
    ]
