"""The words of the ledger."""

WORDS = {
    "credit.V01": "无正当理由放弃中选",
    "credit.V02": "未在期限内签订合同",
    "credit.V06_11": "服务逾期超过10个工作日",
    "credit.V06_31": "服务逾期超过30个工作日",
    "credit.service": "服务评价",
    "eventkind.deduction": "扣分",
    "eventkind.bonus": "加分",
    "eventkind.service": "服务评价",
}
