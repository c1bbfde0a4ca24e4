"""The parts of the benchmark, each a module with a function `measure(bench)`."""

from importlib import import_module

# In the order in which they run and are reported.
PARTS = ["start", "exists", "pull", "push", "await", "release", "limits", "scale", "build-module", "instructions"]


def measure(name, bench):
    # `await` is a word of the language.
    module = {"await": "waiting"}.get(name, name.replace("-", "_"))
    import_module(f"parts.{module}").measure(bench)
