# Everything sets itself up: Python 3.11 and make are all that is needed.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SITE_STAMP := $(VENV)/.installed-docs

.PHONY: demo serve test test-window test-streams test-page test-ray mutation fuzz check format docs docs-site licenses audit clean

demo: $(STAMP)
	$(BIN)/samtrack demo

serve: $(STAMP)
	$(BIN)/samtrack serve --open

# Two processes of one thread each: small networks gain nothing by more threads. The files come in
# the order of tests/conftest.py, the longest first.
# With COVERAGE=yes it ends with the lines and branches of the package that it does not reach. Of
# pytest's own files slipcover wants nothing: it warns that it cannot have it.
test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python $(if $(COVERAGE),-m slipcover --branch --source samtracker --skip-covered) \
	  -m pytest -n 2 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder \
	  $(if $(COVERAGE),-W ignore::pytest.PytestAssertRewriteWarning -W 'ignore:Unable to activate pytest branch:RuntimeWarning')

# Needs the system packages xvfb and xdotool.
test-window: $(STAMP)
	$(BIN)/python -m pytest -m window tests/live/test_window.py

# Needs an RTSP server: .ci/run names the system packages.
test-streams: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m streams tests/live/test_rtsp.py

# Needs a browser, the system package chromium, and npm for what checks the page for everybody.
AXE := .axe/node_modules/axe-core/axe.min.js
test-page: $(STAMP) $(AXE) docs-site
	AXE=$(AXE) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m page tests/serve/page tests/test_site.py

$(AXE):
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix .axe axe-core@4.10.3

# Needs Ray, 300 MB that nothing else needs: the first run installs it.
RAY := $(VENV)/.ray
test-ray: $(RAY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m ray tests/jobs/test_ray_engine.py

$(RAY): $(STAMP)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[batch]'
	touch $@

# Is each change to the modules that [tool.mutmut] names noticed by their tests?
MUTMUT := $(VENV)/.mutmut
mutation: $(MUTMUT)
	OMP_NUM_THREADS=1 $(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

$(MUTMUT): $(STAMP)
	$(BIN)/pip install --quiet --constraint constraints.txt 'mutmut>=3.8'
	touch $@

# Damaged files and odd arguments, each in a process of its own: see tests/fuzz/__init__.py.
CASES ?= 2000
SEED ?= 0
fuzz: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz --count $(CASES) --seed $(SEED) $(CASE)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)
	$(BIN)/python docs/generate_cli.py
	$(BIN)/python docs/generate_api.py
	$(BIN)/python docs/generate_serve_api.py

# What users may get must all be there to be looked at: Ray as well.
licenses: $(RAY)
	$(BIN)/python docs/generate_licenses.py

audit: $(RAY)
	.ci/audit $(VENV)

# The site, in site/: a link that leads nowhere is an error. Zensical is installed for it alone.
docs-site: $(SITE_STAMP)
	$(BIN)/python docs/build_site.py
	$(BIN)/zensical build --clean --strict
	$(BIN)/python docs/check_site.py

clean:
	rm -rf $(VENV) .axe .coverage* mutants build dist site demo-output .mypy_cache .pytest_cache .ruff_cache .hypothesis

# torch comes first and alone: pip takes it from wherever this machine has it, and everything
# after it must be content with that release.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[gui,demo,train,openvino,onnx,serve,dev]'
	touch $@

$(SITE_STAMP): $(STAMP)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $@
