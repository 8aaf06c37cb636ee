"""Teaching, predicting and storing a classifier, with embeddings where they are installed."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketyard.ai.classifying import Classifier, ModelUnreadable, load_classifier
from ticketyard.ai.embedding import Embedder, NoEmbedder, open_embedder
from ticketyard.ai.training import CannotLearn, refit, train

EMBEDDERS = [
    pytest.param(NoEmbedder(), id="n-grams"),
    pytest.param(
        open_embedder(),
        id="minilm",
        marks=pytest.mark.skipif(
            not open_embedder().dimensions, reason="no weights: run `make weights`"
        ),
    ),
]

PLACES = ("office", "ground floor", "second floor", "reception", "warehouse", "lab")
TEXTS = [
    *(f"The printer in the {place} jams and the toner is low" for place in PLACES),
    *(f"Cannot print from the {place}, paper tray is empty" for place in PLACES),
    *(f"I forgot my password and cannot log in at the {place}" for place in PLACES),
    *(f"Please reset the password of the {place} account" for place in PLACES),
    *(f"Wireless is slow in the {place}, internet drops" for place in PLACES),
    *(f"No network connection in the {place} since morning" for place in PLACES),
]
LABELS = ["printer"] * 12 + ["password_reset"] * 12 + ["network"] * 12


@pytest.fixture(params=EMBEDDERS, scope="module")
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return request.param


@pytest.fixture(scope="module")
def model(embedder: Embedder) -> Classifier:
    return train(TEXTS, LABELS, embedder).classifier


def test_a_new_text_finds_its_label_with_the_words_that_counted(
    model: Classifier, embedder: Embedder
) -> None:
    (answer,) = model.predict(["toner empty, printer jams again"], embedder)
    assert answer.label == "printer"
    assert answer.confidence > 0.5
    assert {"printer", "toner"} & set(" ".join(answer.evidence).split())
    assert answer.ranking[0][0] == "printer"
    assert sum(chance for _, chance in answer.ranking) == pytest.approx(1, abs=1e-3)


def test_a_text_about_nothing_that_was_taught_is_strange(
    model: Classifier, embedder: Embedder
) -> None:
    usual, strange = model.predict(
        ["the printer in the lab jams", "what is the capital of Mongolia"], embedder
    )
    assert usual.is_in_scope
    assert strange.in_scope < usual.in_scope
    assert not strange.is_in_scope


def test_few_examples_do_not_make_every_other_text_strange(embedder: Embedder) -> None:
    model = train(TEXTS[::4], LABELS[::4], embedder).classifier
    found = model.predict([text for text in TEXTS if text not in TEXTS[::4]], embedder)
    assert np.mean([each.is_in_scope for each in found]) > 0.8


def test_unlabelled_texts_lend_their_words_to_the_labels() -> None:
    embedder = open_embedder()
    if not embedder.dimensions:
        pytest.skip("no weights: run `make weights`")
    few, names = TEXTS[::12], LABELS[::12]
    history = [text for text in TEXTS if text not in few]
    alone = train(few, names, embedder).classifier
    helped = train(few, names, embedder, unlabelled=history).classifier
    assert len(helped.index.numbers) > len(alone.index.numbers)
    found = helped.predict(TEXTS, embedder)
    right = [each.label == name for each, name in zip(found, LABELS, strict=True)]
    assert np.mean(right) > 0.85


def test_unlabelled_texts_without_vectors_change_nothing() -> None:
    plain, helped = (
        train(TEXTS, LABELS, NoEmbedder(), unlabelled=history).classifier
        for history in ((), ["printer printer", ""])
    )
    assert plain.index.numbers == helped.index.numbers
    assert plain.blend == helped.blend
    assert np.array_equal(plain.weights, helped.weights)


ODD = {
    "empty texts": (["", "", "printer jams", "password lost"] * 3, ["a", "b", "a", "b"] * 3),
    "texts all alike": (["the same text"] * 12, ["a", "b", "c"] * 4),
    "a label with one example": ([*TEXTS[:24], "a lone request"], [*LABELS[:24], "lone"]),
    "one label nearly everywhere": ([*TEXTS[:12], *TEXTS[24:25]], [*LABELS[:12], "network"]),
    "a very long text": ([*TEXTS[:24], "printer " * 130_000], [*LABELS[:24], "printer"]),
    "sixty labels": ([f"request {n} about {n * 7}" for n in range(60)],
                     [f"label {n}" for n in range(60)]),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_odd_examples_still_make_a_model(case: str, embedder: Embedder) -> None:
    _make_a_model_of(*ODD[case], embedder)


def test_five_hundred_labels_still_make_a_model() -> None:
    """Without vectors, with which it is the same at ten times the price."""
    texts = [f"request {n} about {n * 7}" for n in range(500)]
    _make_a_model_of(texts, [f"label {n}" for n in range(500)], NoEmbedder())


def _make_a_model_of(texts: list[str], labels: list[str], embedder: Embedder) -> None:
    lesson = train(texts, labels, embedder)
    for answer in lesson.classifier.predict([*texts[:3], "", "👍", "x" * 1_000_000], embedder):
        assert answer.label in labels
        assert 0 <= answer.confidence <= 1
        assert 0 <= answer.in_scope <= 1
    assert lesson.quality.texts == len(texts)


def test_wrong_labels_among_the_examples_are_outvoted(embedder: Embedder) -> None:
    noisy = list(LABELS)
    for place in (0, 7, 13, 20, 26, 33):
        noisy[place] = "network" if LABELS[place] != "network" else "printer"
    found = train(TEXTS, noisy, embedder).classifier.predict(TEXTS, embedder)
    right = [each.label == name for each, name in zip(found, LABELS, strict=True)]
    assert np.mean(right) > 0.9


def test_a_model_of_an_older_format_is_refused(model: Classifier) -> None:
    with np.load(io.BytesIO(model.to_bytes())) as arrays:
        parts = dict(arrays)
    about = json.loads(parts["about"].tobytes()) | {"format": 1}
    parts["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    older = io.BytesIO()
    np.savez(older, **parts)
    with pytest.raises(ModelUnreadable, match="format 1"):
        load_classifier(older.getvalue())


@pytest.mark.parametrize("part", ["weights", "examples", "example_trust", "middle"])
def test_parts_that_do_not_fit_each_other_are_refused(model: Classifier, part: str) -> None:
    with np.load(io.BytesIO(model.to_bytes())) as arrays:
        parts = dict(arrays)
    parts[part] = np.append(parts[part].ravel(), np.float32(1))
    broken = io.BytesIO()
    np.savez(broken, **parts)
    with pytest.raises(ModelUnreadable):
        load_classifier(broken.getvalue())


def test_a_text_out_of_this_world_is_not_trusted(model: Classifier, embedder: Embedder) -> None:
    strange, usual = model.predict(["zzz", "the printer in the lab jams"], embedder)
    assert strange.confidence < 0.7 < usual.confidence


def test_quality_is_measured_on_texts_that_were_held_out(embedder: Embedder) -> None:
    shuffled = [LABELS[(place * 7) % len(LABELS)] for place in range(len(LABELS))]
    assert train(TEXTS, LABELS, embedder).quality.accuracy > 0.9
    assert train(TEXTS, shuffled, embedder).quality.accuracy < 0.7


def test_a_stored_model_answers_the_same(model: Classifier, embedder: Embedder) -> None:
    restored = load_classifier(model.to_bytes())
    asked = ["password please", "wifi", "", "принтер"]
    before, after = model.predict(asked, embedder), restored.predict(asked, embedder)
    assert [each.label for each in before] == [each.label for each in after]
    for one, other in zip(before, after, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=0.01)


@pytest.mark.parametrize("labels", [2, 3])
def test_one_example_a_label_is_enough_to_begin(labels: int, embedder: Embedder) -> None:
    texts, names = TEXTS[::12][:labels], LABELS[::12][:labels]
    lesson = train(texts, names, embedder)
    found = lesson.classifier.predict(TEXTS, embedder)
    known = [name in names for name in LABELS]
    right = [each.label == name for each, name in zip(found, LABELS, strict=True)]
    assert np.mean(np.array(right)[known]) > 0.6


@pytest.mark.parametrize(
    ("texts", "labels"), [(["a", "b"], ["x", "x"]), ([], []), (["a"], ["x", "y"])]
)
def test_what_cannot_be_learned_is_refused(texts: list[str], labels: list[str]) -> None:
    with pytest.raises(CannotLearn):
        train(texts, labels, NoEmbedder())


def test_a_model_of_another_embedder_is_not_used(model: Classifier, embedder: Embedder) -> None:
    class Other(NoEmbedder):
        name = "other"

    with pytest.raises(ModelUnreadable, match="other"):
        model.predict(["x"], Other())


def test_damaged_bytes_are_refused_and_never_run(model: Classifier) -> None:
    stored = model.to_bytes()
    pickled = io.BytesIO()
    np.savez(pickled, about=np.array([object()], dtype=object))
    for damaged in (b"", b"not a model", stored[:-100], stored[100:], pickled.getvalue()):
        with pytest.raises(ModelUnreadable):
            load_classifier(damaged)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=200), max_size=5))
def test_any_text_gets_one_of_the_labels(texts: list[str]) -> None:
    embedder = NoEmbedder()
    model = _plain_model()
    for answer in model.predict(texts, embedder):
        assert answer.label in ("printer", "password_reset", "network")
        assert 0 <= answer.confidence <= 1


_PLAIN: list[Classifier] = []


def _plain_model() -> Classifier:
    if not _PLAIN:
        _PLAIN.append(train(TEXTS, LABELS, NoEmbedder()).classifier)
    return _PLAIN[0]


def test_teaching_anew_learns_new_texts_and_keeps_how_sure_to_be(
    model: Classifier, embedder: Embedder
) -> None:
    texts = [*TEXTS, *(f"My badge opens no door of the {place}" for place in PLACES)]
    anew = refit(model, texts, [*LABELS, *["badge"] * len(PLACES)], embedder)
    assert (anew.blend, anew.scope) == (model.blend, model.scope)
    assert anew.labels == ("badge", *model.labels)
    answers = anew.predict(["the badge opens no door", "toner empty, printer jams"], embedder)
    assert [answer.label for answer in answers] == ["badge", "printer"]


def test_teaching_the_same_anew_makes_the_same_model(model: Classifier, embedder: Embedder) -> None:
    anew = refit(model, TEXTS, LABELS, embedder)
    assert np.array_equal(anew.weights, model.weights)
    assert anew.predict(TEXTS, embedder) == model.predict(TEXTS, embedder)


def test_teaching_anew_refuses_what_teaching_refuses(model: Classifier) -> None:
    with pytest.raises(CannotLearn):
        refit(model, ["a", "b"], ["same", "same"], NoEmbedder())
