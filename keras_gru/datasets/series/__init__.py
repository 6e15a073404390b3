"""Time series: order, gaps, features, windows, and baseline forecasts."""
