"""The words of the ledger."""

WORDS = {
    "credit.V01": "无正当理由放弃中选",
    "credit.V02": "未在期限内签订合同",
    "credit.V03": "抬高收费、另行索要费用",
    "credit.V04": "未按公告、合同提供服务",
    "credit.V10": "承诺的人员未到位",
    "credit.V13": "转包、违法分包",
    "credit.V14": "违反保密义务",
    "credit.V06_11": "服务逾期超过10个工作日",
    "credit.V06_31": "服务逾期超过30个工作日",
    "credit.service": "服务评价",
    "eventkind.deduction": "扣分",
    "eventkind.bonus": "加分",
    "eventkind.service": "服务评价",
}
