"""Verdicts on the page, by keyboard, in a browser: kept, saved, loaded again, and written by the server."""

import http.client
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, closing
from pathlib import Path

import pytest
from small_set import write_set

from stages.common.running.paths import SetPaths
from stages.common.tables.verdicts import COLUMNS, read_verdicts
from stages.report.__main__ import run
from stages.report.review import LARGEST

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
browsing = pytest.mark.skipif(not CHROMIUM, reason="no chromium here: apt install chromium")
HEAD = ",".join(COLUMNS)
LINE = "small,day_1/0.mp4,102.5,0.5,0.5,0.1,0.2,0.3,0.6,{},{},Ann,2026-11-29T10:00:00Z"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a set with a page: an event, another below it, and moments below the threshold."""
    root = tmp_path_factory.mktemp("project")
    with chdir(root):
        write_set(Path(), second=True)
        run("small")
    return root


@pytest.fixture
def project(made, monkeypatch):
    monkeypatch.chdir(made)
    SetPaths("small").verdicts.unlink(missing_ok=True)
    return made


@pytest.fixture(scope="module")
def server(made):
    """Address of the real command's server."""
    command = [sys.executable, "-m", "stages.report.review", "small", "--port", "0"]
    with subprocess.Popen(command, cwd=made, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True) as run:
        yield run.stdout.readline().split()[0].removesuffix("/")
        run.terminate()


def ask(server, method="GET", path="/", body=None, **headers):
    """Status and text of an answer; the path is sent as it is."""
    place = server.removeprefix("http://")
    with closing(http.client.HTTPConnection(place, timeout=10)) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body.encode() if body else None, named)
        answer = connection.getresponse()
        return answer.status, answer.read()


def put(server, *lines, **headers):
    known = {"Origin": server, "Content_Type": "text/csv"}
    return ask(server, "PUT", "/verdicts", "\n".join([HEAD, *lines]) + "\n", **(known | headers))


def test_the_page_and_what_it_shows_are_served_and_clips_from_their_middle(server, project):
    status, page = ask(server)
    assert status == 200 and page == Path("report/small/index.html").read_bytes()
    clip = next(Path("report/small/clips").glob("*.mp4"))
    assert ask(server, path=f"/clips/{clip.name}") == (200, clip.read_bytes())
    assert ask(server, path=f"/clips/{clip.name}", Range="bytes=10-19") == (206, clip.read_bytes()[10:20])
    assert ask(server, path="/verdicts") == (200, f"{HEAD}\n".encode())


def test_what_is_sent_is_in_the_file_beside_what_was_there_and_the_latest_counts(server, project):
    assert put(server, LINE.format("normal", "a")) == (204, b"")
    assert (
        put(
            server, LINE.format("event", "b").replace("29T10", "29T11"), LINE.format("unsure", "").replace("day_1", "x")
        )[0]
        == 204
    )
    found = read_verdicts(SetPaths("small").verdicts, "small")
    assert sorted(found["verdict"]) == ["event", "unsure"] and "b" in set(found["comment"])


@pytest.mark.parametrize(
    "headers, status",
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 403),
    ],
)
def test_whoever_is_not_the_page_itself_writes_nothing(server, project, headers, status):
    assert put(server, LINE.format("normal", ""), **headers)[0] == status
    assert not SetPaths("small").verdicts.exists()


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Sec_Fetch_Site": "cross-site"}])
def test_nor_is_anything_shown_to_others(server, headers):
    assert ask(server, **headers)[0] == 403


@pytest.mark.parametrize(
    "path", ["/../../params.yaml", "/%2e%2e/%2e%2e/params.yaml", "/..%2f..%2fparams.yaml", "//etc/passwd", "/clips/"]
)
def test_nothing_outside_the_report_is_served(server, path):
    assert ask(server, path=path)[0] in (400, 403, 404)


def test_what_is_no_verdict_or_too_large_changes_nothing(server, project):
    put(server, LINE.format("normal", "first"))
    before = SetPaths("small").verdicts.read_bytes()
    status, said = put(server, LINE.format("normal", "").replace("day_1", "x"), LINE.format("fine", ""))
    assert (
        status == 400
        and said == b"what was sent, line 3: verdict 'fine', expected one of ['normal', 'event', 'unsure']"
    )
    assert put(server, LINE.format("event", "x" * LARGEST))[0] == 413
    assert SetPaths("small").verdicts.read_bytes() == before


def test_of_many_at_once_none_is_lost(server, project):
    lines = [LINE.format("event", number).replace("day_1", f"day_{number}") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert {status for status, _ in pool.map(lambda line: put(server, line), lines)} == {204}
    found = read_verdicts(SetPaths("small").verdicts, "small")
    assert sorted(map(int, found["comment"])) == list(range(40))


def test_without_a_page_it_says_what_to_run(project):
    command = [sys.executable, "-m", "stages.report.review", "yard"]
    done = subprocess.run(command, cwd=project, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        "report/yard/index.html: not found; run `dvc repro report@yard` to make it\n",
    )


# In a browser


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="no playwright here")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
    context.close()


def saved(page, folder) -> str:
    with page.expect_download() as download:
        page.locator("#save").click()
    assert download.value.suggested_filename == "small.csv"
    download.value.save_as(folder / "small.csv")
    return (folder / "small.csv").read_text()


@browsing
def test_verdicts_by_key_are_kept_saved_and_loaded_again(page, project, tmp_path, browser):
    address = (project / "report/small/index.html").as_uri()
    page.goto(address)
    page.locator("#by").fill('Ann, "A"')
    page.locator("body").click(position={"x": 2, "y": 2})
    for key in ["e", "n"]:
        page.keyboard.press(key)
    assert page.locator("#review-state").inner_text() == "2 of 2 reviewed; 2 not saved yet"
    assert page.eval_on_selector_all(".event", "all => all.map(own => own.dataset.verdict)") == ["event", "normal"]
    comment = page.locator(".verdict input").first
    comment.fill('a bag, "left" here\u2026')
    comment.press("n")  # a letter of the comment, no verdict
    comment.press("Tab")
    # The page is opened again: nothing is lost.
    page.reload()
    assert page.locator("#review-state").inner_text().startswith("2 of 2 reviewed")
    (tmp_path / "small.csv").write_text(saved(page, tmp_path))
    found = read_verdicts(tmp_path / "small.csv", "small")
    assert sorted(found["verdict"]) == ["event", "normal"] and set(found["by"]) == {'Ann, "A"'}
    assert found["comment"][found["verdict"] == "event"].item() == 'a bag, "left" here\u2026n'
    assert set(found["recording"]) <= {"day_1/0.mp4", "day_2/0.mp4"} and (found["second"] >= 100).all()
    # Another browser, which knows nothing, is given the file.
    other = browser.new_context().new_page()
    other.goto(address)
    assert other.locator("#review-state").inner_text() == "0 of 2 reviewed"
    other.locator("#load").set_input_files(tmp_path / "small.csv")
    other.wait_for_function("said.size == 2")
    assert other.locator(".event").first.get_attribute("data-verdict") == "event"
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    other.locator("#load").set_input_files(tmp_path / "bad.csv")
    other.wait_for_function("state.textContent.startsWith('bad.csv: its first line is not set,')")
    other.context.close()


@browsing
def test_the_player_goes_on_to_the_next_and_the_filter_hides(page, project):
    page.goto((project / "report/small/index.html").as_uri())
    page.locator(".event a.play").first.click()
    first = page.locator("#player-title").inner_text()
    page.keyboard.press("e")
    assert page.locator("#player").is_visible() and page.locator("#player-title").inner_text() != first
    page.keyboard.press("Escape")
    count = page.locator(".event").count()
    page.locator("#filter").select_option("open")
    assert page.locator(".event:visible").count() == count - 1
    page.locator("#filter").select_option("event")
    assert page.locator(".event:visible").count() == 1
    # A click on another verdict replaces the first.
    page.locator(".event:visible .verdict button", has_text="unsure").click()
    assert page.locator(".event:visible").count() == 0
    page.locator("#filter").select_option("all")
    pressed = page.locator(".event").first.locator(".verdict button[aria-pressed=true]")
    assert pressed.all_inner_texts() == ["unsure"]


@browsing
def test_the_server_writes_each_verdict_and_shows_it_to_the_next_who_comes(page, server, project, browser):
    page.goto(f"{server}/")
    page.wait_for_function("served")
    assert not page.locator("#save").is_visible()
    page.keyboard.press("e")
    page.wait_for_function("fresh.length == 0 && said.size == 1")
    assert read_verdicts(SetPaths("small").verdicts, "small")["verdict"].tolist() == ["event"]
    other = browser.new_context().new_page()
    other.goto(f"{server}/")
    other.wait_for_function("said.size == 1")
    assert other.locator(".event").first.get_attribute("data-verdict") == "event"
    other.context.close()
