"""``python -m bot.cli``: the same as the command ``xiaoshao``."""

from bot.cli import main

raise SystemExit(main())
