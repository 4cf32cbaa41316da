"""资质: certificates, verified by the regulator, expiring by themselves (M08)."""
