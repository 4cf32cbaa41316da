"""How pages reach the market: doors, errors, paging, filters, the security headers; no rule of the trade."""
