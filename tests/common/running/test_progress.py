"""Progress: a line per item where nobody watches, a bar on a terminal, and the items themselves unchanged."""

import io
import sys

import pytest

from stages.common.running.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_nothing_says_nothing(capsys):
    assert list(progress([], total=0, unit="video", name=str)) == []
    assert capsys.readouterr() == ("", "")


def test_off_a_terminal_each_item_gets_one_line_when_it_is_done(capsys):
    seen = []
    for item in progress(iter("abc"), total=3, unit="video", name=str.upper):
        seen.append(item)
        assert len(capsys.readouterr().err.splitlines()) == (len(seen) > 1)
    assert seen == list("abc")
    assert capsys.readouterr() == ("", "  video 3/3 C: 0 s, 0 s left\n")


def test_the_remaining_time_is_that_of_the_items_so_far(capsys, monkeypatch):
    clock = iter([100.0, 104.0, 108.0])
    monkeypatch.setattr("stages.common.running.progress.time.monotonic", lambda: next(clock))
    list(progress("ab", total=4, unit="epoch", name=str))
    assert capsys.readouterr().err == "  epoch 1/4 a: 4 s, 12 s left\n  epoch 2/4 b: 8 s, 8 s left\n"


def test_on_a_terminal_there_is_a_bar_with_rate_and_remaining_time(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(progress("abc", total=3, unit="video", name=str)) == list("abc")
    assert "3/3" in terminal.getvalue() and "videos/s" in terminal.getvalue() or "s/ videos" in terminal.getvalue()
    assert "\n  video" not in terminal.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_an_error_of_the_items_comes_through(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal() if terminal else io.StringIO())

    def items():
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(progress(items(), total=2, unit="video", name=str))
