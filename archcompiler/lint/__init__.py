"""What is no fault and yet seldom meant: warnings, each with its reason in `explain/pages/`, ignorable by code."""
