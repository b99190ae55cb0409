"""The other engines, each used as its own documentation shows; their libraries are loaded only when they are asked for."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.engines.port import Ranked, Scores
from bot.text import normalise


def words(text: str) -> list[str]:
    """Return a text's words as jieba cuts them, without blanks and punctuation."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    return [word for word in jieba.lcut(text) if word.isalnum()]


def trigrams(text: str) -> list[str]:
    """Return the runs of three characters that SQLite's trigram index can look up; all of a shorter text."""
    return ["".join(run) for run in zip(text, text[1:], text[2:], strict=False)] or [text]


class Fuzzy:
    """rapidfuzz, one of its scorers against every text; on text as typed: words by jieba make both scorers worse."""

    def __init__(self, scorer: str) -> None:
        from rapidfuzz import fuzz

        self._scorer = getattr(fuzz, scorer)
        self._texts: list[str] = []

    def build(self, texts: Sequence[str]) -> None:
        """Keep the texts: there is no index."""
        self._texts = list(texts)

    def scores(self, question: str) -> Scores:
        """Compare the question with every text."""
        from rapidfuzz import process

        found = process.cdist([question], self._texts, scorer=self._scorer, dtype=np.float32, workers=1)[0]
        return np.arange(len(found)), found.astype(np.float64)


class Bm25:
    """bm25s on the words of jieba."""

    def __init__(self) -> None:
        import bm25s

        self._index: Any = bm25s.BM25()

    def build(self, texts: Sequence[str]) -> None:
        """Index the words of the texts."""
        self._index.index([words(text) for text in texts], show_progress=False)

    def scores(self, question: str) -> Scores:
        """Return the score of every text."""
        cut = [word for word in words(question) if word in self._index.vocab_dict]
        if not cut:
            return np.empty(0, dtype=np.int64), np.empty(0)
        found = self._index.get_scores(cut)
        return np.arange(len(found)), found.astype(np.float64)


class TfIdf:
    """scikit-learn's TF-IDF with cosine, over words or over runs of one to three characters."""

    def __init__(self, analyzer: str) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        if analyzer == "word":
            self._vectorizer: Any = TfidfVectorizer(tokenizer=words, token_pattern=None, sublinear_tf=True)
        else:
            self._vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
        self._matrix: Any = None

    def build(self, texts: Sequence[str]) -> None:
        """Learn the vocabulary and keep the vectors by gram."""
        self._matrix = self._vectorizer.fit_transform(texts).T.tocsr()

    def scores(self, question: str) -> Scores:
        """Return the cosine of every text that shares a gram."""
        found = (self._vectorizer.transform([question]) @ self._matrix).tocsr()
        return found.indices.astype(np.int64), found.data.astype(np.float64)


class FullText:
    """SQLite FTS5 and its bm25(), over its own trigrams or over the words of jieba."""

    LIMIT = 300
    """Texts that are fetched of one question, best first."""

    def __init__(self, cut: Callable[[str], list[str]]) -> None:
        self._cut = cut
        self._database = sqlite3.connect(":memory:")
        tokenizer = "trigram" if cut is trigrams else "unicode61"
        self._database.execute(f"CREATE VIRTUAL TABLE phrasing USING fts5(text, tokenize='{tokenizer}')")

    def build(self, texts: Sequence[str]) -> None:
        """Insert the texts and merge the index."""
        rows = ((place, text if self._cut is trigrams else " ".join(self._cut(text))) for place, text in enumerate(texts))
        with self._database:
            self._database.executemany("INSERT INTO phrasing(rowid, text) VALUES (?, ?)", rows)
            self._database.execute("INSERT INTO phrasing(phrasing) VALUES ('optimize')")

    def scores(self, question: str) -> Scores:
        """Ask for the texts that share a word or a trigram."""
        terms = [f'"{term}"' for term in (one.replace('"', "") for one in self._cut(question)) if term]
        statement = "SELECT rowid, -rank FROM phrasing WHERE phrasing MATCH ? ORDER BY rank LIMIT ?"
        rows = self._database.execute(statement, (" OR ".join(terms), self.LIMIT)).fetchall() if terms else []
        return np.asarray([place for place, _ in rows], dtype=np.int64), np.asarray(
            [value for _, value in rows], dtype=np.float64
        )


class ChatterBot:
    """ChatterBot, which compares with every statement by difflib; it says the best entry only.

    Its default tagger and search want a spaCy model, which pip doesn't install; its lower-case tagger and ``text_search`` don't.
    """

    def __init__(self) -> None:
        from chatterbot import ChatBot, languages
        from chatterbot.tagging import LowercaseTagger

        adapter = {"import_path": "chatterbot.logic.BestMatch", "search_algorithm_name": "text_search"}
        self._bot: Any = ChatBot(
            "benchmark",
            database_uri="sqlite://",
            logic_adapters=[adapter],
            tagger=LowercaseTagger,
            tagger_language=languages.CHI,
            read_only=True,
        )

    def build(self, texts: Sequence[str], owners: Sequence[str]) -> None:
        """Teach the phrasings, each as a conversation that its entry answers."""
        from chatterbot.trainers import ListTrainer

        trainer = ListTrainer(self._bot, show_training_progress=False)
        for text, owner in zip(texts, owners, strict=True):
            trainer.train([normalise(text), owner])

    def rank(self, question: str) -> Ranked:
        """Return the entry that it answers with."""
        reply = self._bot.get_response(normalise(question))
        return ((str(reply.text), float(reply.confidence)),) if reply.confidence > 0 else ()
