"""Where second opinions come from, by the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping

from bot.errors import InvalidSettings
from bot.opinion.advisor import Advisor
from bot.settings import Settings


def build_advisor(settings: Settings, environment: Mapping[str, str] = os.environ) -> Advisor | None:
    """Return what asks for second opinions, None unless switched on; no connection is made before the first inquiry.

    Raises ``InvalidSettings`` if the environment variable that the settings name has no usable key.
    """
    if settings.second_opinion == "off":
        return None
    # The HTTP client takes a fifth of a second to load, which every other start would pay for nothing.
    from bot.opinion.openai_endpoint import ChatScorer, EmbeddingScorer, Endpoint

    variable = settings.second_opinion_key_variable
    key = environment.get(variable, "").strip() if variable else ""
    if variable and not (key and key.isascii() and key.isprintable()):
        raise InvalidSettings(
            f"环境变量 {variable} 里没有可用的密钥（second_opinion_key_variable 指的是它；对方不要密钥就删掉这一行）"
        )
    endpoint = Endpoint(settings.second_opinion_url, key, settings.second_opinion_seconds)
    if settings.second_opinion == "chat":
        return Advisor(ChatScorer(endpoint, settings.second_opinion_model))
    least, margin = settings.second_opinion_similarity, settings.second_opinion_margin
    return Advisor(EmbeddingScorer(endpoint, settings.second_opinion_model, least, margin))
