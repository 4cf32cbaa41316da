"""The words of sealed offers."""

WORDS = {
    "offer.submit": "提交报价",
    "refusal.no_price_asked": "这次采购不比较价格，不需要报价。",
    "cure.no_price_asked": "已报名的，请等待选取结果。",
    "refusal.registration_unconfirmed": "公告已变更，您的报名还没有确认。",
    "cure.registration_unconfirmed": "请先确认报名继续有效，再提交报价。",
    "refusal.above_ceiling": "报价超过最高限价{ceiling_fen}元。",
    "cure.above_ceiling": "请报不超过{ceiling_fen}元的价格。",
    "refusal.amount_not_positive": "报价必须大于零。",
    "cure.amount_not_positive": "请填写实际报价。",
    "refusal.days_not_promised": "报价中的时限与报名时承诺的{promised}个工作日不一致。",
    "cure.days_not_promised": "请填写{promised}；要改变承诺，请撤回报名后重新报名。",
    "refusal.offer_files_malformed": "所附文件须为互不相同的SHA-256值，按升序排列。",
    "cure.offer_files_malformed": "请核对所附文件的摘要值。",
}
