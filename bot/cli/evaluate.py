"""``xiaoshao eval``: how well the bot does on a folder of questions whose right answers are known."""


def evaluate() -> None:
    """x"""
