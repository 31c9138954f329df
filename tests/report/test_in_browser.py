"""The page as a person meets it, in a browser: from the disk, by mouse and by keyboard, on a desk and on a phone."""

import re
import shutil
from contextlib import chdir
from pathlib import Path

import pytest
from small_set import write_set

from stages.report.__main__ import run

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium here: apt install chromium")
WIDTHS = {"desk": 1280, "phone": 390}


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """The page of a set with a name that needs escaping, two events and something missed."""
    root = tmp_path_factory.mktemp("project")
    with chdir(root):
        paths = write_set(Path(), videos=("gate <1> #2%", "yard_" + "x" * 40), second=True)
        run("small")
        return (root / paths.report / "index.html").as_uri()


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="no playwright here")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS)
def page(request, browser, address):
    """The page opened at a width; in the end it has asked for nothing but files, and complained of nothing."""
    scheme = {"desk": "light", "phone": "dark"}[request.param]
    context = browser.new_context(viewport={"width": WIDTHS[request.param], "height": 800}, color_scheme=scheme)
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    assert complaints == []
    assert asked and all(url.startswith(("file://", "data:", "blob:")) for url in asked), asked
    context.close()


def assert_plays(page) -> None:
    """The clip moves on, from about where it is to begin."""
    page.wait_for_function("clip.readyState >= 2 && !clip.seeking")
    before = page.evaluate("clip.currentTime")
    page.wait_for_function(f"clip.currentTime > {before + 0.1}", timeout=10_000)
    assert page.evaluate("clip.error") is None and page.evaluate("clip.videoWidth") > 0
    assert page.locator("#player").is_visible()


def test_nothing_is_wider_than_the_window(page):
    for place in (0, 1):
        page.evaluate(f"document.querySelectorAll('details').forEach((own) => own.open = {str(bool(place)).lower()})")
        assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]


def test_bars_are_as_wide_as_their_numbers_say(page):
    """Of those that are not full: by one factor, however narrow the card."""
    bars = page.evaluate(
        """[...document.querySelectorAll(".event:first-child .cues i")]
           .map((bar) => [Number(bar.style.getPropertyValue("--width")), bar.getBoundingClientRect().width])"""
    )
    factors = [width / share for share, width in bars if share > 5]
    assert len(factors) > 1 and max(factors) / min(factors) < 1.02


def test_the_page_is_in_the_colours_that_are_wished(page):
    red = page.evaluate("getComputedStyle(document.body).backgroundColor").split("(")[1].split(",")[0]
    assert (int(red) < 60) == (page.viewport_size["width"] == WIDTHS["phone"])


def test_a_click_on_an_event_plays_it_and_escape_ends_it(page):
    page.locator(".event a.play").first.click()
    assert_plays(page)
    assert page.locator("#player-title").inner_text() == "gate <1> #2%, 0:02.0 to 0:03.1"
    page.locator("#toggle").click()
    assert page.evaluate("clip.paused")
    page.keyboard.press("Escape")
    assert not page.locator("#player").is_visible()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_reaches_an_event_and_plays_it(page, key):
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.event a.play')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press(key)
    assert_plays(page)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.event a.play')")


def test_next_and_previous_walk_the_events_and_leave_the_focus_where_it_is(page):
    page.locator(".event a.play").first.click()
    assert page.locator("#previous").is_disabled()
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    assert_plays(page)
    assert page.locator("#player-title").inner_text() == "gate <1> #2%, 0:04.2 to 0:04.5"
    # It was the last event: what was missed is none, and a button that is switched off keeps no focus.
    assert page.locator("#next").is_disabled() and page.evaluate("document.activeElement.id") == "toggle"
    page.locator("#previous").focus()
    page.keyboard.press("Enter")
    assert page.locator("#player-title").inner_text() == "gate <1> #2%, 0:02.0 to 0:03.1"


def test_of_three_events_the_second_leaves_the_focus_on_next(page):
    page.evaluate("events.push(...links.filter((link) => !events.includes(link)))")
    page.locator(".event a.play").first.click()
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "next"


def test_what_was_missed_is_played_and_has_no_next_event(page):
    page.locator("#missed a.play").click()
    assert_plays(page)
    assert page.locator("#player-title").inner_text().startswith("yard_")
    assert page.locator("#next").is_disabled() and page.locator("#previous").is_disabled()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('#missed a.play')")


def test_a_timeline_tells_its_value_under_the_pointer_and_plays_what_is_there(page):
    plot = page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    assert page.locator("#tip").is_hidden()
    box = plot.bounding_box()
    # The event is from 2.0 to 3.1 of 5 seconds, and scores 6.
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20)
    assert re.match("0:02.5, score (5.9|6.)", page.locator("#tip").inner_text())
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 20)
    assert_plays(page)


def test_plots_are_pictures_past_which_one_can_skip_and_their_events_are_links(page):
    assert page.locator(".plot[tabindex]").count() == 0
    assert page.locator(".plot").first.get_attribute("role") == "img"
    assert "2 events" in page.locator(".plot").first.get_attribute("aria-label")
    order = tab_order(page)
    skip = order.index("Past the timelines")
    between = order[skip + 1 : order.index(next(name for name in order if name.startswith("Play yard_")))]
    assert between == ["Event 1, 0:02.0 to 0:03.1", "Event 2, 0:04.2 to 0:04.5"]
    page.get_by_role("link", name="Past the timelines").focus()
    assert page.get_by_role("link", name="Past the timelines").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('section').id") == "missed"
    page.locator(".timeline a").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#event-2"


def tab_order(page) -> list[str]:
    """What is read out of each place that the Tab key comes to, in order."""
    return page.evaluate(
        """[...document.querySelectorAll("a[href], button, input, summary, [tabindex]")]
           .filter((own) => own.checkVisibility()).map((own) => own.textContent.trim().replace(/\\s+/g, " "))"""
    )


def test_tables_and_sections_have_names_and_nothing_is_in_a_title_alone(page):
    assert page.evaluate("[...document.querySelectorAll('table')].every((table) => table.caption)")
    assert page.evaluate("[...document.querySelectorAll('th')].every((head) => ['col', 'row'].includes(head.scope))")
    assert page.evaluate(
        "[...document.querySelectorAll('main > section')].every((part) => part.querySelector('h2:first-child'))"
    )
    assert page.locator("[title]").count() == 0
    assert page.locator("#timelines .keys svg").count() == 3


def test_everything_that_is_named_for_eyes_has_a_name_for_ears(page):
    unnamed = page.evaluate(
        """[...document.querySelectorAll("a, button, input, video, [role=img], dialog")]
           .filter((own) => !(own.textContent.trim() || own.ariaLabel || own.labels?.length))
           .filter((own) => !own.getAttribute("aria-labelledby"))
           .map((own) => own.outerHTML)"""
    )
    assert unnamed == []
    assert page.evaluate("[...document.querySelectorAll('img')].every((own) => own.hasAttribute('alt'))")
