"""The API and the dashboard."""
