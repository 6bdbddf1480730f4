"""Tables without a domain: the outbox, pictures, their renditions and vectors."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from wagtail.images.models import AbstractImage, AbstractRendition, Image


class OutboxRow(models.Model):
    """Work that a committed change asks for, written in the same transaction. Handlers may meet it twice.

    A worker that handles it has its name in `claimed_by` until `locked_until`; a claim that is over while the name
    still stands there was left by a worker that ended in the middle.
    """

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=80)
    key = models.CharField(max_length=120, help_text="what changed; rows of one topic and key are handled as one")
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    available_at = models.DateTimeField(default=timezone.now)
    claimed_by = models.CharField(max_length=80, blank=True, default="", db_default="")
    locked_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="counted when a worker begins")
    waits = models.PositiveIntegerField(default=0, db_default=0, help_text="how often a server was away")
    error = models.TextField(blank=True)
    is_dead = models.BooleanField(default=False)
    set_aside_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["topic", "id"], condition=Q(is_dead=False), name="outbox_next_of_topic"),
            models.Index(fields=["topic", "key"], name="outbox_same_thing"),
            models.Index(fields=["topic", "id"], condition=Q(is_dead=True), name="outbox_dead_of_topic"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "key"], condition=~Q(claimed_by=""), name="outbox_thing_is_claimed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class OutboxLease(models.Model):
    """Who does something alone now. One conditional update takes it; it ends by itself when the holder dies."""

    name = models.CharField(max_length=100, primary_key=True)
    holder = models.CharField(max_length=80, blank=True)
    held_until = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} until {self.held_until:%H:%M:%S}"


class Picture(models.Model):
    """One photo: the private original and the widths already made of it.

    The files are named by the original's hash, so a page needs this row alone to write `srcset`.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    original = models.CharField(max_length=200, help_text="path below the folder of originals, never served")
    ready_widths = models.JSONField(default=list, help_text="rendition widths in pixels, ascending")
    is_failed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(name="picture_has_a_size", condition=Q(width_px__gt=0) & Q(height_px__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} {self.width_px} x {self.height_px}"

    @property
    def folder(self) -> str:
        """Where its renditions lie, below MEDIA_ROOT and MEDIA_URL."""
        return f"pictures/{self.sha256[:2]}/{self.sha256[:24]}"


class PictureVector(models.Model):
    """How a picture looks, to one encoder. vector: float16, little-endian, L2-normalised; see `picture_vectors`."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="vectors")
    encoder = models.CharField(max_length=80, help_text="model and revision; vectors of two encoders never meet")
    vector = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["picture", "encoder"], name="one_vector_per_picture_and_encoder"),
        ]

    def __str__(self) -> str:
        return f"{self.picture_id} to {self.encoder}"


class MallImage(AbstractImage):
    """A picture that an editor put on a page."""

    credit = models.CharField(max_length=200, blank=True)

    admin_form_fields = (*Image.admin_form_fields, "credit")


class MallRendition(AbstractRendition):
    image = models.ForeignKey(MallImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="one_rendition_per_image_and_filter"
            ),
        ]
