"""The words of keeping a contract."""

WORDS = {
    "deadline.service": "服务期限",
    "deadline.inspection": "成果确认期限",
    "performance.pause": "暂停计时",
    "card.performance": "履约",
    "performance.resume": "恢复计时",
    "performance.overdue": "逾期记录",
    "deliverable.submit": "提交成果",
    "deliverable.return": "退回成果",
    "deliverable.confirm": "确认成果",
    "task.deliverable.confirm": "核对并确认成果",
    "performance_phase.in_service": "服务中",
    "performance_phase.paused": "暂停计时",
    "performance_phase.delivered": "成果待确认",
    "performance_phase.done": "服务完成",
    "refusal.performance_reason_missing": "没有填写理由。",
    "cure.performance_reason_missing": "请写明理由，双方可见。",
    "refusal.performance_file_unknown": "没有找到您上传的成果文件。",
    "cure.performance_file_unknown": "请重新选择成果文件上传。",
    "refusal.performance_not_overdue": "没有需要记录的逾期。",
    "cure.performance_not_overdue": "逾期由系统自动记录。",
}
