"""Panels without a browser: a comm that remembers what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm


class FakeComm(BaseComm):
    """Remembers messages as (kind, data, buffers)."""

    kernel = object()  # ipywidgets asks whether somebody is there

    def __init__(self, *args: Any, **options: Any) -> None:
        self.messages: list[tuple[str, dict[str, Any], list[bytes]]] = []
        super().__init__(*args, **options)

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any) -> None:
        self.messages.append((msg_type, data or {}, [bytes(buffer) for buffer in buffers or ()]))

    def binary(self, name: str) -> list[bytes]:
        """Every value that a binary trait was sent."""
        return [
            buffers[data["buffer_paths"].index([name])]
            for _, data, buffers in self.messages
            if data.get("buffer_paths") and [name] in data["buffer_paths"]
        ]

    def say(self, **content: Any) -> None:
        """As a page sends a message."""
        self.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    def set(self, **state: Any) -> None:
        """As a page sets traits."""
        self.handle_msg({"content": {"data": {"method": "update", "state": state, "buffer_paths": []}}, "buffers": []})


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Make a panel with a fake comm, closed after the test."""
    monkeypatch.setattr(comm, "create_comm", lambda *args, **options: FakeComm(*args, **options))
    made = []

    def panel(kind: Any, *args: Any, **options: Any) -> Any:
        made.append(kind(*args, **options))
        return made[-1]

    yield panel
    for each in made:
        each.close()
