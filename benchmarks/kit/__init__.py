"""What every benchmark needs: a database, a server, a load, a word about the machine."""
