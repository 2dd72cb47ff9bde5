"""Metrics adapters: ``prometheus`` asks a server's HTTP API, ``scrape`` reads a service's own ``/metrics``.

Both answer the same questions in PromQL (``questions``); only who evaluates it differs.
"""
