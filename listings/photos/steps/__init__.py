"""Colour, light and focus: one file a step, each with a gate that leaves good photos alone and a cap."""
