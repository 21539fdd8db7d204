"""Requests and the vehicle's state → a plan that the rules have agreed to."""
