"""Two models held to each other by pytest, a test for each gate: `pytest -k resnet50`, `test_resnet50[gradients]`.

By a mark, on a function that returns both models, or makers of them, and perhaps the network that both must be, a Net
or its registered name. It may take fixtures and be parametrized:

    @pytest.mark.parity(example=(1, 3, 64, 64))
    def test_resnet50():
        return Net(), port()

Or by a line, at the level of the module or of a class:

    from diptych.pytest_plugin import parity

    test_resnet50 = parity(Net, port, example=(1, 3, 64, 64))

Keyword arguments are those of `diptych.compare`, with a network those of `diptych.check`: `steps=20` adds a test of so
many steps of training. What can be called and is no model is a maker: it is called when its first gate is, so that to
collect tests costs nothing. The gates of a function share one comparison. A gate passes where it agrees, and fails with
the report where it differs, and where it cannot tell: that is no pass. It is skipped where it does not apply and the
rest agrees. `--parity-fast` leaves out training and most images, `--parity-gates outputs,nodes` holds to these alone.

Of several processes of pytest-xdist one makes the comparison, and the others wait for it; `--dist loadgroup`, loadscope
and loadfile keep the gates of a function in one process, so that none has to wait.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .ci.verdicts import Verdicts

GATE = "parity_gate"
MARK = "parity(**options): the function returns two models, or makers of them, that are held to each other by diptych"
KEPT: pytest.StashKey[dict[str, Verdicts]] = pytest.StashKey()
"""What each comparison of a session found, or why there is nothing."""


def parity(torch_model: Any, keras_model: Any, spec: Any = None, **options: Any) -> Callable[..., Any]:
    """A test function for two models, or makers of them, under the name that it is given; see the module's text."""

    def test(*_: Any) -> tuple[Any, ...]:
        return (torch_model, keras_model) if spec is None else (torch_model, keras_model, spec)

    caller = sys._getframe(1)  # so that pytest shows the line that says parity(...)
    test.__code__ = test.__code__.replace(co_filename=caller.f_code.co_filename, co_firstlineno=caller.f_lineno)
    test.__module__ = caller.f_globals["__name__"]
    marked: Callable[..., Any] = pytest.mark.parity(**options)(test)
    return marked


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this plugin."""
    group = parser.getgroup("diptych", "two models held to each other (diptych)")
    group.addoption("--parity-fast", action="store_true", help="without training, at one size, with few images")
    group.addoption("--parity-gates", metavar="NAME,NAME", help="only these gates, such as outputs,nodes")


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark."""
    config.addinivalue_line("markers", MARK)
    config.stash[KEPT] = {}


@pytest.hookimpl(trylast=True)  # so that the gate comes last in a test's name
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each gate."""
    mark = metafunc.definition.get_closest_marker("parity")
    if mark is not None:
        gates = _gates(mark, metafunc.config)
        metafunc.fixturenames.append(GATE)
        metafunc.parametrize(GATE, gates, ids=gates)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep the gates of one comparison in one process of pytest-xdist."""
    if item.get_closest_marker("parity") is None or not item.config.pluginmanager.hasplugin("xdist"):
        return
    if isinstance(item, pytest.Function) and item.get_closest_marker("xdist_group") is None:
        item.add_marker(pytest.mark.xdist_group(_comparison(item).rpartition("::")[2].rstrip("[-")))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object | None:
    """Judge one gate, in the place of a call of the function."""
    mark = pyfuncitem.get_closest_marker("parity")
    if mark is None:
        return None
    from .ci.verdicts import judged

    gates = _gates(mark, pyfuncitem.config)
    outcome, said = judged(_found(pyfuncitem, mark), _gate(pyfuncitem), gates)
    if outcome == "skipped":
        pytest.skip(said)
    if outcome == "failed":
        pytest.fail(said, pytrace=False)
    return True


def _gates(mark: pytest.Mark, config: pytest.Config) -> tuple[str, ...]:
    """The gates of a test function; what is wrong with its mark is an error where it is collected."""
    from . import check, compare
    from .checking.asked import asked_gates
    from .ci.verdicts import check_options
    from .common.errors import DiptychError
    from .comparing.compare import GATES

    try:
        if mark.args:
            raise DiptychError(f"parity takes options by name, such as example=(1, 3, 64, 64), not {mark.args[0]!r}")
        check_options(mark.kwargs, compare, check)
        options = _options(mark, config)
        steps, fast = options.get("steps"), options.get("fast", False)
        return asked_gates(list(GATES), options.get("gates"), fast, always="outputs", steps=steps)
    except DiptychError as error:
        raise pytest.Collector.CollectError(f"parity: {error}") from None


def _options(mark: pytest.Mark, config: pytest.Config) -> dict[str, Any]:
    """The options of a comparison: those of the mark, and over them those of the command."""
    chosen = {"fast": config.getoption("parity_fast") or None, "gates": config.getoption("parity_gates")}
    return {**mark.kwargs, **{name: value for name, value in chosen.items() if value is not None}}


def _found(item: pytest.Function, mark: pytest.Mark) -> Verdicts:
    """What the comparison of a function's models found, or why nothing; it is made once for all its gates."""
    from .ci.shared import once
    from .ci.verdicts import Verdicts

    kept, name = item.config.stash[KEPT], _comparison(item)
    if name not in kept:
        kept[name] = Verdicts.from_json(once(_folder(item.config), name, lambda: _compared(item, mark).to_json()))
    return kept[name]


def _compared(item: pytest.Function, mark: pytest.Mark) -> Verdicts:
    from .ci.verdicts import Verdicts, called, reported
    from .common.errors import DiptychError

    own = inspect.signature(item.obj).parameters
    try:
        returned = called(item.obj, **{key: value for key, value in item.funcargs.items() if key in own})
        return Verdicts.of(reported(returned, _options(mark, item.config)))
    except DiptychError as error:
        return Verdicts((), f"cannot tell: {error}")
    except Exception as error:
        said = f"not compared: {type(error).__name__}: {error}; the first of these gates shows where"
        item.config.stash[KEPT][_comparison(item)] = Verdicts((), said)
        raise


def _folder(config: pytest.Config) -> Path | None:
    """The folder that the processes of pytest-xdist share; None where there is one process."""
    factory = getattr(config, "_tmp_path_factory", None)
    return None if factory is None or not hasattr(config, "workerinput") else Path(factory.getbasetemp()).parent


def _comparison(item: pytest.Function) -> str:
    """The name that the gates of one comparison share; not of `nodeid`, to which pytest-xdist adds."""
    home = item.parent.nodeid if item.parent is not None else ""
    return f"{home}::{item.name.removesuffix(f'{_gate(item)}]')}"


def _gate(item: pytest.Function) -> str:
    return str(item.callspec.params[GATE])
