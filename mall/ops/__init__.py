"""Running the mall: the supervisor of `make run`, load measurements, examples for real servers."""
