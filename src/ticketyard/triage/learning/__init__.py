"""How triage learns: examples, screening, trainings, the gate, versions, counting."""
