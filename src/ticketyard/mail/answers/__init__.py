"""The new words of an answer, told from quotes and signatures."""
