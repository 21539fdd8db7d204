"""Cases: sentences of drivers with the state they ask for; generate, verify, report, trace to requirements."""
