"""Faults done on purpose to a whole mall on real servers, and what must hold after them: `manage.py fault_drill NAME`.

`catalogue.py` lists them. Each is a function of a `Ground` (a throw-away mall) that fills a `Report`; what has to be
done in the mall's own processes is a deed of `inside.py`.
"""
