"""What use teaches: unanswered questions, articles drafted of solved tickets, judgements, deflection."""
