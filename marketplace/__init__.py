"""What is wanted, and by whom: catalogue, purchaser, agency, credential, pricelist, need, announcement."""
