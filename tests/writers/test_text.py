import pytest

from softmax_cli.writers.text import one_line, visible


@pytest.mark.parametrize(
    ("text", "flat", "shown"),
    [
        ("plain", "plain", "plain"),
        ("two  blanks", "two  blanks", "two  blanks"),
        ("고양이 é 🐈", "고양이 é 🐈", "고양이 é 🐈"),
        ("a\tb", "a b", "a b"),
        ("a\r\nb", "a b", "a b"),
        ("a\u2028b", "a b", "a b"),
        ("red\x1b[31m", "red\x1b[31m", r"red\x1b[31m"),
        ("bell\x07", "bell\x07", r"bell\x07"),
        ("turned \u202e123", "turned \u202e123", r"turned \u202e123"),
        ("joined\u200d 👩\u200d🔬", "joined\u200d 👩\u200d🔬", "joined\\u200d 👩\u200d🔬"),
        ("zero\u200bwidth", "zero\u200bwidth", r"zero\u200bwidth"),
        ("می\u200cخواهم", "می\u200cخواهم", "می\u200cخواهم"),
        ("[/x]", "[/x]", "[/x]"),
    ],
)
def test_text_on_one_line(text, flat, shown):
    assert one_line(text) == flat
    assert visible(text) == shown
