"""A real OpenSearch on this machine without Docker: assembled from released artifacts, run, stopped.

`cluster.Cluster` is the door for programs, `python -m mall.ops.opensearch` the one for people.
"""
