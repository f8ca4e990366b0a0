"""Single cases that take long beside others of the same check: `make test` leaves them to `make test-slow`, or to all.

A case stands here by the beginning of its name. The check that it belongs to keeps quicker cases where it was, which
test_selection.py holds.
"""

from __future__ import annotations

import pytest

SLOW = (
    "checking/test_faults.py::test_without_a_fault_the_check_passes[float64]",
    "checking/test_referee.py::test_without_a_fault_the_gate_passes[float64]",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[torch_unshared]",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[torch_biased_variance]",
    "conversion/test_library_files.py::test_keras_applications_takes_the_file_as_its_own_weights[xception.keras]",
    "conversion/test_source_graph.py::test_another_function_with_the_weights_of_a_network_is_converted_as_it_is[uncla",
    "conversion/test_streaming.py::test_mapped_files_give_the_same_bytes[mobilenet_v1_025.keras]",
)
"""Of 3 to 12 seconds each."""

FULL: tuple[str, ...] = ()
"""Of `make test-slow`, those of the most seconds."""


def mark(item: pytest.Item) -> str:
    """Mark a case that stands here, and return its entry; "" for any other."""
    name = item.nodeid.removeprefix("parity_tests/")
    for entries, marker in ((SLOW, pytest.mark.slow), (FULL, pytest.mark.full)):
        if entry := next((entry for entry in entries if name.startswith(entry)), ""):
            item.add_marker(marker)
            return entry
    return ""
