"""How well the matcher does: pairs with labels, listings against a catalogue, second-hand wording."""
