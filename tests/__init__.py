"""The tests of nbperf; they mirror its files, and what several of them use lies here by name."""
