"""The page in a real browser: on a desk, on a phone and on paper, in light and dark, with the network watched."""

import pytest

from softmax_cli import evaluate, softmax
from softmax_cli.writers import write_report

DESK, PHONE, SMALL = 1280, 390, 320
A4 = 680  # of 180 mm between its margins, in CSS pixels


@pytest.fixture
def save(tmp_path):
    """Write a report's page to a file; gives its path."""

    def _save(report, change=lambda text: text):
        path = tmp_path / "page.html"
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            write_report(report, "html", file)
        path.write_text(change(path.read_text("utf-8")), "utf-8")
        return path

    return _save


@pytest.fixture(params=["pictured", "many classes", "long words", "softmax", "nothing"])
def report(request, samples):
    """Reports of every shape."""
    if request.param == "pictured":
        return request.getfixturevalue("pictured")
    if request.param == "many classes":
        logits = [[float((row * place) % 7) for place in range(300)] for row in range(30)]
        return evaluate(logits, list(range(30)), backend="all", ledger=True, frameworks=["torch", "keras", "espnet"])
    if request.param == "long words":
        report = evaluate([[1.0, 2.0]] * 3, [0, 1, 1])
        object.__setattr__(report, "class_names", ("x" * 200, "고" * 100))
        object.__setattr__(report, "notes", ("/a/" + "path" * 100,))
        return report
    if request.param == "softmax":
        return softmax(str(samples / "digits_logits.csv"), log=True)
    return evaluate([[1.0, 2.0]], [-100], ignore_index=-100)


def is_too_wide(browser):
    """Whether the page scrolls sideways."""
    # (Not innerWidth: on a phone it grows with what overflows.)
    return browser.value("document.scrollingElement.scrollWidth > document.documentElement.clientWidth")


def complaints(browser):
    """What the console says."""
    said = [entry["entry"]["text"] for entry in browser.happened("Log.entryAdded")]
    return said + browser.happened("Runtime.consoleAPICalled") + browser.happened("Runtime.exceptionThrown")


def requests(browser, path):
    """What was asked for, but for the page itself."""
    urls = [event["request"]["url"] for event in browser.happened("Network.requestWillBeSent")]
    assert urls[:1] == [path.as_uri()]
    return [url for url in urls[1:] if url != "data:,"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESK, PHONE, SMALL])
def test_a_page_fits_the_window_and_asks_for_nothing(browser, save, report, width, scheme):
    path = save(report)
    browser.open(path, width, scheme=scheme)
    assert browser.value("innerWidth") == width
    assert not is_too_wide(browser)
    browser.value("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert not is_too_wide(browser)
    assert complaints(browser) == []
    assert requests(browser, path) == []
    assert browser.value("document.querySelector('h1').getBoundingClientRect().height") > 20


def test_the_probes_see_what_they_are_to_see(browser, save, pictured):
    intruder = '<img src="http://127.0.0.1:9/x.png"><script>document.title = "changed"</script></main>'
    path = save(pictured, lambda text: text.replace("</main>", intruder))
    browser.open(path, PHONE)
    said = " ".join(complaints(browser))
    assert "127.0.0.1:9/x.png" in said
    assert "script-src" in said or "default-src" in said
    assert browser.value("document.title").endswith("· softmax-cli")
    browser.value("document.querySelector('main').style.width = '500px'")
    assert is_too_wide(browser)


def test_a_wide_table_scrolls_within_its_own_box(browser, save):
    report = evaluate([[float(place) for place in range(30)]], [3])
    browser.open(save(report), PHONE)
    boxes = browser.value("[...document.querySelectorAll('.scroll')].map(box => [box.scrollWidth, box.clientWidth])")
    assert boxes[0][0] > boxes[0][1] <= PHONE
    # What a row is about stays where it is.
    moved = "box => { box.scrollLeft = 200; return box.querySelector('tbody th').getBoundingClientRect().left }"
    assert browser.value(f"({moved})(document.querySelector('.scroll'))") >= 0


def test_it_is_dark_where_it_is_to_be(browser, save, pictured):
    path = save(pictured)
    lightness = {}
    for scheme in ("light", "dark"):
        browser.open(path, DESK, scheme=scheme)
        lightness[scheme] = [luminance(browser, "body", of) for of in ("backgroundColor", "color")]
    assert lightness["light"][0] > 0.9
    assert lightness["light"][1] < 0.1
    assert lightness["dark"][0] < 0.1
    assert lightness["dark"][1] > 0.7


def luminance(browser, selector, of):
    """WCAG's relative luminance of an element's colour."""
    rgb = browser.value(f"getComputedStyle(document.querySelector({selector!r})).{of}")
    parts = [int(part) / 255 for part in rgb.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_there_is_enough_contrast(browser, save, pictured, scheme):
    """At least 4.5 for text and 3 for what is drawn: https://www.w3.org/TR/WCAG22/#contrast-minimum."""
    browser.open(save(pictured), DESK, scheme=scheme)
    paper = luminance(browser, "body", "backgroundColor")
    for selector, of, least in (
        ("td", "color", 4.5),
        (".odd", "color", 4.5),
        (".legend", "color", 4.5),
        ("thead th", "color", 4.5),
        ("code", "color", 4.5),
        (".tick", "fill", 4.5),
        (".note", "fill", 4.5),
        (".bars .bar", "fill", 3),
        (".count", "fill", 3),
        (".dot", "stroke", 3),
        ("line.gap", "stroke", 3),
        (".ideal", "stroke", 3),
    ):
        darker, lighter = sorted((paper, luminance(browser, selector, of)))
        assert (lighter + 0.05) / (darker + 0.05) >= least, selector
    darker, lighter = sorted(luminance(browser, ".warnings", of) for of in ("backgroundColor", "color"))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


BOXES = """[...document.querySelectorAll(%r)].map(each => {
    const box = each.getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
})"""


@pytest.mark.parametrize("width", [DESK, PHONE, SMALL])
def test_no_text_of_a_drawing_runs_into_another_or_out_of_the_page(browser, save, pictured, width):
    browser.open(save(pictured), width)
    texts = browser.value(BOXES % "svg text:not([transform])")
    texts = [box for box in texts if box[2] > box[0]]
    assert len(texts) > 50
    for left, _, right, _ in texts:
        assert 0 <= left < right <= width
    for place, (left, top, right, bottom) in enumerate(texts):
        for others_left, others_top, others_right, others_bottom in texts[:place]:
            across = min(right, others_right) - max(left, others_left)
            down = min(bottom, others_bottom) - max(top, others_top)
            # A line's box is higher than its letters.
            assert across <= 0.5 or down <= 0.35 * (bottom - top)


def test_names_stand_beside_their_bars(browser, save, pictured):
    browser.open(save(pictured), PHONE)
    names = browser.value(BOXES % ".bars .label:first-of-type")
    tracks = browser.value(BOXES % ".bars .track")
    assert len(names) == len(tracks) == 7
    for name, track in zip(names, tracks, strict=True):
        assert name[2] <= track[0]
        assert abs((name[1] + name[3]) / 2 - (track[1] + track[3]) / 2) < 3


def test_on_paper_it_is_light_and_whole(browser, save, report):
    path = save(report)
    browser.open(path, A4, scheme="dark", media="print")
    assert not is_too_wide(browser)
    assert luminance(browser, "body", "backgroundColor") > 0.9
    assert browser.value("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"


def test_figures_are_read_out_by_what_they_show(browser, save, pictured):
    browser.open(save(pictured), DESK)
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    images = [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") in {"image", "img"}]
    titles = [chart.title for chart in pictured.charts()]
    assert len(images) == 3
    for title, image in zip(titles, images, strict=True):
        assert image.startswith(title)
        assert len(image) > len(title) + 20
