"""The other end of the outlet: do what a broker's messages say, each once."""
