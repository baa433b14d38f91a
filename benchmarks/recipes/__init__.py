"""The parts of bench_recipes: one file for each, the table, and what trains."""
