# Two commands for everybody: `make run` and `make test`. Both need Python 3.11 or newer and nothing else.
PYTHON ?= python3
BIN := .venv/bin
export DVC_NO_ANALYTICS := 1
# Without compiled bytecode every process that Python starts compiles the libraries anew: 10 seconds for torch alone.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run review ped2 ped1 avenue shanghaitech ped2-seeds rehearsal bench test test-slow results lint lock plots-page clean

# A command for these sets alone, whatever datasets.yaml says, which is as before after it.
ONLY := python -m stages.common.running.only

run: .venv/ready        ## the demo from footage to metrics and a page of what was found
	$(ONLY) demo -- dvc repro
	@python -m stages.common.metrics.headline metrics/demo.json
	@echo
	@echo "The numbers are in metrics/demo.json, the scores of every frame and object in data/demo/frame_scores/."
	@echo "What was found, to look at: open report/demo/index.html in a browser."
	@echo "Next: Ped2 or your own footage (README.md), the knobs (params.yaml), 'source .venv/bin/activate' for dvc."

ped2 ped1 avenue shanghaitech: .venv/ready  ## one of these sets from raw frames to metrics and a page; data/raw/README.md says what to put where
	@test -e data/raw/$@ || { echo 'data/raw/$@: not found; put the set there, or a link to it: data/raw/README.md'; exit 1; }
	$(ONLY) $@ -- dvc repro
	@python -m stages.common.metrics.headline metrics/$@.json
	@echo "What was found, to look at: open report/$@/index.html in a browser."

ped2-seeds: ped2        ## and the mean of three other seeds, the first row of RESULTS.md
	python -m benchmarks.seeds ped2 21 22 23

SET ?= demo
review: .venv/ready     ## the page of SET on this machine alone: what is said of its events goes to data/verdicts/SET.csv
	@python -m stages.report.review $(SET)

results: .venv/ready    ## the numbers of metrics/ into README.md and RESULTS.md
	python -m benchmarks.results

DRAW ?= 0 1 2
DRAWS := $(foreach set,demo ped2,$(foreach draw,$(DRAW),$(set)_rendered_$(draw)))
rehearsal: .venv/ready  ## rendered footage like the demo's and like Ped2's, with labels of its own, to choose settings by
	python -m benchmarks.rehearse $(DRAWS)

bench: .venv/ready      ## how fast each stage is: on the demo, on Ped2 where it has been made, and what a long RECORDING=file costs
	python -m benchmarks.speed demo
	@test ! -e data/ped2/frame_scores || python -m benchmarks.speed ped2
	@test -z '$(RECORDING)' || python -m benchmarks.speed.gate '$(RECORDING)'
	@test -z '$(RECORDING)' || python -m benchmarks.hours '$(RECORDING)' --detector motion
	@test -z '$(RECORDING)' || python -m benchmarks.hours '$(RECORDING)' --detector nanodet_plus

test: .venv/ready       ## what CI runs
	python -m pytest -n 2 -m "not slow"

test-slow: .venv/ready  ## the tests that take minutes
	uv pip install --quiet --python $(BIN)/python -r requirements-sharing.lock
	python -m pytest -m slow

lint: .venv/ready       ## style, and types at a level that finds things
	ruff check .
	ruff format --check .
	mypy

# The exact versions of requirements.lock; uv is among them, so that syncing does not remove it. The stages are found from
# any folder, so that they can say where they have to run, rather than Python that there is no module of that name.
.venv/ready: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	uv pip sync --quiet --python $(BIN)/python requirements.lock
	$(BIN)/python -c "import os, site; print(os.getcwd(), file=open(site.getsitepackages()[0] + '/oddreel.pth', 'w'))"
	touch $@

lock:                   ## newest versions that pyproject.toml allows
	uv pip compile --universal --no-emit-index-url --upgrade --extra dev pyproject.toml -o requirements.lock
	uv pip compile --universal --no-emit-index-url --upgrade --extra sharing -c requirements.lock pyproject.toml -o requirements-sharing.lock

plots-page:             ## the page of `dvc plots`, with the libraries that draw in it, so that it needs no network
	uv run --isolated --no-project --with vl-convert-python==1.9.0.post1 python .dvc/plots/make_page.py

clean:                  ## what makes an interrupted run go on where it stopped
	rm -rf .work
