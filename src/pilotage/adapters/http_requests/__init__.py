"""HTTP requests: what a plan asks of services over HTTP."""

from .performer import HttpRequestsPerformer

__all__ = ["HttpRequestsPerformer"]
