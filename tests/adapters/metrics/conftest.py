"""Fixtures of the metrics adapters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.metrics.pages import Pages


@pytest.fixture
def pages() -> Iterator[Pages]:
    server = Pages()
    yield server
    server.stop()


@pytest.fixture
def other_pages() -> Iterator[Pages]:
    server = Pages()
    yield server
    server.stop()
