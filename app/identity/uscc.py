"""The unified social credit code (统一社会信用代码, GB 32100): its check character, valid ones for invented parties."""

from stdnum.cn import uscc


def is_uscc(code: str) -> bool:
    """Whether the 18 characters and the check character are right."""
    return bool(uscc.is_valid(code)) and code == uscc.compact(code)


def with_check(first_17: str) -> str:
    """The code whose first 17 characters these are; for demonstrations and tests."""
    return first_17 + str(uscc.calc_check_digit(first_17))
