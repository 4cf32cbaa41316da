"""What is wanted, and by whom: catalogue, purchaser, agency, invitation, credential, pricelist, need, announcement."""
