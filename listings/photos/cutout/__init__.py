"""The item cut out of its photo: several candidates, a measure of trust, and abstention where that is low."""
