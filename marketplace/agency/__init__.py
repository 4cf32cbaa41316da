"""入驻: application, one-time notification, publicity, admission; the agency's card (M07, M57)."""
