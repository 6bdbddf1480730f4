"""The tree of departments and categories, named in French and English."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Category(models.Model):
    """A node of the tree; a node without a parent is a department.

    path: slugs from the department down, joined by "/", so that a subtree is a prefix.
    tint: the tile colour of the department ("sand", "sage", "clay", "sky", "butter", "stone", "rose").
    """

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    slug = models.SlugField(max_length=80, unique=True)
    path = models.CharField(max_length=300, unique=True)
    name_fr = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    tint = models.CharField(max_length=10, default="sand")
    is_sensitive = models.BooleanField(default=False, help_text="matches here are never made without a person")

    class Meta:
        ordering = ["position", "name_fr", "pk"]
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(name="category_is_not_its_own_parent", condition=~Q(parent=F("id"))),
            models.CheckConstraint(
                name="category_has_a_name_in_both_languages", condition=~Q(name_fr="") & ~Q(name_en="")
            ),
        ]

    def __str__(self) -> str:
        return self.path

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_fr

    @property
    def path_slugs(self) -> tuple[str, ...]:
        """Slugs, department first, own last."""
        return tuple(self.path.split("/"))
