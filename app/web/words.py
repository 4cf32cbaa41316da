"""The house's own words: roles, refusals of the door, answers that no chapter gives."""

WORDS = {
    "role.public": "社会公众",
    "role.purchaser": "项目业主",
    "role.agency": "中介服务机构",
    "role.clerk": "大厅工作人员",
    "role.operator": "运营管理机构",
    "role.regulator": "行业主管部门",
    "role.supervisor": "监察审计",
    "role.admin": "系统管理员",
    "role.system": "系统",
    "evidence.read": "已核实",
    "evidence.recalled": "未核实",
    "evidence.inferred": "未核实",
    "grade.A": "A 优秀",
    "grade.B": "B 良好",
    "grade.C": "C 合格",
    "grade.D": "D 不良",
    "grade.new": "新入驻",
    "already_done": "这件事已经办过，下面是第一次办理的结果。",
    "refusal.key_reused": "同一张表单已用于办理另一件事。",
    "cure.key_reused": "请刷新页面后重新填写。",
    "refusal.clock_moving": "演示时钟正在前进，暂不受理其他事项。",
    "cure.clock_moving": "请稍候几秒再提交。",
}

FORM_SENTENCES = {
    "This field is required.": "必填。",
    "Not a valid choice.": "请从列出的选项中选择。",
    "Not a valid choice": "请从列出的选项中选择。",
    "Invalid Choice: could not coerce.": "请从列出的选项中选择。",
    "'%(value)s' is not a valid choice for this field.": "请从列出的选项中选择。",
    "'%(value)s' are not valid choices for this field.": "请从列出的选项中选择。",
    "Not a valid integer value.": "请填写整数。",
    "Not a valid decimal value.": "请填写数字。",
    "Not a valid date value.": "日期写成 2026-03-05。",
    "Not a valid datetime value.": "时间写成 2026-03-05 17:30。",
    "Not a valid time value.": "时间写成 17:30。",
    "Invalid input.": "内容不符合要求。",
    "CSRF token missing.": "页面已过期，请刷新后重新提交。",
    "CSRF failed.": "页面已过期，请刷新后重新提交。",
}
"""WTForms' own sentences, by its English ones."""
