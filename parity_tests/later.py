"""Single cases that take long beside others of the same check: `make test` leaves them to `make test-slow`, or to all.

A case stands here by the beginning of its name. The check that it belongs to keeps quicker cases where it was, which
test_selection.py holds.
"""

from __future__ import annotations

import pytest

SLOW = (
    "checking/test_faults.py::test_a_fault_in_given_models_is_found_at_its_layer[stride]",
    "checking/test_faults.py::test_a_fault_in_given_models_is_found_at_its_layer[swapped filters]",
    "checking/test_faults.py::test_without_a_fault_the_check_passes[float64]",
    "checking/test_given_models.py::test_a_built_module_with_a_forward_of_ones_own_is_seen_by_its_layers[block]",
    "checking/test_referee.py::test_without_a_fault_the_gate_passes[float64]",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[keras_activity]",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[keras_same_stem]",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[torch_unshared]",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[torch_biased_variance]",
    "comparing/test_itself.py::test_a_patch_of_an_instance_is_found[evaluation-as-is]",
    "comparing/test_itself.py::test_a_patch_of_an_instance_is_found[norm_frozen-as-is]",
    "comparing/test_itself.py::test_a_patch_of_an_instance_is_found[no_gradient-as-is]",
    "comparing/test_itself.py::test_rounding_that_normalisations_make_large_is_no_difference[0.100000001]",
    "comparing/test_renamed_files.py::test_files_with_other_names_are_the_same[squeezenet1_1]",
    "conversion/test_batch_broken.py::test_a_batch_goes_on_from_a_random_kill[0]",
    "conversion/test_batch_broken.py::test_a_ctrl_c_ends_a_batch_at_once_with_what_is_done[True]",
    "conversion/test_emitted_weights.py::test_a_fault_in_a_model_of_an_emitted_class_is_found[<lambda>-nodes-c5]",
    "conversion/test_emitted_weights.py::test_a_fault_in_a_model_of_an_emitted_class_is_found[<lambda>-nodes-output]",
    "conversion/test_library_files.py::test_keras_applications_takes_the_file_as_its_own_weights[xception.keras]",
    "conversion/test_source_graph.py::test_another_function_with_the_weights_of_a_network_is_converted_as_it_is[uncla",
    "conversion/test_streaming.py::test_mapped_files_give_the_same_bytes[mobilenet_v1_025.keras]",
)
"""Of 1 to 15 seconds each."""

FULL = (
    "building/test_inplace.py::test_the_numbers_of_a_network_are_the_same_bits[yolov4]",
    "building/test_keras_model.py::test_xla_gives_the_same_numbers[densenet121]",
    "building/test_torch_module.py::test_the_default_compiler_gives_the_same_numbers",
    "building/test_torch_module.py::test_the_whole_graph_is_captured_by_compile[densenet121]",
    "checking/test_given_models.py::test_a_built_module_with_a_forward_of_ones_own_is_seen_by_its_layers[subclass]",
    "checking/test_keras_applications.py::test_outputs_are_those_of_keras_applications[inception_resnet_v2.keras",
    "checking/test_parity.py::test_all_gates_pass[densenet121]",
    "checking/test_parity.py::test_all_gates_pass[efficientdet_d0]",  # test_efficientdet.py has one size
    "checking/test_parity.py::test_all_gates_pass[hrnet_w18_small_v1_cls]",
    "checking/test_parity.py::test_all_gates_pass[inception_v3.keras]",
    "checking/test_parity.py::test_all_gates_pass[preresnet50.keras]",
    "checking/test_parity.py::test_all_gates_pass[yolov4]",
    "checking/test_random_networks.py::test_many_random_networks_are_the_same_function_in_both_frameworks",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[keras_pads_other_side]",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[torch_groups_more]",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[torch_pads_symmetric]",
    "comparing/test_imported_faults.py::test_a_fault_is_found_placed_and_explained[torch_shuffle]",
    "comparing/test_renamed_files.py::test_files_with_other_names_are_the_same[ghostnet_0_5]",
    "comparing/test_renamed_files.py::test_files_with_other_names_are_the_same[mnasnet0_5]",
    "comparing/test_renamed_files.py::test_files_with_other_names_are_the_same[mobilenet_v2]",
    "comparing/test_renamed_files.py::test_files_with_other_names_are_the_same[shufflenet_v2_x0_5]",
    "conversion/test_dialects.py::test_no_two_dialects_of_a_library_are_for_one_network",
    "conversion/test_emitted_weights.py::test_every_layer_of_every_network_has_one_place",
    "conversion/test_emitted_weights.py::test_the_emitted_files_of_every_family_take_weights[0]",
    "deployment/test_detector_deploy.py::test_boxes_of_a_program_are_those_of_the_network[yolov5n-",
    "deployment/test_detector_deploy.py::test_boxes_of_a_program_are_those_of_the_network[yolox_nano-]",
    "importing/test_axes_of_equal_length.py::test_random_views_are_exact_or_refused[seeds1-15]",
    "importing/test_read_libraries.py::test_a_network_of_timm[gcresnext26ts]",
    "importing/test_read_libraries.py::test_a_network_of_timm[ghostnet_050]",
    "importing/test_read_libraries.py::test_a_network_of_timm[hrnet_w18_small]",
    "importing/test_read_libraries.py::test_a_network_of_timm[mobileone_s0]",
    "importing/test_read_libraries.py::test_a_network_of_torchvision[alexnet]",
    "importing/test_read_libraries.py::test_a_network_of_torchvision[deeplabv3_resnet50]",
    "importing/test_read_libraries.py::test_a_network_of_torchvision[densenet121]",
    "importing/test_read_libraries.py::test_a_network_of_torchvision[fcn_resnet50]",
    "importing/test_read_libraries.py::test_a_network_of_torchvision[googlenet]",
    "importing/test_read_libraries.py::test_a_network_of_torchvision[inception_v3]",
    "importing/test_read_libraries.py::test_a_network_of_torchvision[resnext50_32x4d]",
    "spec/test_net_mutated.py::test_mutated_json_is_refused_or_a_net[6000]",
    "study/test_source.py::test_all_files_are_formatted_and_free_of_lint[all]",
    "study/test_source_truth.py::test_emitted_files_run_without_diptych_and_equal_the_built_models[everyday 2]",
    "study/test_source_truth.py::test_emitted_files_run_without_diptych_and_equal_the_built_models[everyday 3]",
    "training/test_train_check.py::test_a_network_with_normalisation_or_with_several_heads_trains_the_same[googlenet",
)
"""Of `make test-slow`, those of 12 to 200 seconds each: CI has 90 minutes."""


def mark(item: pytest.Item) -> str:
    """Mark a case that stands here, and return its entry; "" for any other."""
    name = item.nodeid.removeprefix("parity_tests/")
    for entries, marker in ((SLOW, pytest.mark.slow), (FULL, pytest.mark.full)):
        if entry := next((entry for entry in entries if name.startswith(entry)), ""):
            item.add_marker(marker)
            return entry
    return ""
