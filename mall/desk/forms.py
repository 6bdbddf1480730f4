"""What an operator may post about a case."""

from __future__ import annotations

import re
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy

_NUMBER = re.compile(r"(?:.*-)?([0-9]{1,18})/?(?:[?#].*)?", re.DOTALL)


class ProductField(forms.CharField):
    """A product's number or the address of its page; gives the number."""

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise forms.ValidationError(gettext_lazy("Give a product’s number or the address of its page."))
        return int(match[1])


class DecisionForm(forms.Form):
    """action: same (needs variant or product), apart (needs product) or undo (needs match)."""

    action = forms.ChoiceField(choices=[("same", ""), ("apart", ""), ("undo", "")])
    variant = forms.IntegerField(required=False, min_value=1, max_value=10**18)
    product = ProductField(required=False, max_length=500)
    match = forms.IntegerField(required=False, min_value=1, max_value=10**18)

    def clean(self) -> dict[str, Any]:
        words = super().clean() or self.cleaned_data
        needed = {"same": ("variant", "product"), "apart": ("product",), "undo": ("match",)}
        names = needed.get(words.get("action", ""), ())
        if not self.errors and not any(words.get(name) for name in names):
            raise forms.ValidationError(gettext_lazy("Say which product is meant."))
        return words


class LettersForm(forms.Form):
    """action: "retry" or "discard", a colon, and what: "chosen" (needs letter), a letter's number, or "topic:" and one.

    cleaned_data has is_discard, topic ("" for none), ids (None for all of the topic) and confirmed.
    """

    action = forms.RegexField(r"^(?:retry|discard):(?:chosen|[0-9]{1,18}|topic:[a-z_.]{1,80})$")
    letter = forms.TypedMultipleChoiceField(required=False, coerce=int)
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # any number may be sent: what is no dead letter is left alone
        sent = self.data.getlist("letter") if hasattr(self.data, "getlist") else []
        field = cast(forms.TypedMultipleChoiceField, self.fields["letter"])
        field.choices = [(value, value) for value in sent if value.isascii() and value.isdigit() and len(value) <= 18]

    def clean(self) -> dict[str, Any]:
        words = super().clean() or self.cleaned_data
        verb, _colon, what = words.get("action", "").partition(":")
        kind, _colon, topic = what.partition(":")
        words["is_discard"] = verb == "discard"
        words["topic"] = topic if kind == "topic" else ""
        words["ids"] = None
        if kind == "chosen":
            words["ids"] = words.get("letter", [])
        elif kind.isdigit():
            words["ids"] = [int(kind)]
        if not self.errors and not words["topic"] and not words["ids"]:
            raise forms.ValidationError(gettext_lazy("Choose at least one letter."))
        return words
