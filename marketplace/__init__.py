"""The demand: catalogue, project, purchaser, agency, invitation, credential, pricelist, need, holder, announcement."""
