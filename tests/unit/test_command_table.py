"""The commands that help names are those that run."""

from __future__ import annotations

import argparse
import importlib

import pytest

from backend.commands import parser


def commands() -> list[str]:
    actions = parser._parser()._actions
    return [name for a in actions if isinstance(a, argparse._SubParsersAction) for name in a.choices]


@pytest.mark.parametrize("command", commands())
def test_a_command_has_its_function(command: str) -> None:
    module, name = parser._FUNCTIONS[command]
    assert callable(getattr(importlib.import_module(f"backend.commands.{module}"), name))
