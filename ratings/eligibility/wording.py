"""The words of eligibility."""

WORDS = {
    "exclusion.same_organisation": "与项目业主是同一单位",
    "exclusion.sanction_in_force": "处理决定正在执行",
    "exclusion.late_delivery_open": "有合同逾期未交付",
    "exclusion.grade_too_low": "信用等级为 D（不能参加财政性和国有资金的项目）",
    "exclusion.qualification_missing": "缺少要求的有效资质",
    "exclusion.price_entry_missing": "没有公布这项服务的价目",
    "refusal.sanction_in_force": "处理决定{no}正在执行，至{until_at}为止。",
    "cure.sanction_in_force": "期满后自动恢复；对决定有异议的，请按决定书所列途径提出。",
    "refusal.late_delivery_open": "合同{contract}逾期超过{days}个工作日仍未交付。",
    "cure.late_delivery_open": "提交该合同的成果后即可恢复报名。",
    "refusal.grade_too_low": "信用等级为D（综合分{score}），不能参加财政性资金和国有资金的项目。",
    "cure.grade_too_low": "可以参加社会资金的项目；信用事件满12个月后不再计入。逐条原因见信用页面。",
    "refusal.qualification_missing": "缺少事项{item}要求的有效资质：{qualification}。",
    "cure.qualification_missing": "请上传资质证书，经主管部门核验后即可报名；证书过期的请更新。",
    "refusal.price_entry_missing": "没有公布事项{item}的价目和承诺时限。",
    "cure.price_entry_missing": "请先在“价目与承诺”中公布该事项的价格和办理天数。",
    "refusal.evaluations_overdue": "有{count}份服务评价逾期未作：{contracts}。",
    "cure.evaluations_overdue": "请先完成这些合同的评价，完成后即可恢复发布。",
    "refusal.contracts_unsigned": "12个月内有{count}份合同被认定为贵单位不签订：{contracts}。",
    "cure.contracts_unsigned": "最早的一次认定满12个月后恢复发布；以后请按期签订合同。",
}
