"""No kind of check is left to the slow targets of the Makefile alone, and `make test` goes through every kind of op."""

from __future__ import annotations

import re
from pathlib import Path

import later
import pytest
from op_cases import CASES
from selection import GATED, LATER, LONG, QUICKEST, TIERS, everyday, some

from diptych.common.ops import kinds
from diptych.common.registry import networks, traced

TESTS = Path(__file__).parents[1]
ALONE = {
    "comparing/test_pytest_plugin.py::test_a_line": "runs pytest on a pair; reports that are made up are in it",
    "comparing/test_dissected.py::test_reports": "trains listings; that pages are their parts is in `make test`",
    "comparing/test_twins.py": "public models of some seconds to a minute; right pairs are in `make test`",
    "comparing/test_ci_docs.py::test_the_tests_of_the_page": "runs pytest; test_pytest_plugin.py has the plugin",
    "checking/test_random_networks.py::test_many_": "more of what is in `make test`",
    "conversion/test_emitted_weights.py::test_the_emitted_files_of_every": "the rest of what is in `make test`",
    "conversion/test_real_weights.py": "fetches packages of weights",
    "package/test_readme.py::test_the_example_in_python_runs_as_it_stands": "converts, checks and deploys",
    "conversion/test_library_files.py::test_a_size_at_which_the_library_has_other_weights_is": "a VGG of 1 GB",
    "conversion/test_identify.py::test_every_network_in_every_dialect_is_identified": "its file has a few by name",
    "conversion/test_identify.py::test_all_networks_in_every_dialect_are_identified": "the same for all networks",
    "files/test_disk_full.py::test_a_limit_of_size_ends_programs": "four programs; each format has a full disk",
    "package/test_odd_places.py::test_a_conversion_without_a_home_or_a": "imports both frameworks as another user",
    "files/test_torch_save.py::test_records_beyond": "a file of 4 GiB, which is a hole",
    "checking/test_efficientdet.py::test_every_gate_passes_at_one": "half a minute; its heads are in `make test`",
    "conversion/test_emitted_weights.py::test_models_of_emitted_classes_are_read": "17 s; one network's files run",
    "deployment/test_detector_export.py::test_efficientdets_boxes": "9 s; other detectors' boxes are in `make test`",
    "checking/test_references.py::test_a_fault_in": "a public ResNet-18; planted faults are in test_faults.py",
    "checking/test_references.py::test_a_check": "public models of some seconds; right pairs are in `make test`",
    "conversion/test_record.py::test_the_mapping_of_every_registered_network_is_in_the": "a pass over all networks",
    "conversion/test_library_files.py::test_a_keras_model_of_another_size": "a whole model of keras.applications",
    "building/test_input_stage.py::test_a_file_of_keras_itself_is": "a whole model of keras.applications",
    "checking/test_detector.py::test_exchanged_normalisations": "an EfficientDet; smaller networks have faults",
    "conversion/test_onnx_torch.py::test_what_the_exporter": "torch's exporter, which test_onnx_folded.py has, too",
    "training/test_with_optimizer.py::test_the_parameters_are": "torchvision's models; others' order is in `make test`",
    "study/test_page_browser.py": "Chromium; what the pages say is in `make test`",
    "study/test_page_ideas.py::test_the_badges": "builds networks in both frameworks",
    "study/test_questions.py::test_the_clicks": "Chromium, and a site",
    "study/test_site_languages.py": "Chromium; that no text lacks its translation is in `make test`",
    "study/test_site_plot.py": "Chromium; its points are in `make test`",
    "conversion/test_apart.py::test_a_conversion_is_proven_without": "imports both frameworks in a process",
    "training/test_detector_benchmark.py::test_a_short_run": "a minute of training; its parts are in `make test`",
    "training/test_train_check.py::test_where_rounding_grows": "three times twenty steps of a network",
    "study/test_site.py": "Chromium, and the whole site; its files and data are in `make test`",
    "ops/test_detection_losses.py::test_compiled": "compilers; eager values and gradients are in `make test`",
    "searching/test_search_run.py::test_five_seeds": "ten searches; one is in `make test`",
    "files/test_hostile.py::test_all_end_well": "test_some_of_every_kind_end_well takes one input of five hundred",
    "files/test_hostile.py::test_more_of_every_kind": "the same for one input of twenty-four",
    "conversion/test_keras_graph.py::test_the_real_file_of": "a network of 23 MB; made files are in `make test`",
    "conversion/test_real_darknet.py": "files of 24 and 35 MB; test_darknet_files.py has made ones",
    "conversion/test_yolov4_names.py::test_a_file_is_converted": "a YOLOv4 of 257 MB; its names are in `make test`",
    "importing/test_read_keras_applications.py": "whole networks; test_read_keras.py has models of each kind of layer",
    "conversion/test_emitted_weights.py::test_every_layer_of_every_network": "20 s; one network's files run",
    "conversion/test_dialects.py::test_no_two_dialects": "a pass over all dialects of all networks",
    "conversion/test_identify.py::test_the_signatures_are_those": "a pass over all networks and dialects",
    "spec/test_folding.py::test_every_network_with_a_normalisation": "a pass over all networks",
    "package/test_cli.py::test_check_all_asks": "traces all networks",
    "building/test_torch_module.py::test_the_default_compiler": "35 s of inductor; whole graphs are in `make test`",
    "checking/test_keras_applications.py::test_the_input_stage_for": "a whole model of keras.applications",
    "detecting/test_real_boxes.py::test_the_command_evaluates": "a file of 24 MB; test_evaluate.py has made ones",
    "deployment/test_detector_deploy.py::test_boxes_of_a_program": "a conversion to LiteRT",
    "checking/test_detector.py::test_its_files_say_the_same": "six formats, each of which has tests of its own",
    "conversion/test_look_alikes.py::test_no_public_class": "a pass over every public class; the rest has a few",
    "conversion/test_emitted_weights.py::test_emitted_files_take": "40 s of processes",
    "package/test_cli.py::test_convert_to_keras_is_silent": "a process that imports both frameworks",
    "package/test_cli.py::test_a_real_check": "a process that imports both frameworks",
    "ops/test_a_new_op.py::test_its_examples": "runs the tests of ops in a process",
    "ops/test_keypoints.py::test_both_pose_models": "two whole models; the functions are in `make test`",
    "searching/test_search_run.py::test_both_frameworks_find": "compiles a super-network; steps are in `make test`",
    "searching/test_search_steps.py::test_compiled_steps": "compiles one; the steps as they stand are in `make test`",
    "study/test_traps_command.py::test_traps_runs_one": "a process; test_traps_as_json runs one in this one",
    "study/test_traps_command.py::test_listing_the_traps_imports_no": "a process that traces all networks",
    "package/test_language_commands.py::test_a_report_is_the_same": "imports both frameworks, twice",
    "training/test_data_parallel.py": "pairs of processes that import a framework",
    "training/test_train_check.py::test_lenet_trains": "every optimiser; test_rules.py has all of them",
    "training/test_train_check.py::test_a_network": "whole networks; pairs with normalisation are in `make test`",
    "building/test_keras_model.py::test_the_plainly_loaded": "traces all networks; the files belong to a slow test",
    "checking/test_given_models.py::test_a_built_module_with": "11 s; hand-written modules are in `make test`",
    "conversion/test_batch_broken.py::test_a_batch_goes_on_from_a_random": "6 s; every step is in `make test`",
    "comparing/test_classes_of_keras.py::test_training_compares": "a step of a class; other classes are in `make test`",
    "comparing/test_classes_of_keras.py::test_code_that_stays": "the same, in its own dtype",
    "comparing/test_unnamed_classes.py::test_weights_are_moved": "two comparisons; its gradients are in `make test`",
    "study/test_site_maps.py::test_networks_with_weights": "builds a site with maps; its parts are in `make test`",
    "training/test_given_objects.py::test_heads_of_training": "a pair that trains by itself; others are in `make test`",
    "training/test_with_optimizer.py::test_what_a_torch": "a conversion and both frameworks; others are in `make test`",
    "conversion/test_cluster.py": "a cluster of two nodes, where Ray is installed",
    "building/test_keras_model.py::test_files_predict_in_a_plain_keras": "twelve networks; test_convert.py has one",
    "checking/test_faults.py::test_without_a_fault_the_check": "a residual network; six pass in test_parity.py",
    "comparing/test_pytest_plugin.py::test_processes": "runs pytest in processes; one process is in `make test`",
    "conversion/test_convert.py::test_a_keras_file_that_plain_keras_saved": "9 s; its file has others from Keras",
    "study/test_catalogue.py::test_every_card_can_be_shown": "traces all networks; some are shown by name",
    "checking/test_referee.py::test_a_network_of_ones_own_with_three_outputs_is": "8 s; smaller ones are judged, too",
    "files/test_torch_hostile.py::test_the_memory_and_the_time": "7 s; what they are refused for is in `make test`",
    "spec/test_count.py::test_the_program_prints_the_entry_of_a_card": "a process that imports a library",
    "study/test_show_browser.py::test_the_page_is_a_document_with": "Chromium; the page's parts are in `make test`",
    "files/test_keras_config.py::test_a_keras_file_is_told_by_its": "8 s; single files are told in `make test`",
    "training/test_train_check.py::test_training_that_diverges_in_both_is": "6 s; a rate is lowered in other tests",
}
"""Checks that `make test` does not make for any network, and why."""


def test_what_is_left_for_later_is_there(request: pytest.FixtureRequest) -> None:
    """Of the files that this run collects: an entry whose case has another name now would say nothing."""
    collected = {name.partition("::")[0].removeprefix("parity_tests/") for name in request.config.stash[TIERS]}
    entries = {entry for entry in later.TARGETS if entry.partition("::")[0] in collected}
    met: set[str] = request.config.stash[LATER]
    assert entries <= met, sorted(entries - met)


def test_every_check_is_made_by_make_test(request: pytest.FixtureRequest) -> None:
    tiers = request.config.stash[TIERS]
    left_out = [name for name, found in tiers.items() if "test" not in found]
    alone = [name for name in left_out if not any(one in name for one in ALONE)]
    assert not alone, f"all cases are slow; leave one of a few seconds without a mark: {', '.join(alone)}"


def test_what_takes_long_goes_to_the_next_target_and_one_case_stays() -> None:
    times = [("test", "a.py::t[1]", 3.0), ("test", "a.py::t[2]", 2.0), ("test", "a.py::t[3]", 0.1)]
    times += [("test", "a.py::alone", 9.0), ("slow", "a.py::t[4]", 20.0), ("slow", "a.py::t[5]", 4.0)]
    assert later.long(times) == {"a.py::t[1]": "slow", "a.py::t[2]": "slow", "a.py::t[4]": "full"}


def test_make_quick_has_a_file_of_each_room() -> None:
    (listed,) = re.findall(r"^QUICK := ((?:.*\\\n)*.*)$", (TESTS.parent / "Makefile").read_text("utf-8"), re.MULTILINE)
    files = [TESTS / name for name in listed.replace("\\\n", " ").split()]
    assert [str(file) for file in files if not file.is_file()] == []
    assert {file.parent for file in files} == {file.parent for file in TESTS.glob("*/test_*.py")}


def test_the_three_targets_share_the_networks() -> None:
    assert set(QUICKEST) < set(GATED) < set(networks())
    assert set(QUICKEST) & set(LONG) == set()
    assert set(LONG) & (everyday() | set(GATED))
    assert everyday() < set(networks())


def test_make_test_goes_through_every_kind_of_op() -> None:
    def of(names: list[str]) -> set[str]:
        return {node.kind for name in names for node in traced(name, {}).nodes}

    assert set(CASES) == set(kinds()), "test_ops.py has each alone"
    slow = {"mish", "standardize", "channel_shuffle", "local_response_norm", "sigmoid"}
    slow |= {"space_to_depth", "silu"}  # of YOLOX-nano, whose check takes 15 s
    slow |= {"parameter", "weighted_sum"}  # these in checking/test_detector.py, too
    assert of(networks()) - of(list(QUICKEST)) == slow, "only what is slow has them"
    assert of(networks()) == of(list(GATED))


def test_the_cases_that_are_kept_must_be_among_those_given() -> None:
    marks = [case.marks for case in some(["a", "b", ("c", 1)], "a", ("c", 1))]
    assert [bool(found) for found in marks] == [False, True, False]
    for everyday_ones in ([], ["d"]):
        with pytest.raises(ValueError, match="kept for `make test`"):
            some(["a"], *everyday_ones)
