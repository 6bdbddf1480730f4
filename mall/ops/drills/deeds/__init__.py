"""What a drill has done within the mall, by theme. Each function of `__all__` is a deed: plain data in and out."""
