"""What a language model is asked at an evaluation: real benchmarks where their files are, generated tasks elsewhere."""
