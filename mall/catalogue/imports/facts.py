"""From a feed's attribute keys and values to what a shopper reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from mall.catalogue.colours import base_colour

MAX_FACTS = 40
MAX_VALUE_CHARACTERS = 400
MAX_KEY_CHARACTERS = 80

Value = str | int | float | bool

# How goods travel by the pallet says nothing to a shopper.
_LOGISTICS = re.compile(
    r"^(package_|pallet_|master__outer|quantity_per_(pallet|master|intermodal|layer)|number_of_(cartons|layers|products)_per"
    r"|harmonized|customs_|.*(_uk_|gross_weight|outer_carton|gtin|upc)|last_change|status$|processor_ark_id|bcp_)"
)
_SHOWN = {
    "t_t": "",
    "h_h": "",
    "wxdxh": "(W x D x H)",
    "w_x_d_x_h": "(W x D x H)",
    "uk": "",
    "imperial": "(imperial)",
}
_WORDS = {
    "usb": "USB", "hdmi": "HDMI", "vga": "VGA", "dvi": "DVI", "lan": "LAN", "wi": "Wi", "fi": "Fi", "dpi": "DPI",
    "led": "LED", "lcd": "LCD", "tdp": "TDP", "cpu": "CPU", "ram": "RAM", "ssd": "SSD", "hdd": "HDD", "oem": "OEM",
    "ac": "AC", "dc": "DC", "awg": "AWG", "rohs": "RoHS", "ecc": "ECC", "gps": "GPS", "nfc": "NFC", "pci": "PCI",
    "poe": "PoE", "iso": "ISO", "iec": "IEC", "a4": "A4", "a3": "A3", "tv": "TV", "ups": "UPS", "eu": "EU", "hp": "HP",
    "intel": "Intel", "windows": "Windows", "bluetooth": "Bluetooth", "ethernet": "Ethernet", "fsb": "FSB",
}  # fmt: skip
_COLOUR_KEYS = ("product_colour", "cable_colour", "printing_colours", "colour", "frame_colour", "label_colour")


@lru_cache(maxsize=20_000)
def label_of(key: str) -> str:
    """ "dimensions__wxdxh_" -> "Dimensions (W x D x H)", "ram_capacity" -> "RAM capacity"."""
    name, _, rest = key.strip("_").partition("__")
    words = [_WORDS.get(word, word) for word in re.split(r"[_\s]+", name) if word]
    text = " ".join(words).replace("Wi Fi", "Wi-Fi")
    suffix = _SHOWN.get(rest.strip("_"), f"({rest.strip('_').replace('__', ', ').replace('_', ' ')})" if rest else "")
    return f"{text[:1].upper()}{text[1:]} {suffix}".strip()[:MAX_KEY_CHARACTERS]


def value_of(value: Value) -> str:
    """As a shopper reads it: no "1.0", no "true", no escaped line ends."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value).replace("\\n", ", ").replace("\n", ", ")
    return re.sub(r"\s*,\s*", ", ", " ".join(text.split())).strip(" ,")[:MAX_VALUE_CHARACTERS]


def facts_of(attributes: Mapping[str, Value]) -> list[list[str]]:
    """[label, value] pairs for the table of specifications, at most MAX_FACTS, in the feed's order."""
    pairs = ([label_of(key), value_of(value)] for key, value in attributes.items() if not _LOGISTICS.match(key.lower()))
    return [pair for pair in pairs if pair[0] and pair[1]][:MAX_FACTS]


def colour_in(attributes: Mapping[str, Value]) -> tuple[str, str]:
    """Filter colour and the maker's own word for it; empty strings when none is known."""
    for key in _COLOUR_KEYS:
        value = attributes.get(key)
        if isinstance(value, str) and value:
            first = value.split(",")[0].strip()
            code = base_colour(first)
            if code:
                return code, value.replace(",", ", ")[:80]
    return "", ""
