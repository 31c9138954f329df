"""`dvc plots` as a person sees it: a page that needs no network."""

import re
import shutil
import subprocess

import pytest
from projects import ROOT
from ruamel.yaml import YAML

CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PIPELINE = YAML(typ="safe").load(ROOT / "dvc.yaml")
CURVES = [settings["title"] for plot in PIPELINE["stages"]["evaluate"]["plots"] for settings in plot.values()]
LOSSES = [title for plot in PIPELINE["plots"] for title in plot]


@pytest.fixture(scope="module")
def page(project):
    """The page of a reproduced project, in which two revisions differ."""
    project.commit("one")
    params = project.params()
    params["fuse"]["frame_seconds"] = 0.1
    project.write_params(params)
    project.dvc("repro", "--quiet")
    project.dvc("plots", "diff", "HEAD")
    return project.folder / "dvc_plots/index.html"


def test_the_page_has_every_plot_and_loads_nothing(page):
    text = page.read_text()
    assert len(CURVES) == 5 and len(LOSSES) == 4
    for title in [*(name.replace("${item.set}", "demo") for name in CURVES), *LOSSES]:
        assert f'"{title}"' in text, title
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=['\"]?https?:[^>]*", text) == []


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium here")
def test_a_browser_draws_both_revisions(page, tmp_path):
    command = ["chromium", *CHROMIUM, f"--user-data-dir={tmp_path}", "--virtual-time-budget=15000", "--dump-dom"]
    seen = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120).stdout
    plots = len(re.findall('class="[^"]*vega-embed', seen))
    assert plots >= len(CURVES) + len(LOSSES)
    assert len(re.findall('<(?:canvas|svg)[^>]*class="marks', seen)) == plots
    assert "HEAD" in page.read_text() and "workspace" in page.read_text()
