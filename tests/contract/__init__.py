"""What every port promises, asked of its fake and of each of its adapters."""
