"""Amounts as people type them: in 元, with or without commas, at most two decimals; exact fen inside."""

from app.values import Fen

MONEY = r"^\s*[0-9]{1,3}(,?[0-9]{3}){0,3}(\.[0-9]{1,2})?\s*$"
"""What a form lets through before `fen` reads it; at most 999,999,999,999.99 元."""


def fen(text: str | None) -> Fen | None:
    """Fen of an amount that `MONEY` lets through, without a float on the way; None where nothing was typed."""
    whole, _, cents = (text or "").replace(",", "").strip().partition(".")
    return Fen(int(whole) * 100 + int(cents.ljust(2, "0"))) if whole else None


def typed(amount: int | None) -> str:
    """An amount as a form shows it again."""
    return "" if amount is None else f"{amount // 100}.{amount % 100:02d}"
