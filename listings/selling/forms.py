"""One form a page. Their cleaned fields are columns of the draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from listings.models import ListingDraft
from listings.selling.answers import DELIVERY_SPANS, FIELD_NAMES, FLAWS, Step
from listings.selling.selectors import leaf_categories
from mall.catalogue.conditions import Family, grades_of
from mall.catalogue.identifiers import InvalidIdentifier, normalise_gtin
from mall.core.money import MinorAmountFormField

MOST_MINOR = 10_000_000
OLDEST_YEAR, LATEST_YEAR = 1900, 2100
GRADES_TO_SELL = (*grades_of(Family.USED), *grades_of(Family.PARTS))


class FirstOfTheGroup(forms.RadioSelect):
    """Its label leads to the first choice, so that a link of the error summary finds it."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, "0" if index is None else index)


class Words(forms.CharField):
    """Browsers count a new line as one character and send two."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\x00", "")


class Amount(MinorAmountFormField):
    """Reads "12,50 €" too."""

    def clean(self, value: Any) -> int | None:
        return super().clean("".join(str(value).replace("€", "").split()) if value not in self.empty_values else value)


def _text(field: str, most: int, *, rows: int = 0, required: bool = False, **options: Any) -> Words:
    kind = {"rows": rows} if rows else {}
    widget = (forms.Textarea if rows else forms.TextInput)(attrs={"class": "input", "autocomplete": "off", **kind})
    return Words(label=FIELD_NAMES[field], max_length=most, required=required, widget=widget, **options)


def _amount(field: str, *, required: bool, **options: Any) -> Amount:
    invalid = gettext_lazy("Write an amount in euros, such as 25 or 25.50.")
    return Amount(
        label=FIELD_NAMES[field],
        required=required,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Write the price you ask."),
            "invalid": invalid,
            "max_decimal_places": invalid,
            "max_digits": invalid,
            "max_whole_digits": invalid,
        },
        **options,
    )


class CategoryForm(forms.Form):
    category = forms.ModelChoiceField(
        label=FIELD_NAMES["category"],
        queryset=leaf_categories(),
        error_messages={
            "required": gettext_lazy("Choose a category."),
            "invalid_choice": gettext_lazy("Choose a category."),
        },
    )


class WordsForm(forms.Form):
    title = _text(
        "title",
        120,
        required=True,
        help_text=gettext_lazy("What it is, in the words a buyer would search for."),
        error_messages={"required": gettext_lazy("Write a title.")},
    )
    description = _text(
        "description",
        4000,
        rows=6,
        help_text=gettext_lazy("How old it is, how it was used, what comes with it."),
    )
    brand_name = _text("brand_name", 80)
    model_code = _text("model_code", 60, help_text=gettext_lazy("As printed on the label."))
    gtin = _text("gtin", 20, help_text=gettext_lazy("The 8 to 14 digits below the bars."))
    size = _text("size", 40)
    bought_in = forms.IntegerField(
        label=FIELD_NAMES["bought_in"],
        required=False,
        min_value=OLDEST_YEAR,
        max_value=LATEST_YEAR,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Write a year in four digits, such as 2022.")
        ),
    )

    def clean_gtin(self) -> str:
        code = str(self.cleaned_data["gtin"])
        if not code:
            return ""
        try:
            normalise_gtin(code)
        except InvalidIdentifier as error:
            raise forms.ValidationError(
                _("This is no barcode number: check its digits, or leave the field empty.")
            ) from error
        return code


class ConditionForm(forms.Form):
    grade = forms.ChoiceField(
        label=FIELD_NAMES["grade"],
        choices=[(grade.code, grade.label) for grade in GRADES_TO_SELL],
        widget=FirstOfTheGroup,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose a condition.")),
    )
    flaws = forms.MultipleChoiceField(
        label=gettext_lazy("Flaws to tell"),
        choices=list(FLAWS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("Choose flaws from the list, or write them below.")},
    )
    flaw_words = _text(
        "flaw_words",
        1000,
        rows=3,
        help_text=gettext_lazy("One a line, with its size and place: “scratch of 2 cm on the back”."),
    )
    is_complete = forms.BooleanField(label=FIELD_NAMES["is_complete"], required=False)


class PriceForm(forms.Form):
    price_minor = _amount(
        "price_minor",
        required=True,
        help_text=gettext_lazy("In euros. The mall takes no fee: you receive all of it."),
    )

    def clean_price_minor(self) -> int:
        return _within(self.cleaned_data["price_minor"], least=1)


def span_text(longest: int) -> str:
    """longest: a key of DELIVERY_SPANS, days."""
    return _("%(least)s to %(most)s days") % {"least": DELIVERY_SPANS[longest], "most": longest}


class ShippingForm(forms.Form):
    can_be_sent = forms.BooleanField(label=FIELD_NAMES["can_be_sent"], required=False)
    delivery_minor = _amount(
        "delivery_minor", required=False, help_text=gettext_lazy("What the buyer pays for it; 0 when you pay.")
    )
    delivery_days_max = forms.TypedChoiceField(
        label=FIELD_NAMES["delivery_days_max"],
        required=False,
        coerce=int,
        empty_value=None,
        widget=FirstOfTheGroup,
        choices=lambda: [(longest, span_text(longest)) for longest in DELIVERY_SPANS],
        error_messages={"invalid_choice": gettext_lazy("Choose how long it takes.")},
    )
    can_be_collected = forms.BooleanField(label=FIELD_NAMES["can_be_collected"], required=False)

    def clean_delivery_minor(self) -> int | None:
        amount = self.cleaned_data["delivery_minor"]
        return None if amount is None else _within(amount, least=0)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not given.get("can_be_sent") and not given.get("can_be_collected"):
            self.add_error("can_be_sent", _("Choose sending, collecting, or both."))
        if given.get("can_be_sent"):
            if "delivery_minor" in given and given["delivery_minor"] is None:
                self.add_error("delivery_minor", _("Write what sending costs; 0 when you pay it."))
            if "delivery_days_max" in given and given["delivery_days_max"] is None:
                self.add_error("delivery_days_max", _("Choose how long it takes."))
        return given


class SellerForm(forms.Form):
    """Asked once, of a member who has sold nothing yet."""

    seller_name = Words(
        label=gettext_lazy("Your first name"),
        max_length=80,
        help_text=gettext_lazy("As buyers will read it."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "given-name"}),
        error_messages={"required": gettext_lazy("Write your first name.")},
    )
    city = Words(
        label=gettext_lazy("Your town"),
        max_length=80,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "address-level2"}),
        error_messages={"required": gettext_lazy("Write your town.")},
    )


FORMS: dict[Step, type[forms.Form]] = {
    Step.CATEGORY: CategoryForm,
    Step.WORDS: WordsForm,
    Step.CONDITION: ConditionForm,
    Step.PRICE: PriceForm,
    Step.SHIPPING: ShippingForm,
}


def form_of(step: Step, draft: ListingDraft, data: Any = None) -> forms.Form:
    """The page's form, with what the draft holds; bound when `data` is given."""
    kind = FORMS[step]
    form = kind(data, initial={name: getattr(draft, name) for name in kind.base_fields})
    for field in form.fields.values():
        # the mall's own words at the field, not the browser's bubbles
        field.widget.use_required_attribute = lambda _initial: False
    return form


def answers_of(form: forms.Form) -> dict[str, Any]:
    """The sound answers of a form that was validated, faults in others or not."""
    return {name: form.cleaned_data[name] for name in form.fields if name in form.cleaned_data}


def _within(amount: int, *, least: int) -> int:
    if least <= amount <= MOST_MINOR:
        return amount
    if least:
        raise forms.ValidationError(_("Write an amount between 0.01 and 100,000 euros."))
    raise forms.ValidationError(_("Write an amount from 0 to 100,000 euros."))
