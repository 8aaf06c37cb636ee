"""Machine alerts that become tickets."""
