"""How well photos are enhanced, measured on photos whose truth is known. Driven by `manage.py measure_photos`."""
