"""What is wanted: catalogue, project, purchaser, agency, invitation, credential, pricelist, need, announcement."""
