"""Every transcript is played twice: on the model and on the extension."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.splice.scene import Scene

CORES = {"model": "tests.splice.model", "rust": "rtproxy._audio_core"}


@pytest.fixture(params=list(CORES))
def core(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(CORES[request.param])


@pytest.fixture
def rust() -> ModuleType:
    """For rules that the model leaves out: deadlines, panics, levels."""
    return importlib.import_module(CORES["rust"])


@pytest.fixture
def stage(core: ModuleType) -> Callable[..., Scene]:
    """A scene with settings of its own."""

    def set_up(**settings: int | None) -> Scene:
        return Scene(core, **settings)

    return set_up


@pytest.fixture
def scene(stage: Callable[..., Scene]) -> Scene:
    """A small web client and an upstream, both attached, at time zero."""
    return stage()
