"""What an operator may post about a case."""

from __future__ import annotations

import re
from typing import Any

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
