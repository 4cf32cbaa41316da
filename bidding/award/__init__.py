"""中选: publicity, notice with its number, acceptance, refusal, alternates (M21)."""
