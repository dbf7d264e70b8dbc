"""What readers of the tutorials ask, each question with a short answer and numbers of the digit at hand."""
