from pathlib import Path

import ticketyard
from ticketyard.ai.lexicon import read_lexicon


def test_phrases_run_over_line_ends_and_weights_hold_until_the_next(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text(
        "# a comment\n\n[first]\nplain, two\n    words\n-2: sad, how much\n  longer,\n0.5: x\n"
        "[second]\n3: y\n",
        encoding="utf-8",
    )
    lexicon = read_lexicon(path)
    assert lexicon == {
        "first": {"plain": 1, "two words": 1, "sad": -2, "how much longer": -2, "x": 0.5},
        "second": {"y": 3},
    }
    assert lexicon.all_phrases["y"] == 3


def test_no_word_list_holds_a_stray_piece_of_a_phrase() -> None:

    root = Path(ticketyard.__file__).parent
    lists = [*root.glob("ai/words/*.txt"), *root.glob("triage/words/*.txt")]
    assert len(lists) >= 8
    for path in lists:
        for section, phrases in read_lexicon(path).items():
            for phrase in phrases:
                where = (path.name, section, phrase)
                assert not phrase.startswith(("~", "*")), where
                assert not phrase.endswith("~"), where
                assert ":" not in phrase, where
                assert len(phrase.split()) <= 7, where
