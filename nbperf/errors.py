"""Every error nbperf raises on purpose.

::

    NBPerfError
    ├── PlanError          a measurement that cannot be run as asked (also a ValueError)
    ├── UnitError          a text that is no quantity, or a unit nobody knows (also a ValueError)
    ├── DataError          labels or scores that cannot be counted (also a ValueError)
    ├── RecordError        a record asked for what it does not hold (also a LookupError)
    ├── BudgetExceeded     a cell that does not keep a budget (also an AssertionError)
    └── MissingDependency  a package that is not installed; names the pip line (also an ImportError)

Messages name what was asked, what was found and what to do.
"""

from __future__ import annotations

from typing import Any


class NBPerfError(Exception):
    """Base of every error that nbperf raises on purpose."""


class PlanError(NBPerfError, ValueError):
    """A measurement that cannot be run as it was asked for."""


class UnitError(NBPerfError, ValueError):
    """A text that is no quantity, or a unit that nobody knows."""


class DataError(NBPerfError, ValueError):
    """Labels, predictions or scores that cannot be counted as they are."""


class RecordError(NBPerfError, LookupError):
    """A record was asked for something it does not hold."""


class BudgetExceeded(NBPerfError, AssertionError):
    """What was measured does not keep its budget; the code itself ran to its end, and its value and record were kept.

    Parameters
    ----------
    message : str
        What was found, a line for each budget.
    breaches : tuple of Breach
    run : Run
    """

    def __init__(self, message: str, breaches: tuple[Any, ...] = (), run: Any = None) -> None:
        self.breaches = breaches
        self.run = run
        super().__init__(message)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: no line of code is at fault."""
        return [f"{type(self).__name__}: {self}"]


class NBPerfWarning(UserWarning):
    """Something beside the measurement did not work, such as keeping it; the measurement itself is whole."""


class MissingDependency(NBPerfError, ImportError):
    """A package that is needed here is not installed.

    Parameters
    ----------
    package : str
        What is missing, as one imports it.
    install : str
        What to put behind ``pip install``.
    """

    def __init__(self, package: str, install: str) -> None:
        self.package = package
        self.install = install
        super().__init__(f'{package} is not installed here: pip install "{install}"')
