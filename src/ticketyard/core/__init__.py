"""What every part stands on; knows no word of the trade."""
