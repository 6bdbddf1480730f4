"""Pictures that were there before their looks were described ask the worker for it; it may be asked twice."""

from django.db import migrations

AT_ONCE = 1000
TOPIC = "picture.look"


def ask_for_looks(apps, schema_editor):
    picture_model, row_model = apps.get_model("core", "Picture"), apps.get_model("core", "OutboxRow")
    last = 0
    while ids := list(picture_model.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        row_model.objects.bulk_create(
            row_model(topic=TOPIC, key=f"picture:{pk}", payload={"picture_id": pk}) for pk in ids
        )
        last = ids[-1]


def forget_asking(apps, schema_editor):
    apps.get_model("core", "OutboxRow").objects.filter(topic=TOPIC).delete()


class Migration(migrations.Migration):
    dependencies = [("core", "0002_picture_vectors")]

    operations = [migrations.RunPython(ask_for_looks, forget_asking)]
