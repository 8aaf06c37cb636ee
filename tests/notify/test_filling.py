import pytest

from ticketyard.notify.errors import BadTemplate
from ticketyard.notify.filling import check_template, fill
from ticketyard.notify.previewing import preview
from ticketyard.notify.template_words import LANGUAGES, PLACEHOLDERS, WORDS, words_of

KNOWN = frozenset({"name", "answer", "quote"})


@pytest.mark.parametrize(
    ("template", "values", "filled"),
    [
        ("Hi {{name}}!", {"name": "Rita"}, "Hi Rita!"),
        ("Hi {{  name }}!", {"name": "Rita"}, "Hi Rita!"),
        ("{{name}}", {"name": "{{answer}}", "answer": "secret"}, "{{answer}}"),
        ("{{gone}} Hi", {}, " Hi"),
        ("Hi\n\n{{quote}}\n\nBye", {"quote": ""}, "Hi\n\nBye"),
        ("Hi\n\n{{quote}}\n\nBye", {"quote": "a\nb"}, "Hi\n\na\nb\n\nBye"),
        ("Hi\n\n\nBye", {}, "Hi\n\n\nBye"),
        ("{{answer}}\n\n{{quote}}", {"answer": "Yes", "quote": ""}, "Yes"),
        ("a\r\n{{name}}", {"name": "b"}, "a\nb"),
        (r"{{name}}", {"name": r"\1 \g<0>"}, r"\1 \g<0>"),
    ],
)
def test_values_are_put_in_once(template: str, values: dict[str, str], filled: str) -> None:
    assert fill(template, values) == filled


@pytest.mark.parametrize(
    "template",
    [
        "{{nobody}}",
        "{{name.__class__}}",
        "{{7*7}}",
        "{{",
        "}}",
        "{% if name %}",
        "{{name}",
        "{{ }}",
    ],
)
def test_what_cannot_be_filled_in_is_refused_when_saved(template: str) -> None:
    with pytest.raises(BadTemplate):
        check_template(template, KNOWN)


@pytest.mark.parametrize("template", ["", "Hi {{name}}", "{one} %s $x", "{{answer}}{{quote}}"])
def test_ordinary_templates_pass(template: str) -> None:
    check_template(template, KNOWN)


@pytest.mark.parametrize("name", sorted(PLACEHOLDERS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_built_in_words_can_be_filled_in(name: str, language: str) -> None:
    words = WORDS[name, language]
    shown, wrong = preview(name, language, words, company="North Desk")
    assert not wrong
    assert "{{" not in shown.subject + shown.body
    assert shown.body


def test_a_language_without_words_reads_english() -> None:
    assert words_of("acknowledgement", "kk") == words_of("acknowledgement", "en")
