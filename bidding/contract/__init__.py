"""合同: uploaded by one side, confirmed by the other, equal to the award (M23)."""
