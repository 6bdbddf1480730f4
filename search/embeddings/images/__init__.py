"""Photos to unit vectors, so that things can be compared by their look. Nothing here needs torch or Django.

Nothing is imported here: a web process that only needs the protocol's types must not load a model's code.
"""
