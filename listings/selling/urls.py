"""Addresses of the selling flow, below /sell/."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from listings.selling import views


class IdConverter(IntConverter):
    """As many digits as an id can have."""

    regex = "[0-9]{1,18}"


register_converter(IdConverter, "row_id")

urlpatterns = [
    path("", views.start_page, name="sell"),
    path("mine/", views.desk_page, name="sell_desk"),
    path("mine/<row_id:listing_id>/", views.life_deed, name="sell_life"),
    path("<row_id:draft_id>/discard/", views.discard, name="sell_discard"),
    path("<row_id:draft_id>/photos/<row_id:photo_id>/", views.photo_deed, name="sell_photo"),
    path("<row_id:draft_id>/earlier/<row_id:words_id>/", views.earlier_words, name="sell_earlier"),
    path("<row_id:draft_id>/<slug:step>/", views.step_page, name="sell_step"),
]
