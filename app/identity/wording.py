"""The words of accounts and sign-in."""

WORDS = {
    "account.open": "开立账户",
    "account.grant": "授予账户",
    "refusal.login_taken": "登录名已被使用。",
    "cure.login_taken": "请换一个登录名。",
    "refusal.uscc_invalid": "统一社会信用代码不正确。",
    "cure.uscc_invalid": "请核对18位代码，注意校验位；没有代码的（如自然人、村组）可以留空。",
    "refusal.organisation_known": "该单位已经开户。",
    "cure.organisation_known": "请联系本单位已有账户的人员，或由系统管理员为您增设账户。",
    "refusal.password_short": "密码太短，至少{shortest}位。",
    "cure.password_short": "建议使用几个不相关的词组成的长密码。",
    "refusal.password_is_login": "密码中不能包含登录名。",
    "cure.password_is_login": "请换一个密码。",
    "refusal.roles_exclude": "这些角色不能由同一账户担任（管办分离）。",
    "cure.roles_exclude": "请为不同角色分别开立账户。",
    "refusal.locked_out": "登录失败次数过多，账户已临时锁定至{until_at}。",
    "cure.locked_out": "请在锁定结束后再试；忘记密码请使用找回功能。",
    "refusal.wrong_password": "登录名或密码不正确。",
    "cure.wrong_password": "请核对后重试；连续失败5次将锁定15分钟。",
}
